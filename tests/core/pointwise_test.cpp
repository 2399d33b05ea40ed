// Pointwise ops beyond the table of ops: which shapes join, numbers, comparisons, PyTorch's values and subgradients.
#include <cmath>
#include <limits>
#include <optional>

#include "core/ops.h"
#include "core/ops/pointwise_math.h"
#include "core/parallel.h"
#include "core/simd/target.h"
#include "io/safetensors.h"
#include "tests/catch.h"
#include "tests/formula.h"
#include "tests/op_cases.h"

namespace radial {
namespace {

using Catch::Matchers::ContainsSubstring;
using Values = std::vector<double>;

constexpr double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();

Tensor leaf_of(const NestedValues& values, DType dtype = DType::f64) {
  return Tensor::from(values, dtype).set_requires_grad();
}

bool same(const Values& a, const Values& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i)
    if (a[i] != b[i] && !(std::isnan(a[i]) && std::isnan(b[i]))) return false;
  return true;
}

struct EveryTarget {
  ~EveryTarget() { simd::set_target(""); }
};

// ---- joining ----

std::optional<Shape> joined(const Shape& a, const Shape& b) {
  try {
    return add(Tensor::zeros(a), Tensor::zeros(b)).shape();
  } catch (const Error&) {
    return std::nullopt;
  }
}

// The examples of NumPy's and PyTorch's pages on broadcasting among them.
TEST_CASE("shapes join as in NumPy and PyTorch") {
  CHECK(joined({5, 3, 4, 1}, {3, 1, 1}) == Shape{5, 3, 4, 1});
  CHECK(joined({4, 3}, {3}) == Shape{4, 3});
  CHECK(joined({4, 1}, {3}) == Shape{4, 3});
  CHECK(joined({}, {2, 3}) == Shape{2, 3});
  CHECK(joined({}, {}) == Shape{});
  CHECK(joined({1}, {}) == Shape{1});
  CHECK(joined({1}, {3, 1, 7}) == Shape{3, 1, 7});
  CHECK(joined({5, 1, 4, 1}, {3, 1, 1}) == Shape{5, 3, 4, 1});
  CHECK(joined({0, 3}, {1, 3}) == Shape{0, 3});
  CHECK(joined({2, 1}, {0}) == Shape{2, 0});
  CHECK(joined({1}, {0}) == Shape{0});
  CHECK_FALSE(joined({5, 2, 4, 1}, {3, 1, 1}));
  CHECK_FALSE(joined({0}, {2, 2}));
  CHECK_FALSE(joined({4, 3}, {4}));
  CHECK_FALSE(joined({2, 3}, {3, 2}));
  CHECK_THROWS_WITH(mul(Tensor::zeros({2, 3}), Tensor::zeros({2})),
                    ContainsSubstring("mul: the shapes [2, 3], [2] do not join: counted from the last, extents must be "
                                      "equal or 1"));
  CHECK_THROWS_WITH(where(Tensor::zeros({2}, DType::u8), Tensor::zeros({3}), Tensor::zeros({})),
                    ContainsSubstring("where: the shapes [2], [3], [] do not join"));
}

// The element of x that stands for place `at` of a result of this shape.
double joined_element(const Tensor& x, const Shape& shape, const std::vector<int64_t>& at) {
  int64_t place = 0;
  for (int i = 0; i < x.rank(); ++i) {
    const auto d = static_cast<size_t>(shape.rank() - x.rank() + i);
    place = place * x.dim(i) + (x.dim(i) == 1 ? 0 : at[d]);
  }
  return x.to_vector()[static_cast<size_t>(place)];
}

TEST_CASE("each element of a result is that of its places in the inputs") {
  const std::vector<std::pair<Shape, Shape>> pairs = {
      {{3, 4}, {4}},          {{3, 4}, {3, 1}},          {{3, 1}, {1, 4}}, {{2, 1, 3, 1, 2}, {3, 1, 4, 1}},
      {{1, 3, 1}, {2, 1, 1}}, {{2, 3, 2, 3}, {3, 1, 3}}, {{}, {2, 2}},     {{2, 1, 1, 5}, {3, 4, 1}}};
  for (const auto& [a_shape, b_shape] : pairs) {
    CAPTURE(a_shape, b_shape);
    const Tensor a = formula::tensor("a", a_shape), b = formula::tensor("b", b_shape);
    const Tensor y = a - b, z = b - a;
    Values expected;
    std::vector<int64_t> at(static_cast<size_t>(y.rank()), 0);
    for (int64_t i = 0; i < y.numel(); ++i) {
      int64_t rest = i;
      for (int d = y.rank() - 1; d >= 0; rest /= y.dim(d), --d) at[static_cast<size_t>(d)] = rest % y.dim(d);
      expected.push_back(joined_element(a, y.shape(), at) - joined_element(b, y.shape(), at));
    }
    CHECK(y.to_vector() == expected);
    CHECK(same(neg(z).to_vector(), expected));
  }
}

// Longer than the runs that are put together, with rows that are longer, as long and shorter than they are.
TEST_CASE("large tensors join as their parts do, with the same bits for any number of threads") {
  const std::vector<std::pair<Shape, Shape>> pairs = {
      {{700, 3}, {3}}, {{211, 512}, {512}},     {{97, 1024}, {1024}},   {{41, 3001}, {3001}}, {{41, 3001}, {41, 1}},
      {{3, 1000}, {}}, {{7, 1, 300}, {129, 1}}, {{90, 90, 9}, {90, 9}}, {{70001}, {1}}};
  for (const auto& [a_shape, b_shape] : pairs) {
    CAPTURE(a_shape, b_shape);
    const Tensor a = formula::tensor("a", a_shape).to(DType::f32), b = formula::tensor("b", b_shape).to(DType::f32);
    const Shape shape = *joined(a_shape, b_shape);
    const auto expanded = [&](const Tensor& x) { return mul(x, Tensor::full(shape, 1)); };
    const auto gradients = [&](const Tensor& x, const Tensor& y) {
      Tensor p = x.clone().set_requires_grad(), q = y.clone().set_requires_grad();
      const Tensor z = p / (q + 3.0);
      sum(z * formula::tensor("c", z.shape()).to(DType::f32)).backward();
      return std::vector<Values>{z.to_vector(), p.grad().to_vector(), q.grad().to_vector()};
    };
    const std::vector<Values> joined_ones = gradients(a, b);
    CHECK(joined_ones[0] == gradients(expanded(a), expanded(b))[0]);
    set_threads(1);
    CHECK(gradients(a, b) == joined_ones);
    set_threads(0);
  }
}

TEST_CASE("gradients of inputs that are read again are sums over what they were read for") {
  Tensor a = leaf_of({{1, 2, 3}, {4, 5, 6}}), b = leaf_of({10, 20, 30}), c = leaf_of({{7}, {8}});
  Tensor d = Tensor::scalar(2, DType::f64).set_requires_grad();
  sum((a * b + c) * d).backward();
  CHECK(a.grad().to_vector() == Values{20, 40, 60, 20, 40, 60});
  CHECK(b.grad().to_vector() == Values{10, 14, 18});
  CHECK(c.grad().to_vector() == Values{6, 6});
  CHECK(c.grad().shape() == Shape{2, 1});
  CHECK(d.grad().shape() == Shape{});
  CHECK(d.grad().item() == 10 + 40 + 90 + 40 + 100 + 180 + 3 * 15);
  Tensor empty = Tensor::zeros({0, 3}, DType::f64).set_requires_grad(), row = leaf_of({1, 2, 3});
  sum(empty + row).backward();
  CHECK(row.grad().to_vector() == Values{0, 0, 0});
  CHECK(empty.grad().shape() == Shape{0, 3});
}

// ---- numbers ----

TEST_CASE("numbers stand on either side, in the tensor's dtype") {
  const Tensor x = Tensor::from({1, 2, 4}, DType::f32);
  CHECK((x + 1).to_vector() == Values{2, 3, 5});
  CHECK((1 + x).to_vector() == Values{2, 3, 5});
  CHECK((x - 1).to_vector() == Values{0, 1, 3});
  CHECK((1 - x).to_vector() == Values{0, -1, -3});
  CHECK((x * 3).to_vector() == Values{3, 6, 12});
  CHECK((3 * x).to_vector() == Values{3, 6, 12});
  CHECK((x / 4).to_vector() == Values{0.25, 0.5, 1});
  CHECK((4 / x).to_vector() == Values{4, 2, 1});
  CHECK((-x).to_vector() == Values{-1, -2, -4});
  CHECK((x + 0.5).dtype() == DType::f32);
  CHECK(std::signbit((-Tensor::scalar(0)).item()));
  CHECK((x / 3).to_vector()[0] == static_cast<double>(1.0F / 3.0F));  // no product with 1 / 3
}

TEST_CASE("compound assignment makes the handle a result and leaves others alone") {
  Tensor x = leaf_of({1, 2}), y = x;
  const Tensor before = y;
  y *= 3;
  y += x;
  y -= 1.0;
  y /= Tensor::from({2, 4}, DType::f64);
  CHECK(y.to_vector() == Values{1.5, 1.75});
  CHECK(before.to_vector() == Values{1, 2});
  CHECK_FALSE(y.is_leaf());
  sum(y).backward();
  CHECK(x.grad().to_vector() == Values{2, 1});
}

// ---- comparisons and choice ----

TEST_CASE("comparisons give uint8 and are constants") {
  Tensor x = leaf_of({1, 2, 3, nan});
  const Tensor y = Tensor::from({{2}, {nan}}, DType::f64);
  CHECK(less(x, 2).to_vector() == Values{1, 0, 0, 0});
  CHECK(less_equal(x, 2).to_vector() == Values{1, 1, 0, 0});
  CHECK(greater(x, 2).to_vector() == Values{0, 0, 1, 0});
  CHECK(greater_equal(x, 2).to_vector() == Values{0, 1, 1, 0});
  CHECK(equal(x, 2).to_vector() == Values{0, 1, 0, 0});
  CHECK(not_equal(x, 2).to_vector() == Values{1, 0, 1, 1});
  CHECK(less(x, y).to_vector() == Values{1, 0, 0, 0, 0, 0, 0, 0});
  CHECK(not_equal(y, x).to_vector() == Values{1, 0, 1, 1, 1, 1, 1, 1});
  CHECK(greater(y, x).shape() == Shape{2, 4});
  CHECK(less(x, 2).dtype() == DType::u8);
  CHECK_FALSE(less(x, 2).requires_grad());
  const Tensor labels = Tensor::from({3, -1, 3}, DType::i32), bytes = Tensor::from({0, 255}, DType::u8);
  CHECK(equal(labels, 3).to_vector() == Values{1, 0, 1});
  CHECK(less(labels, Tensor::from({{0}, {4}}, DType::i32)).to_vector() == Values{0, 1, 0, 1, 1, 1});
  CHECK(greater_equal(bytes, 255).to_vector() == Values{0, 1});
  CHECK_THROWS_WITH(equal(labels, 2.5), ContainsSubstring("equal: int32 has no 2.5"));
  CHECK_THROWS_WITH(equal(bytes, 256), ContainsSubstring("equal: uint8 has no 256"));
  CHECK_THROWS_WITH(less(labels, x), ContainsSubstring("must have one dtype but are int32 [3] and float64 [4]"));
}

TEST_CASE("where chooses, joins three shapes and hands the gradient to what was chosen") {
  const Tensor condition = Tensor::from({{1, 0, 2}, {0, 0, 1}}, DType::u8);
  Tensor a = leaf_of({10, 20, nan}), b = leaf_of({{1}, {2}});
  const Tensor y = where(condition, a, b);
  CHECK(same(y.to_vector(), {10, 1, nan, 2, 2, nan}));
  sum(y * Tensor::from({{1, 2, 3}, {4, 5, 6}}, DType::f64)).backward();
  CHECK(a.grad().to_vector() == Values{1, 0, 9});
  CHECK(b.grad().to_vector() == Values{2, 9});
  CHECK(where(condition, Tensor::from({7}, DType::i32), Tensor::from({8}, DType::i32)).to_vector() ==
        Values{7, 8, 7, 8, 8, 7});
  CHECK(same(where(condition, a, -4).to_vector(), {10, -4, nan, -4, -4, nan}));
  CHECK_THROWS_WITH(where(Tensor::zeros({2}), a, b), ContainsSubstring("where: the condition is float32 [2]"));
}

TEST_CASE("arithmetic refuses integers and mixed dtypes") {
  const Tensor i = Tensor::from({1, 2}, DType::i32);
  CHECK_THROWS_WITH(exp(i), ContainsSubstring("exp: got int32 [2] but needs a floating-point tensor"));
  CHECK_THROWS_WITH(i + i, ContainsSubstring("add: got int32 [2]"));
  CHECK_THROWS_WITH(Tensor::from({1}) + Tensor::from({1}, DType::f64), ContainsSubstring("one dtype"));
  CHECK_THROWS_WITH(Tensor() + 1, ContainsSubstring("add: x is an undefined tensor"));
  CHECK_THROWS_WITH(softplus(Tensor::from({1}), 0), ContainsSubstring("softplus: beta is 0"));
}

// ---- values ----

TEST_CASE("float32 functions have the standard library's values and limits on every instruction set") {
  const EveryTarget guard;
  simd::set_target(GENERATE(from_range(simd::supported_targets())));
  struct Function {
    const char* name;
    Tensor (*op)(const Tensor&);
    double (*exact)(double);
    double low, high;
  };
  const std::vector<Function> functions = {
      {"exp", exp, std::exp, -87, 88.7},
      {"log", log, std::log, 1e-38, 1e38},
      {"tanh", tanh, std::tanh, -12, 12},
      {"gelu", [](const Tensor& x) { return gelu(x); },
       [](double x) { return 0.5 * x * (1 + std::erf(x * std::sqrt(0.5))); }, -0.9, 9},
      {"sigmoid", sigmoid, [](double x) { return 1 / (1 + std::exp(-x)); }, -80, 80},
      {"softplus", [](const Tensor& x) { return softplus(x); }, [](double x) { return std::log1p(std::exp(x)); }, -80,
       80}};
  for (const Function& f : functions) {
    CAPTURE(f.name, simd::target());
    std::vector<float> x;
    for (int i = 0; i < 5003; ++i) {
      const double share = i / 5002.0;
      x.push_back(
          static_cast<float>(f.low > 0 ? f.low * std::pow(f.high / f.low, share) : f.low + share * (f.high - f.low)));
    }
    const Values y = f.op(Tensor::from(x, {5003})).to_vector();
    double worst = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      const double exact = f.exact(static_cast<double>(x[i]));
      worst = std::max(worst, std::abs(y[i] - exact) / std::max(std::abs(exact), 1e-37));
    }
    CHECK(worst < 12 * 0x1p-24);
  }
  const Tensor x = Tensor::from({nan, inf, -inf, 0, 1e-45, 100, -110}, DType::f32);
  CHECK(same(exp(x).to_vector(), {nan, inf, 0, 1, 1, inf, 0}));
  CHECK(same(tanh(x).to_vector(), {nan, 1, -1, 0, x.at(4), 1, -1}));
  const Values logs = log(x).to_vector();
  CHECK(same({logs[0], logs[1], logs[2], logs[3], logs[6]}, {nan, inf, nan, -inf, nan}));
  CHECK(std::abs(logs[4] - std::log(x.at(4))) < 1e-5);
  CHECK(same(sigmoid(x).to_vector(), {nan, 1, 0, 0.5, 0.5, 1, sigmoid(Tensor::from({-110})).item()}));
}

