// The tape: accumulation, several outputs, grad, hooks, freezing, use once, NoGrad, observers, deep graphs.
#include <numeric>

#include "core/kernels.h"
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
  const Tensor other = scale(b, 1);
  sum(add(other, twice(a, over))).backward();  // add hands one dy to both
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

// The first and the last element as an op of three outputs; the last output is an integer.
std::vector<Tensor> ends(const Tensor& x, std::vector<bool>& came) {
  const std::vector<double> values = x.to_vector();
  const std::vector<Tensor> outputs = {Tensor::from(std::vector<double>{values.front()}, {1}),
                                       Tensor::from(std::vector<double>{values.back()}, {1}),
                                       Tensor::zeros({1}, DType::i32)};
  const std::vector<Tensor> inputs = {x};
  return record("ends", outputs, inputs, [&came, n = x.numel()](std::span<const Tensor> dy, Grads& grads) {
    came.clear();
    for (const Tensor& part : dy) came.push_back(part.defined());
    Tensor dx = Tensor::zeros({n}, DType::f64);
    if (dy[0]) dx.data<double>()[0] += dy[0].item();
    if (dy[1]) dx.data<double>()[n - 1] += dy[1].item();
    grads.give(0, dx);
  });
}

TEST_CASE("an op of several outputs gets the gradients of all at once") {
  Tensor x = leaf({2, 3, 5});
  std::vector<bool> came;
  const std::vector<Tensor> y = ends(scale(x, 2), came);
  REQUIRE(y.size() == 3);
  CHECK(y[0].requires_grad());
  CHECK_FALSE(y[2].requires_grad());
  sum(add(mul(y[0], y[1]), scale(y[0], 10))).backward();  // 4 x0 x2 + 20 x0
  CHECK(came == std::vector<bool>{true, true, false});
  CHECK(x.grad().to_vector() == std::vector<double>{40, 0, 8});
}

TEST_CASE("an output that nobody used has no gradient") {
  Tensor x = leaf({2, 3, 5});
  std::vector<bool> came;
  const std::vector<Tensor> y = ends(x, came);
  sum(scale(y[1], 7)).backward();
  CHECK(came == std::vector<bool>{false, true, false});
  CHECK(x.grad().to_vector() == std::vector<double>{0, 0, 7});
  CHECK_THROWS_WITH(sum(y[0]).backward(), ContainsSubstring("backward: this graph was already used (ends)"));

  std::vector<bool> untouched;
  CHECK_FALSE(ends(x.detach(), untouched)[0].requires_grad());
  const NoGrad no_grad;
  CHECK_FALSE(ends(x, untouched)[0].requires_grad());
}

TEST_CASE("an op records any number of inputs") {
  std::vector<Tensor> leaves;
  for (int i = 0; i < 20; ++i) leaves.push_back(leaf({1.0 * i}));
  Tensor y = Tensor::zeros({1}, DType::f64);
  for (const Tensor& x : leaves) kernels::accumulate(y, x, 1.0);
  y = record("sum of all", y, leaves, [n = leaves.size()](const Tensor& dy, Grads& grads) {
    for (size_t i = 0; i < n; ++i)
      if (grads.needs(i)) grads.give(i, dy);
  });
  CHECK(y.item() == 190);
  scale(y, 3).backward();
  for (const Tensor& x : leaves) CHECK(x.grad().item() == 3);
}

TEST_CASE("grad returns gradients and touches no leaf") {
  Tensor x = leaf({2, -3}), w = leaf({5, 7}), other = leaf({1});
  sum(x).backward();
  const Tensor h = mul(x, w);
  const std::vector<Tensor> g = grad(sum(mul(h, h)), {x, w, h, other, x});
  REQUIRE(g.size() == 5);
  CHECK(g[0].to_vector() == std::vector<double>{2 * 10 * 5, 2 * -21 * 7});
  CHECK(g[1].to_vector() == std::vector<double>{2 * 10 * 2, 2 * -21 * -3});
  CHECK(g[2].to_vector() == std::vector<double>{20, -42});
  CHECK_FALSE(g[3].defined());
  CHECK(g[4].to_vector() == g[0].to_vector());
  CHECK_FALSE(g[0].requires_grad());
  CHECK(x.grad().to_vector() == std::vector<double>{1, 1});
  CHECK_FALSE(w.grad().defined());
}

