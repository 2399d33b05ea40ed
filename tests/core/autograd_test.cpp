// The tape: accumulation, use once, NoGrad, observers, deep graphs.
#include <numeric>

#include "core/ops.h"
#include "tests/catch.h"

namespace radial {
namespace {

using Catch::Matchers::ContainsSubstring;

Tensor leaf(const std::vector<double>& values) {
  Tensor x = Tensor::from(values, {static_cast<int64_t>(values.size())});
  x.set_requires_grad();
  return x;
}

TEST_CASE("gradients of a tensor used twice and three times add up") {
  Tensor x = leaf({2, -3});
  sum(add(x, x)).backward();
  CHECK(x.grad().to_vector() == std::vector<double>{2, 2});
  x.zero_grad();
  CHECK_FALSE(x.grad().defined());
  sum(mul(mul(x, x), x)).backward();
  CHECK(x.grad().to_vector() == std::vector<double>{12, 27});
}

TEST_CASE("gradients of leaves add up over calls of backward until zero_grad") {
  Tensor x = leaf({2, -3});
  sum(mul(x, x)).backward();
  sum(scale(x, 10)).backward();
  CHECK(x.grad().to_vector() == std::vector<double>{14, 4});
}

TEST_CASE("a gradient that inputs share is not changed through one of them") {
  // add hands the same dy to both; the second use of a adds to a's gradient alone.
  Tensor a = leaf({1, 2}), b = leaf({3, 4});
  sum(add(add(a, b), scale(a, 5))).backward();
  CHECK(a.grad().to_vector() == std::vector<double>{6, 6});
  CHECK(b.grad().to_vector() == std::vector<double>{1, 1});
}

// 2 x, with a gradient that is written over dy where it may be.
Tensor twice(const Tensor& x, bool& over) {
  return record("twice", scale(x.detach(), 2), {x}, [&over](const Tensor& dy, Grads& grads) {
    const auto [target, accumulate] = grads.sink_over(0, dy);
    over = target.data<double>() == dy.data<double>();
    Tensor to = target;
    for (int64_t i = 0; i < dy.numel(); ++i)
      to.data<double>()[i] = 2 * dy.data<double>()[i] + (accumulate ? to.data<double>()[i] : 0);
  });
}

TEST_CASE("a gradient is written over dy only where nobody else holds dy") {
  Tensor a = leaf({1, 2}), b = leaf({3, 4});
  bool over = false;
  sum(twice(scale(a, 5), over)).backward();
  CHECK(over);
  CHECK(a.grad().to_vector() == std::vector<double>{10, 10});

  a.zero_grad();
  sum(add(b, twice(a, over))).backward();  // add hands one dy to both
  CHECK_FALSE(over);
  CHECK(a.grad().to_vector() == std::vector<double>{2, 2});
  CHECK(b.grad().to_vector() == std::vector<double>{1, 1});

  sum(twice(a, over)).backward();  // there is a gradient to add to
  CHECK_FALSE(over);
  CHECK(a.grad().to_vector() == std::vector<double>{4, 4});
}

TEST_CASE("a diamond is visited once: the gradient of its top is complete before it goes on") {
  Tensor x = leaf({3});
  const Tensor top = mul(x, x);                        // 9
  const Tensor y = mul(scale(top, 2), add(top, top));  // 4 x^4
  y.backward();
  CHECK(x.grad().item() == 16 * 27);
}

TEST_CASE("a detached tensor stops the gradient") {
  Tensor x = leaf({3});
  mul(x, x.detach()).backward();
  CHECK(x.grad().item() == 3);
}

TEST_CASE("backward twice through one graph is an error") {
  Tensor x = leaf({3});
  const Tensor y = mul(x, x), loss = scale(y, 2);
  loss.backward();
  CHECK_THROWS_WITH(loss.backward(), ContainsSubstring("backward: this graph was already used (scale)"));
  CHECK_THROWS_WITH(scale(y, 3).backward(), ContainsSubstring("backward: this graph was already used (mul)"));
}

TEST_CASE("backward says when there is nothing to do or no scalar to start from") {
  Tensor x = leaf({1, 2});
  CHECK_THROWS_WITH(sum(x.detach()).backward(), ContainsSubstring("backward: the loss needs no gradient"));
  CHECK_THROWS_WITH(scale(x, 2).backward(), ContainsSubstring("backward: the loss must be a scalar but is [2]"));
  Tensor integers = Tensor::zeros({2}, DType::i32);
  CHECK_THROWS_WITH(integers.set_requires_grad(), ContainsSubstring("needs a floating-point tensor"));
}

TEST_CASE("a leaf can be the loss") {
  Tensor x = leaf({5});
  x.backward();
  x.backward();
  CHECK(x.grad().item() == 2);
}

TEST_CASE("NoGrad records nothing, and nests") {
  Tensor x = leaf({1});
  CHECK(grad_enabled());
  {
    const NoGrad outer;
    { const NoGrad inner; }
    CHECK_FALSE(grad_enabled());
    CHECK_FALSE(scale(x, 2).requires_grad());
  }
  CHECK(grad_enabled());
  CHECK(scale(x, 2).requires_grad());
}

TEST_CASE("backward frees activations") {
  Tensor x = leaf(std::vector<double>(100000, 1.0));
  const size_t before = pool_statistics().used;
  const Tensor loss = sum(mul(scale(x, 2), scale(x, 3)));
  CHECK(pool_statistics().used >= before + 2 * x.bytes());  // mul keeps its factors
  loss.backward();
  CHECK(pool_statistics().used < before + 2 * x.bytes());  // the gradient of x is left
}

constexpr int depth = 100000;

Tensor chain(const Tensor& x) {
  Tensor y = x;
  for (int i = 0; i < depth; ++i) y = scale(y, 1);
  return y;
}

TEST_CASE("backward through 100000 ops does not use the stack") {
  Tensor x = leaf({3});
  chain(x).backward();
  CHECK(x.grad().item() == 1);
}

TEST_CASE("a graph of 100000 ops that is not used is freed without using the stack") {
  Tensor x = leaf({3});
  const std::weak_ptr<GradNode> last = chain(x).node();
  CHECK(last.expired());
  // A part that another handle still needs stays.
  Tensor middle = chain(x);
  { const Tensor end = chain(middle); }
  middle.backward();
  CHECK(x.grad().item() == 1);
}

TEST_CASE("an observer of forward sees each op with its output and inputs") {
  Tensor x = leaf({1, 2});
  std::vector<std::string> ops;
  {
    const ForwardObserver observer([&](const char* op, const Tensor& y, std::span<const Tensor> inputs) {
      ops.push_back(op);
      CHECK(inputs[0].shape() == Shape{2});
      CHECK(y.defined());
    });
    sum(mul(x, scale(x, 2)));
    const NoGrad no_grad;
    relu(x);
  }
  relu(x);
  CHECK(ops == std::vector<std::string>{"scale", "mul", "sum", "relu"});
}

TEST_CASE("observers within each other all see, and what they compute themselves is not seen") {
  Tensor x = leaf({1, 2});
  std::vector<std::string> ops;
  const auto note = [&](const std::string& who) {
    return [&ops, who](const char* op, const Tensor& y, std::span<const Tensor>) {
      ops.push_back(who + op);
      scale(y.clone().to(DType::f32), 2);
    };
  };
  {
    const ForwardObserver outer(note("outer "));
    {
      const ForwardObserver inner(note("inner "));
      relu(x);
    }
    sum(x);
  }
  CHECK(ops == std::vector<std::string>{"inner relu", "outer relu", "outer sum"});
}

TEST_CASE("an observer that throws leaves the others in place") {
  Tensor x = leaf({1, 2});
  int seen = 0;
  const ForwardObserver outer([&](const char*, const Tensor&, std::span<const Tensor>) { ++seen; });
  {
    const ForwardObserver inner(
        [](const char*, const Tensor&, std::span<const Tensor>) { fail(ErrorKind::usage, "no"); });
    CHECK_THROWS_AS(relu(x), Error);
  }
  relu(x);
  CHECK(seen == 1);
}

TEST_CASE("an observer sees views, slices, copies and conversions") {
  Tensor x = leaf({1, 2});
  std::vector<std::string> ops;
  const ForwardObserver observer([&](const char* op, const Tensor&, std::span<const Tensor>) { ops.push_back(op); });
  x.view({1, 2}).slice(0, 1).clone().to(DType::f32);
  CHECK(ops == std::vector<std::string>{"reshape", "slice", "clone", "cast"});
}

}  // namespace
}  // namespace radial