TEST_CASE("values and subgradients at kinks and of NaN are PyTorch's") {
  const EveryTarget guard;
  simd::set_target(GENERATE(from_range(simd::supported_targets())));
  const DType dtype = GENERATE(DType::f32, DType::f64);
  const auto check_op = [&](const char* name, const std::function<Tensor(const Tensor&)>& op, const NestedValues& at,
                            const Values& values, const Values& gradient) {
    CAPTURE(name);
    const Tensor x = leaf_of(at, dtype), y = op(x);
    CHECK(same(y.to_vector(), values));
    sum(y).backward();
    CHECK(same(x.grad().to_vector(), gradient));
  };
  check_op("abs", abs, {nan, 1, -1, 0}, {nan, 1, 1, 0}, {0, 1, -1, 0});
  check_op("sign", sign, {nan, 3, -3, 0}, {nan, 1, -1, 0}, {0, 0, 0, 0});
  check_op("relu", relu, {nan, 1, -1, 0}, {nan, 1, 0, 0}, {1, 1, 0, 0});
  check_op("relu6", relu6, {nan, 1, -1, 0, 6, 7}, {nan, 1, 0, 0, 6, 6}, {1, 1, 0, 0, 0, 0});
  check_op("clamp", [](const Tensor& x) { return clamp(x, 0, 6); }, {nan, 0, 6, 3, -1, 7}, {nan, 0, 6, 3, 0, 6},
           {0, 0, 0, 1, 0, 0});
  check_op("clamp from below", [](const Tensor& x) { return clamp(x, -1); }, {nan, inf, -1, -2}, {nan, inf, -1, -1},
           {0, 1, 0, 0});
  check_op("clamp upside down", [](const Tensor& x) { return clamp(x, 3, 2); }, {1, 5}, {2, 2}, {0, 0});
  check_op("sqrt", sqrt, {0, -1, 4}, {0, nan, 2}, {inf, nan, 0.25});
  check_op("log", log, {0, 4}, {-inf, log(Tensor::from({4}, dtype)).item()}, {inf, 0.25});
  check_op("rsqrt", rsqrt, {0, -1, 4}, {inf, nan, 0.5}, {-inf, nan, -0.0625});
  const auto power = [](double p) { return [p](const Tensor& x) { return pow(x, p); }; };
  check_op("pow 0", power(0), {0, -1, nan}, {1, 1, 1}, {0, 0, 0});
  check_op("pow 1", power(1), {0, -1, 4}, {0, -1, 4}, {1, 1, 1});
  check_op("pow 2", power(2), {0, -1, 4}, {0, 1, 16}, {0, -2, 8});
  check_op("pow 3", power(3), {0, -1, 4}, {0, -1, 64}, {0, 3, 48});
  check_op("pow 0.5", power(0.5), {0, -1, 4}, {0, nan, 2}, {inf, nan, 0.25});
  check_op("pow -1", power(-1), {0, -1, 4}, {inf, -1, 0.25}, {-inf, -1, -0.0625});
  check_op("pow 1.5", power(1.5), {0, -1, 4}, {0, nan, 8}, {0, nan, 3});
  check_op("leaky_relu", [](const Tensor& x) { return leaky_relu(x, 0.25); }, {nan, 1, -1, 0}, {nan, 1, -0.25, 0},
           {0.25, 1, 0.25, 0.25});

  const auto check_two = [&](const char* name, const auto& op, const Values& y, const Values& da, const Values& db) {
    CAPTURE(name);
    const Tensor a = leaf_of({nan, 1, 2, 2, nan}, dtype), b = leaf_of({1, nan, 2, 3, nan}, dtype);
    const Tensor result = op(a, b);
    CHECK(same(result.to_vector(), y));
    sum(result).backward();
    CHECK(same(a.grad().to_vector(), da));
    CHECK(same(b.grad().to_vector(), db));
  };
  check_two("maximum", maximum, {nan, nan, 2, 3, nan}, {1, 1, 0.5, 0, 1}, {1, 1, 0.5, 1, 1});
  check_two("minimum", minimum, {nan, nan, 2, 2, nan}, {1, 1, 0.5, 1, 1}, {1, 1, 0.5, 0, 1});
}