TEST_CASE("grad runs nothing but what its inputs need") {
  Tensor x = leaf({2}), w = leaf({5});
  int below = 0;
  const Tensor h = record("watched", scale(x.detach(), 2), {x}, [&](const Tensor& dy, Grads& grads) {
    ++below;
    grads.give(0, scale(dy, 2));
  });
  CHECK(grad(sum(mul(h, w)), {w})[0].item() == 4);
  CHECK(grad(sum(mul(h, h)), {h})[0].item() == 8);
  CHECK(below == 0);
  sum(h).backward();  // h itself was not used up
  CHECK(below == 1);
  CHECK(x.grad().item() == 2);
  CHECK_FALSE(w.grad().defined());
}

TEST_CASE("grad of one output of several") {
  Tensor x = leaf({2, 3, 5});
  std::vector<bool> came;
  const std::vector<Tensor> y = ends(x, came);
  const Tensor loss = sum(mul(y[0], y[1]));
  const std::vector<Tensor> g = grad(loss, {y[1], x, y[0]});
  CHECK(g[0].item() == 2);
  CHECK(g[1].to_vector() == std::vector<double>{5, 0, 2});
  CHECK(g[2].item() == 5);
}

TEST_CASE("grad of the loss itself is one, and its errors name what is wrong") {
  Tensor x = leaf({3}), constant = x.detach();
  const Tensor loss = mul(x, x);
  CHECK_THROWS_WITH(grad(loss, {x, constant}), ContainsSubstring("grad: input 1, [1], needs no gradient"));
  CHECK_THROWS_WITH(grad(constant, {x}), ContainsSubstring("grad: the loss needs no gradient"));
  CHECK_THROWS_WITH(grad(scale(leaf({1, 2}), 2), {x}), ContainsSubstring("must be a scalar but is [2]"));
  CHECK(grad(loss, {loss})[0].item() == 1);
  CHECK(grad(x, {x})[0].item() == 1);
  CHECK(grad(loss, {}).empty());
  CHECK(grad(loss, {x})[0].item() == 6);
  CHECK_THROWS_WITH(grad(loss, {x}), ContainsSubstring("grad: this graph was already used (mul)"));
  CHECK_THROWS_WITH(loss.backward(), ContainsSubstring("already used"));
}

TEST_CASE("a hook sees the complete gradient and may replace it") {
  Tensor x = leaf({3, 4});
  const Tensor h = scale(x, 2);
  std::vector<std::vector<double>> seen;
  h.hook_gradient([&](const Tensor& gradient) {
    seen.push_back(gradient.to_vector());
    CHECK_FALSE(grad_enabled());
    return Tensor();
  });
  h.hook_gradient([](const Tensor& gradient) { return scale(gradient, 10); });
  h.hook_gradient([&](const Tensor& gradient) {
    seen.push_back(gradient.to_vector());
    return Tensor();
  });
  sum(add(mul(h, h), h)).backward();
  CHECK(seen == std::vector<std::vector<double>>{{13, 17}, {130, 170}});
  CHECK(x.grad().to_vector() == std::vector<double>{260, 340});
}

TEST_CASE("a hook of a leaf sees the gradient of each pass once, before it is added") {
  Tensor x = leaf({3, 4}), untouched = leaf({1, 1});
  std::vector<std::vector<double>> seen;
  const uint64_t number = x.hook_gradient([&](const Tensor& gradient) {
    seen.push_back(gradient.to_vector());
    return scale(gradient, -1);
  });
  untouched.hook_gradient([&](const Tensor&) -> Tensor { fail(ErrorKind::internal, "no gradient came"); });
  sum(add(add(x, x), x)).backward();
  const Tensor first = x.grad();
  sum(scale(x, 5)).backward();
  CHECK(seen == std::vector<std::vector<double>>{{3, 3}, {5, 5}});
  CHECK(x.grad().to_vector() == std::vector<double>{-8, -8});
  CHECK(first.to_vector() == std::vector<double>{-3, -3});
  CHECK(grad(sum(scale(x, 7)), {x})[0].to_vector() == std::vector<double>{-7, -7});
  CHECK(x.grad().to_vector() == std::vector<double>{-8, -8});
  x.unhook_gradient(number);
  sum(x).backward();
  CHECK(x.grad().to_vector() == std::vector<double>{-7, -7});
  CHECK_THROWS_WITH(x.unhook_gradient(number), ContainsSubstring("has no hook 1"));
  x.zero_grad();
  sum(x).backward();
  CHECK(seen.size() == 3);
}

TEST_CASE("a hook may take itself away, and its number is not given again") {
  Tensor x = leaf({3, 4});
  uint64_t first = 0;
  int calls = 0;
  first = x.hook_gradient([&](const Tensor&) {
    x.unhook_gradient(first);
    ++calls;
    return Tensor();
  });
  x.hook_gradient([&](const Tensor& gradient) { return scale(gradient, 2); });
  sum(x).backward();
  sum(x).backward();
  CHECK(calls == 1);
  CHECK(x.grad().to_vector() == std::vector<double>{4, 4});
  const uint64_t last = x.hook_gradient([](const Tensor&) { return Tensor(); });
  x.unhook_gradient(last);
  CHECK(x.hook_gradient([](const Tensor&) { return Tensor(); }) != last);
  CHECK_THROWS_WITH(x.unhook_gradient(last), ContainsSubstring("has no hook"));
}

TEST_CASE("a pass that a hook ends leaves no gradients on the way") {
  Tensor x = leaf({3, 4});
  const Tensor h = scale(x, 2), u = scale(h, 3);
  u.hook_gradient([](const Tensor&) -> Tensor { fail(ErrorKind::internal, "ended"); });
  CHECK_THROWS_WITH(sum(add(h, u)).backward(), ContainsSubstring("ended"));
  sum(h).backward();
  CHECK(x.grad().to_vector() == std::vector<double>{2, 2});
}

TEST_CASE("leaves have gradients of their own, whoever made them of one") {
  Tensor a = leaf({1, 2}), b = leaf({3, 4});
  sum(add(a, b)).backward();
  a.grad().fill(7);
  CHECK(b.grad().to_vector() == std::vector<double>{1, 1});
}

TEST_CASE("grad goes where it can, though another part of the graph was used") {
  Tensor x = leaf({3, 4}), w = leaf({5, 6});
  const Tensor h = scale(x, 2), one = sum(h), two = sum(mul(h, w));
  CHECK(grad(one, {x})[0].to_vector() == std::vector<double>{2, 2});
  CHECK(grad(two, {w})[0].to_vector() == std::vector<double>{6, 8});
  const Tensor g = scale(x, 2), three = sum(g), four = sum(mul(g, w));
  CHECK(grad(three, {x})[0].to_vector() == std::vector<double>{2, 2});
  CHECK_THROWS_WITH(grad(four, {x}), ContainsSubstring("already used"));
}

TEST_CASE("a hook must return the gradient's shape and dtype, and needs a gradient to hang on") {
  Tensor x = leaf({3, 4});
  const uint64_t number = x.hook_gradient([](const Tensor& gradient) { return sum(gradient); });
  CHECK_THROWS_WITH(sum(x).backward(),
                    ContainsSubstring("gradient hook: got float64 [] on cpu for the gradient of float64 [2]"));
  x.unhook_gradient(number);
  sum(x).backward();
  CHECK(x.grad().to_vector() == std::vector<double>{1, 1});  // nothing was left of the pass that failed
  CHECK_THROWS_WITH(x.detach().hook_gradient([](const Tensor&) { return Tensor(); }),
                    ContainsSubstring("needs no gradient"));
}

TEST_CASE("a leaf is frozen and freed again") {
  Tensor x = leaf({3, 4});
  sum(x).backward();
  x.set_requires_grad();
  CHECK(x.grad().defined());  // it was a leaf and stays one
  CHECK(x.is_leaf());
  const Tensor before = x;
  x.set_requires_grad(false).set_requires_grad(false);
  CHECK_FALSE(x.requires_grad());
  CHECK_FALSE(x.grad().defined());
  CHECK(before.requires_grad());
  CHECK(x.shares_storage_with(before));
  CHECK_FALSE(scale(x, 2).requires_grad());
  x.set_requires_grad();
  CHECK_FALSE(x.grad().defined());
  Tensor y = scale(x, 2);
  CHECK_FALSE(y.is_leaf());
  CHECK_THROWS_WITH(y.set_requires_grad(false), ContainsSubstring("[2] was computed (scale) and cannot be frozen"));
  y.set_requires_grad();
  CHECK(y.is_leaf());
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