TEST_CASE("pointwise ops are PyTorch's") {
  static const TensorFile golden = read_safetensors(RADIAL_SOURCE_DIR "/tests/golden/pointwise.safetensors");
  using Tensors = std::vector<Tensor>;
  const auto compare = [&](const std::string& name, const std::vector<Shape>& shapes,
                           const std::function<Tensor(const Tensors&)>& run) {
    CAPTURE(name);
    OpCase c{name, {}, run};
    for (size_t i = 0; i < shapes.size(); ++i)
      c.inputs.push_back(3 * formula::tensor(name + "." + std::to_string(i), shapes[i]));
    const OpResult result = run_case(c, DType::f64);
    CHECK(result.y.shape() == golden.tensors.at(name + ".y").shape());
    CHECK(relative_error(result.y, golden.tensors.at(name + ".y")) <= 1e-14);
    for (size_t i = 0; i < shapes.size(); ++i)
      CHECK(relative_error(result.gradients[i], golden.tensors.at(name + ".gradient." + std::to_string(i))) <= 1e-14);
  };
  const auto of_one = [&](const std::string& name, const std::function<Tensor(const Tensor&)>& op) {
    compare(name, {{3, 7}}, [&](const Tensors& in) { return op(in[0]); });
  };
  of_one("exp", exp);
  of_one("log", [](const Tensor& x) { return log(x + 3.5); });
  of_one("sqrt", [](const Tensor& x) { return sqrt(x + 3.5); });
  of_one("rsqrt", [](const Tensor& x) { return rsqrt(x + 3.5); });
  of_one("pow 1.7", [](const Tensor& x) { return pow(x + 3.5, 1.7); });
  of_one("pow 3", [](const Tensor& x) { return pow(x, 3); });
  of_one("abs", abs);
  of_one("neg", neg);
  of_one("scale", [](const Tensor& x) { return scale(x, -2.5); });
  of_one("sign", sign);
  of_one("relu", relu);
  of_one("relu6", [](const Tensor& x) { return relu6(4 * x); });
  of_one("square", square);
  of_one("sigmoid", sigmoid);
  of_one("tanh", tanh);
  of_one("silu", silu);
  of_one("gelu", [](const Tensor& x) { return gelu(x); });
  of_one("gelu tanh", [](const Tensor& x) { return gelu(x, GeluForm::tanh); });
  of_one("leaky_relu", [](const Tensor& x) { return leaky_relu(x); });
  of_one("softplus", [](const Tensor& x) { return softplus(x); });
  of_one("softplus 2", [](const Tensor& x) { return softplus(x, 2); });
  of_one("clamp", [](const Tensor& x) { return clamp(x, -1, 2); });
  of_one("sub numbers", [](const Tensor& x) { return 1 - 2 / (3 * x + 10) - x / 7 + (x - 1) * 0.5; });
  compare("add", {{2, 3, 5}, {3, 1}}, [](const Tensors& in) { return in[0] + in[1]; });
  compare("sub", {{3, 1}, {2, 1, 5}}, [](const Tensors& in) { return in[0] - in[1]; });
  compare("mul", {{2, 3, 5}, {5}}, [](const Tensors& in) { return in[0] * in[1]; });
  compare("div", {{4, 1, 3}, {2, 1}}, [](const Tensors& in) { return in[0] / (in[1] + 4); });
  compare("minimum", {{3, 7}, {7}}, [](const Tensors& in) { return minimum(in[0], in[1]); });
  compare("maximum", {{3, 7}, {3, 1}}, [](const Tensors& in) { return maximum(in[0], in[1]); });
  compare("where", {{3, 7}, {1, 7}},
          [](const Tensors& in) { return where(greater(in[0], in[1]), square(in[0]), in[1]); });
}

}  // namespace
}  // namespace radial
