// Examples of PyTorch's documentation, and what PyTorch 2.15 makes of edges: NaN, infinities, ties, nothing at all,
// indices out of range. Pictures of one channel lie as PyTorch's do.
#include <cmath>
#include <functional>
#include <limits>
#include <sstream>

#include "core/ops.h"
#include "tests/catch.h"

namespace radial {
namespace {

using Catch::Matchers::ContainsSubstring;

constexpr double not_a_value = std::numeric_limits<double>::quiet_NaN();
constexpr double infinite = std::numeric_limits<double>::infinity();

Tensor integers(const NestedValues& values) { return Tensor::from(values, DType::i32); }
Tensor bytes(const NestedValues& values) { return Tensor::from(values, DType::u8); }

// "" where x has this shape and, to the digits that are printed there, these values; else what it has.
std::string differs(const Tensor& x, const NestedValues& expected, double digits = 1e-6) {
  std::ostringstream found;
  found << x.shape() << ":";
  bool equal = x.shape() == expected.shape();
  const std::vector<double> values = x.to_vector();
  for (size_t i = 0; i < values.size(); ++i) {
    found << " " << values[i];
    if (!equal) continue;
    const double is = values[i], should = expected.values()[i];
    equal = std::isfinite(should) ? std::abs(is - should) <= digits * std::max(1.0, std::abs(should))
                                  : (std::isnan(should) ? std::isnan(is) : is == should);
  }
  return equal ? "" : found.str();
}

// The gradient of sum(f(x)).
Tensor slope(const NestedValues& at, const std::function<Tensor(const Tensor&)>& f) {
  const Tensor x = Tensor::from(at).set_requires_grad();
  sum(f(x)).backward();
  return x.grad();
}

const NestedValues scores = {{0.5, -1.0, 2.0}, {3.0, 0.0, -2.0}};
const NestedValues square_of_four = {1, 2, 3, 4};

TEST_CASE("documentation: functions of one tensor") {
  const auto at = [](const NestedValues& x, Tensor (*f)(const Tensor&), const NestedValues& y) {
    CHECK(differs(f(Tensor::from(x)), y, 6e-5) == "");
  };
  at({-1, -2, 3}, abs, {1, 2, 3});
  at({0, std::log(2.0)}, exp, {1, 2});
  at({4.7767, 4.3234, 1.2156, 0.2411, 4.5739}, log, {1.5637, 1.4640, 0.1952, -1.4225, 1.5204});
  at({0.0090, -0.2262, -0.0682, -0.2866, 0.3940}, neg, {-0.0090, 0.2262, 0.0682, 0.2866, -0.3940});
  at({-0.0370, 0.2970, 1.5420, -0.9105}, rsqrt, {not_a_value, 1.8349, 0.8053, not_a_value});
  at({0.9213, 1.0887, -0.8858, -1.7683}, sigmoid, {0.7153, 0.7481, 0.2920, 0.1458});
  at({0.7, -1.2, 0, 2.3}, sign, {1, -1, 0, 1});
  at({-2.0755, 1.0226, 0.0831, 0.4806}, sqrt, {not_a_value, 1.0112, 0.2883, 0.6933});
  at({-2.0755, 1.0226, 0.0831, 0.4806}, square, {4.3077, 1.0457, 0.0069, 0.2310});
  at({0.8986, -0.7279, 1.1745, 0.2611}, tanh, {0.7156, -0.6218, 0.8257, 0.2553});
  at({-1, 1}, silu, {-0.268941, 0.731059});
  at({-1, 3, 7}, relu6, {0, 3, 6});
  CHECK(differs(gelu(Tensor::from({-1, 0, 1, 30, -30})), {-0.158655, 0, 0.841345, 30, 0}) == "");
  CHECK(differs(gelu(Tensor::from({-1, 1}), GeluForm::tanh), {-0.158808, 0.841192}) == "");
  CHECK(differs(leaky_relu(Tensor::from({-1, 1})), {-0.01, 1}) == "");
  CHECK(differs(softplus(Tensor::from({-1, 1, 30})), {0.313262, 1.313262, 30}) == "");
  CHECK(differs(pow(Tensor::from({0.4331, 1.2475, 0.6834, -0.2791}), 2), {0.1876, 1.5563, 0.4670, 0.0779}, 6e-5) == "");
  CHECK(differs(pow(arange(1, 5, 1, DType::f32), 3), {1, 8, 27, 64}) == "");
  CHECK(differs(pow(Tensor::from({0, -1}), 0), {1, 1}) == "");
  CHECK(differs(pow(Tensor::from({-8}), 1.0 / 3), {not_a_value}) == "");
  CHECK(differs(pow(Tensor::from({0}), -1), {infinite}) == "");
}

TEST_CASE("documentation: clamp, also with its bounds upside down and where x is NaN") {
  const Tensor x = Tensor::from({-1.7120, 0.1734, -0.0478, -0.0922});
  CHECK(differs(clamp(x, -0.5, 0.5), {-0.5, 0.1734, -0.0478, -0.0922}) == "");
  CHECK(differs(clamp(Tensor::from({-1, 0.5, 3}), 2, 1), {1, 1, 1}) == "");
  CHECK(differs(clamp(Tensor::from({not_a_value, 0.5}), 0, 1), {not_a_value, 0.5}) == "");
  const auto within = [](double low, double high) { return [=](const Tensor& t) { return clamp(t, low, high); }; };
  CHECK(differs(slope({0, 0.5, 1, 3, not_a_value}, within(0, 1)), {0, 1, 0, 0, 0}) == "");
  CHECK(differs(slope({-1, 0.5, 1.5, 3}, within(2, 1)), {0, 0, 0, 0}) == "");
}

TEST_CASE("documentation: two tensors, comparisons, where") {
  const Tensor a = Tensor::from({1, 2, -1}), b = Tensor::from({3, 0, 4});
  CHECK(differs(maximum(a, b), {3, 2, 4}) == "");
  CHECK(differs(minimum(a, b), {1, 0, -1}) == "");
  CHECK(differs(Tensor::from({1, -1, 0}) / Tensor::from({0, 0, 0}), {infinite, -infinite, not_a_value}) == "");
  const Tensor c = Tensor::from({{1, 2}, {3, 4}}), d = Tensor::from({{1, 1}, {4, 4}});
  CHECK(differs(equal(c, d), {{1, 0}, {0, 1}}) == "");
  CHECK(differs(not_equal(c, d), {{0, 1}, {1, 0}}) == "");
  CHECK(differs(less(c, d), {{0, 0}, {1, 0}}) == "");
  CHECK(differs(less_equal(c, d), {{1, 0}, {1, 1}}) == "");
  CHECK(differs(greater(c, d), {{0, 1}, {0, 0}}) == "");
  CHECK(differs(greater_equal(c, d), {{1, 1}, {0, 1}}) == "");
  const Tensor x = Tensor::from({{-0.4620, 0.3139}, {0.3898, -0.7197}, {0.0478, -0.1657}});
  CHECK(differs(where(greater(x, 0), x, Tensor::scalar(1)), {{1, 0.3139}, {0.3898, 1}, {0.0478, 1}}) == "");
  CHECK(differs(where(bytes({{1}, {0}}), Tensor::from({1, 2, 3}), Tensor::scalar(0)), {{1, 2, 3}, {0, 0, 0}}) == "");
  // What was not chosen gets no gradient, not even a NaN.
  const auto chosen = [](const Tensor& t) { return where(bytes({0, 1}), t * 2, Tensor::scalar(0)); };
  CHECK(differs(slope({not_a_value, 1}, chosen), {0, 2}) == "");
  CHECK_THROWS_AS(add(Tensor::empty({5, 2, 4, 1}), Tensor::empty({3, 1, 1})), Error);
}

TEST_CASE("documentation: sums, means, variances of some, of one, of nothing") {
  const Tensor none = Tensor::empty({0}), lanes = Tensor::empty({2, 0}), rows = Tensor::empty({0, 3});
  CHECK(differs(sum(none), 0) == "");
  CHECK(differs(sum(lanes, 1), {0, 0}) == "");
  CHECK(differs(mean(none), not_a_value) == "");
  CHECK(differs(mean(lanes, 1), {not_a_value, not_a_value}) == "");
  CHECK(mean(rows, 1).shape() == Shape{0});
  CHECK(slope({}, [](const Tensor& x) { return mean(x); }).shape() == Shape{0});
  CHECK(differs(var(Tensor::from({3})), not_a_value) == "");
  CHECK(differs(var(Tensor::from({3}), {}, {.unbiased = false}), 0) == "");
  CHECK(differs(var(none), not_a_value) == "");
  CHECK(differs(var(none, {}, {.unbiased = false}), not_a_value) == "");
  CHECK(differs(var(Tensor::from({{1, 2}, {5, 5}}), 1), {0.5, 0}) == "");
  CHECK(differs(logsumexp(Tensor::from(scores), 1), {2.241311, 3.054985}) == "");
  CHECK(differs(logsumexp(Tensor::from({-infinite, -infinite}), 0), -infinite) == "");
  CHECK(differs(logsumexp(Tensor::from({infinite, 1}), 0), infinite) == "");
  CHECK(differs(logsumexp(Tensor::from({not_a_value, 1}), 0), not_a_value) == "");
  CHECK(differs(logsumexp(Tensor::empty({0, 2}), 0), {-infinite, -infinite}) == "");
}

TEST_CASE("documentation: extremes with ties, with NaN, of nothing") {
  const Tensor x = Tensor::from({1, not_a_value, 3}), twice = Tensor::from({1, not_a_value, not_a_value});
  CHECK(differs(max(x, 0), not_a_value) == "");
  CHECK(differs(min(x, 0), not_a_value) == "");
  CHECK(differs(argmax(x, 0), 1) == "");
  CHECK(differs(max_with_index(twice, 0).index, 1) == "");
  CHECK(differs(argmax(Tensor::from({1, 3, 3, 2})), 1) == "");
  CHECK(differs(argmin(Tensor::from({{2, 1}, {1, 1}})), 1) == "");
  CHECK(differs(argmin(Tensor::from({{2, 1}, {1, 1}}), 1), {1, 0}) == "");
  CHECK(differs(slope({2, 3, 3}, [](const Tensor& t) { return max(t, 0); }), {0, 1, 0}) == "");
  CHECK(max(Tensor::empty({0, 3}), 1).shape() == Shape{0});
  CHECK_THROWS_AS(max(Tensor::empty({0})), Error);
  CHECK_THROWS_AS(max(Tensor::empty({3, 0}), 1), Error);
}

TEST_CASE("documentation: softmax") {
  CHECK(differs(softmax(Tensor::from(scores), 1), {{0.175290, 0.039113, 0.785597}, {0.946499, 0.047123, 0.006377}}) ==
        "");
  CHECK(differs(log_softmax(Tensor::from(scores), 0),
                {{-2.578890, -1.313262, -0.018150}, {-0.078890, -0.313262, -4.018150}}) == "");
  CHECK(differs(softmax(Tensor::from({1, infinite})), {not_a_value, not_a_value}) == "");
  CHECK(differs(softmax(Tensor::from({-infinite, -infinite})), {not_a_value, not_a_value}) == "");
  CHECK(differs(softmax(Tensor::from({0, -infinite})), {1, 0}) == "");
  CHECK(differs(softmax(Tensor::scalar(3)), 1) == "");
  CHECK(softmax(Tensor::empty({0, 3})).shape() == Shape{0, 3});
}

TEST_CASE("documentation: order") {
  const Extreme best = topk(arange(1, 6, 1, DType::f32), 3);
  CHECK(differs(best.value, {5, 4, 3}) == "");
  CHECK(differs(best.index, {4, 3, 2}) == "");
  const Tensor x = Tensor::from({1, not_a_value, 3});
  CHECK(differs(topk(x, 2).value, {not_a_value, 3}) == "");
  CHECK(differs(topk(x, 3, -1, false).index, {0, 2, 1}) == "");
  CHECK(topk(x, 0).value.shape() == Shape{0});
  CHECK_THROWS_AS(topk(x, 4), Error);
  const Tensor wild = Tensor::from({not_a_value, 1, -infinite, infinite});
  CHECK(differs(sort(wild).value, {-infinite, 1, infinite, not_a_value}) == "");
  CHECK(differs(argsort(wild, 0, {.descending = true}), {0, 3, 1, 2}) == "");
  const Tensor pairs = Tensor::from({0, 1, 0, 1, 0, 1, 0, 1});
  CHECK(differs(argsort(pairs), {0, 2, 4, 6, 1, 3, 5, 7}) == "");
  CHECK(differs(argsort(pairs, 0, {.descending = true}), {1, 3, 5, 7, 0, 2, 4, 6}) == "");
  CHECK(differs(nonzero(Tensor::from({1, 1, 1, 0, 1})), {{0}, {1}, {2}, {4}}) == "");
  CHECK(differs(cumsum(Tensor::from({13, 7, 3, 10, 13, 3, 15, 10, 9, 10}), 0),
                {13, 20, 23, 33, 46, 49, 64, 74, 83, 93}) == "");
  CHECK(differs(cumsum(Tensor::from({1, not_a_value, 2}), 0), {1, not_a_value, not_a_value}) == "");
  CHECK(differs(cumsum(Tensor::from({1, infinite, -infinite, 2}), 0), {1, infinite, not_a_value, not_a_value}) == "");
  CHECK(differs(cumsum(Tensor::scalar(3), 0), 3) == "");
  CHECK(cumsum(Tensor::empty({2, 0}), 1).shape() == Shape{2, 0});
}

TEST_CASE("documentation: non-maximum suppression") {
  const Tensor boxes = Tensor::from({{0, 0, 10, 10}, {1, 1, 11, 11}, {20, 20, 30, 30}, {0, 0, 10, 5}});
  const Tensor certainty = Tensor::from({0.9, 0.8, 0.7, 0.95});
  CHECK(differs(nms(boxes, certainty, 0.3), {3, 2}) == "");
  CHECK(differs(nms(boxes, certainty, 0.5), {3, 0, 2}) == "");
  CHECK(differs(nms(boxes, certainty, 0.7), {3, 0, 1, 2}) == "");
  CHECK(differs(nms(Tensor::from({{0, 0, 10, 10}, {0, 0, 10, 5}}), Tensor::from({0.9, 0.8}), 0.5), {0, 1}) == "");
  CHECK(nms(Tensor::empty({0, 4}), Tensor::empty({0}), 0.5).shape() == Shape{0});
}

TEST_CASE("documentation: what indices name, and what they must not") {
  CHECK(differs(gather(Tensor::from({{1, 2}, {3, 4}}), 1, integers({{0, 0}, {1, 0}})), {{1, 1}, {4, 3}}) == "");
  CHECK(differs(scatter_add(Tensor::zeros({3, 5}), 0, integers({{0, 1, 2, 0, 0}, {0, 1, 2, 2, 2}}),
                            Tensor::full({2, 5}, 1)),
                {{2, 0, 0, 1, 1}, {0, 2, 0, 0, 0}, {0, 0, 2, 1, 1}}) == "");
  const Tensor table = reshape(arange(1, 13, 1, DType::f32), {4, 3});
  CHECK(differs(embedding(table, integers({{1, 2}, {0, 3}})), {{{4, 5, 6}, {7, 8, 9}}, {{1, 2, 3}, {10, 11, 12}}}) ==
        "");
  for (const int bad : {4, -1}) {
    CHECK_THROWS_WITH(embedding(table, integers({bad})), ContainsSubstring("embedding"));
    CHECK_THROWS_WITH(index_select(table, 0, integers({bad})), ContainsSubstring("index_select"));
    CHECK_THROWS_WITH(gather(table, 0, integers({{bad, 0, 0}})), ContainsSubstring("gather"));
    CHECK_THROWS_WITH(scatter_add(table, 0, integers({{bad, 0, 0}}), Tensor::zeros({1, 3})),
                      ContainsSubstring("scatter_add"));
  }
  CHECK(differs(one_hot(integers({0, 1, 2, 0}), 3), {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {1, 0, 0}}) == "");
  CHECK(differs(arange(5), {0, 1, 2, 3, 4}) == "");
  CHECK(differs(arange(1, 2.5, 0.5, DType::f32), {1, 1.5, 2}) == "");
}

TEST_CASE("documentation: what changes shapes") {
  const Tensor eight = reshape(arange(8), {2, 2, 2}), ten = reshape(arange(10), {5, 2});
  CHECK(differs(flip(eight, {0, 1}), {{{6, 7}, {4, 5}}, {{2, 3}, {0, 1}}}) == "");
  CHECK(differs(split(ten, 2)[2], {{8, 9}}) == "");
  const int64_t lengths[] = {1, 4}, too_few[] = {1, 3};
  CHECK(differs(split(ten, lengths)[1], {{2, 3}, {4, 5}, {6, 7}, {8, 9}}) == "");
  CHECK_THROWS_AS(split(ten, too_few), Error);
  CHECK(differs(expand(Tensor::from({{1}, {2}, {3}}), {3, 4}), {{1, 1, 1, 1}, {2, 2, 2, 2}, {3, 3, 3, 3}}) == "");
  CHECK_THROWS_AS(expand(Tensor::from({1, 2}), {3}), Error);
  CHECK(differs(repeat(Tensor::from({1, 2, 3}), {2, 2}), {{1, 2, 3, 1, 2, 3}, {1, 2, 3, 1, 2, 3}}) == "");
  CHECK_THROWS_AS(repeat(Tensor::zeros({2, 2}), {2}), Error);
  CHECK(differs(pad(Tensor::from({{0, 1, 2}, {3, 4, 5}}), {{0, 1}, {1, 0}}, 9),
                {{9, 0, 1, 2}, {9, 3, 4, 5}, {9, 9, 9, 9}}) == "");
  CHECK(differs(pad_reflect(Tensor::from({0, 1, 2, 3}), {{2, 1}}), {2, 1, 0, 1, 2, 3, 2}) == "");
  CHECK_THROWS_AS(pad_reflect(Tensor::from({0, 1, 2, 3}), {{4, 0}}), Error);
}

TEST_CASE("documentation: losses of elements") {
  const NestedValues at = {0, 1, 2, -3};
  const Tensor x = Tensor::from(at), target = Tensor::from({0.5, 1, 0, 0});
  const auto none = LossReduction::none;
  CHECK(differs(smooth_l1_loss(x, target, 1, none), {0.125, 0, 1.5, 2.5}) == "");
  CHECK(differs(smooth_l1_loss(x, target), 1.03125) == "");
  CHECK(differs(smooth_l1_loss(x, target, 0.5, none), {0.25, 0, 1.75, 2.75}) == "");
  CHECK(differs(smooth_l1_loss(x, target, 0, none), {0.5, 0, 2, 3}) == "");
  CHECK_THROWS_AS(smooth_l1_loss(x, target, -1), Error);
  const auto smooth = [&](double beta) { return [=](const Tensor& t) { return smooth_l1_loss(t, target, beta); }; };
  CHECK(differs(slope(at, smooth(1)) * 4, {-0.5, 0, 1, -1}) == "");
  CHECK(differs(slope(at, smooth(0)) * 4, {-1, 0, 1, -1}) == "");
  CHECK(differs(slope(at, [&](const Tensor& t) { return l1_loss(t, target); }) * 4, {-1, 0, 1, -1}) == "");
  CHECK(differs(l1_loss(x, target), 1.375) == "");
  CHECK(differs(mse_loss(x, target), 3.3125) == "");
  CHECK(differs(mse_loss(Tensor::empty({0}), Tensor::empty({0})), not_a_value) == "");

  CHECK(differs(bce_with_logits(Tensor::full({10, 64}, 1.5), Tensor::full({10, 64}, 1),
                                {.pos_weight = Tensor::full({64}, 1)}),
                0.201413) == "");
  CHECK(differs(
            bce_with_logits(Tensor::from({0, 2, -3, 100, -100}), Tensor::from({0, 1, 0.5, 0, 1}), {.reduction = none}),
            {0.693147, 0.126928, 1.548587, 100, 100}) == "");
  CHECK(differs(sigmoid_focal_loss(Tensor::from({0, 2, -3}), Tensor::from({0, 1, 1}), {.reduction = none}),
                {0.129965, 0.000451, 0.691570}) == "");
  CHECK(differs(triplet_margin_loss(Tensor::from({{0, 0}, {1, 1}}), Tensor::from({{0, 1}, {1, 1}}),
                                    Tensor::from({{3, 4}, {1, 2}}), {.reduction = none}),
                {0, 2e-6}) == "");
}

TEST_CASE("documentation: cross entropy, also where no row counts") {
  const Tensor x = Tensor::from(scores), labels = integers({2, 0}), weights = Tensor::from({0.5, 1, 2});
  CHECK(differs(cross_entropy(x, labels), 0.148148) == "");
  CHECK(differs(cross_entropy(x, labels, {.label_smoothing = 0.1}), 0.356482) == "");
  CHECK(differs(cross_entropy(x, Tensor::from({{0.2, 0.3, 0.5}, {1, 0, 0}})), 0.748148) == "");
  CHECK(differs(cross_entropy(x, labels, {.class_weights = weights}), 0.204046) == "");
  CHECK(differs(cross_entropy(x, labels, {.class_weights = weights, .ignore_index = 0}), 0.241311) == "");
  CHECK_THROWS_WITH(cross_entropy(x, integers({3, 0})), ContainsSubstring("cross_entropy: label"));
  const Tensor ignored = integers({-100, -100});
  const auto options = [](LossReduction reduction) {
    return CrossEntropyOptions{.ignore_index = -100, .reduction = reduction};
  };
  CHECK(differs(cross_entropy(x, ignored, options(LossReduction::mean)), not_a_value) == "");
  CHECK(differs(cross_entropy(x, ignored, options(LossReduction::sum)), 0) == "");
  CHECK(differs(cross_entropy(x, integers({-100, 1}), options(LossReduction::none)), {0, 3.054985}) == "");
  for (const LossReduction reduction : {LossReduction::mean, LossReduction::sum})
    CHECK(differs(slope(scores, [&](const Tensor& t) { return cross_entropy(t, ignored, options(reduction)); }),
                  {{0, 0, 0}, {0, 0, 0}}) == "");
  CHECK(differs(cross_entropy(Tensor::empty({0, 3}), Tensor::empty({0}, DType::i32)), not_a_value) == "");
}

TEST_CASE("documentation: transposed convolution") {
  const Tensor x = reshape(Tensor::from(square_of_four), {1, 2, 2, 1}), w = Tensor::full({1, 3, 3, 1}, 1);
  const auto picture = [](const Tensor& y) { return reshape(y, {y.dim(1), y.dim(2)}); };
  CHECK(differs(picture(conv_transpose2d(x, w, {.stride = 2, .padding = 1})), {{1, 3, 2}, {4, 10, 6}, {3, 7, 4}}) ==
        "");
  CHECK(differs(picture(conv_transpose2d(x, w, {.stride = 2, .padding = 1, .output_padding = 1})),
                {{1, 3, 2, 2}, {4, 10, 6, 6}, {3, 7, 4, 4}, {3, 7, 4, 4}}) == "");
  CHECK_THROWS_AS(conv_transpose2d(x, w, {.stride = 2, .output_padding = 2}), Error);
  CHECK(conv_transpose2d(Tensor::zeros({1, 6, 6, 16}), Tensor::zeros({16, 3, 3, 16}), {.stride = 2, .padding = 1})
            .shape() == Shape{1, 11, 11, 16});
  CHECK(conv2d(Tensor::zeros({20, 50, 10, 16}), Tensor::zeros({33, 3, 5, 16}),
               {.stride = {2, 1}, .padding = {4, 2}, .dilation = {3, 1}})
            .shape() == Shape{20, 26, 10, 33});
}

TEST_CASE("documentation: interpolation") {
  const Tensor x = reshape(Tensor::from(square_of_four), {1, 2, 2, 1});
  const auto twice = [](const Tensor& of, Interpolation mode, bool corners) {
    const Tensor y = upsample(of, {.size = {2 * of.dim(1), 2 * of.dim(2)}, .mode = mode, .align_corners = corners});
    return reshape(y, {y.dim(1), y.dim(2)});
  };
  const auto nearest = Interpolation::nearest, bilinear = Interpolation::bilinear;
  CHECK(differs(twice(x, nearest, false), {{1, 1, 2, 2}, {1, 1, 2, 2}, {3, 3, 4, 4}, {3, 3, 4, 4}}) == "");
  CHECK(differs(twice(x, bilinear, false),
                {{1, 1.25, 1.75, 2}, {1.5, 1.75, 2.25, 2.5}, {2.5, 2.75, 3.25, 3.5}, {3, 3.25, 3.75, 4}}) == "");
  CHECK(differs(twice(x, bilinear, true), {{1, 1.333333, 1.666667, 2},
                                           {1.666667, 2, 2.333333, 2.666667},
                                           {2.333333, 2.666667, 3, 3.333333},
                                           {3, 3.333333, 3.666667, 4}}) == "");
  const Tensor corner = pad(x, {{}, {0, 1}, {0, 1}, {}});
  CHECK(differs(twice(corner, bilinear, false), {{1, 1.25, 1.75, 1.5, 0.5, 0},
                                                 {1.5, 1.75, 2.25, 1.875, 0.625, 0},
                                                 {2.5, 2.75, 3.25, 2.625, 0.875, 0},
                                                 {2.25, 2.4375, 2.8125, 2.25, 0.75, 0},
                                                 {0.75, 0.8125, 0.9375, 0.75, 0.25, 0},
                                                 {0, 0, 0, 0, 0, 0}}) == "");
  CHECK(differs(twice(corner, bilinear, true), {{1, 1.4, 1.8, 1.6, 0.8, 0},
                                                {1.8, 2.2, 2.6, 2.24, 1.12, 0},
                                                {2.6, 3, 3.4, 2.88, 1.44, 0},
                                                {2.4, 2.72, 3.04, 2.56, 1.28, 0},
                                                {1.2, 1.36, 1.52, 1.28, 0.64, 0},
                                                {0, 0, 0, 0, 0, 0}}) == "");
}

TEST_CASE("documentation: pools, norms, products, attention, distances") {
  const Tensor pixels = reshape(arange(0, 25, 1, DType::f32), {1, 5, 5, 1});
  CHECK(max_pool2d(Tensor::full({1, 3, 3, 1}, 2), {.kernel = 4, .stride = 2, .ceil_mode = true}).str() ==
        "array([[[[2]]]], dtype=float32)");
  CHECK(differs(reshape(max_pool2d(pixels, {.ceil_mode = true}), {3, 3}), {{6, 8, 9}, {16, 18, 19}, {21, 23, 24}}) ==
        "");
  const Tensor ones = Tensor::full({1, 2, 2, 1}, 1);
  CHECK(differs(flatten(avg_pool2d(ones, {.padding = 1})), {0.25, 0.25, 0.25, 0.25}) == "");
  CHECK(differs(flatten(avg_pool2d(ones, {.padding = 1, .count_include_pad = false})), {1, 1, 1, 1}) == "");
  CHECK(differs(flatten(max_pool2d(reshape(Tensor::from({not_a_value, 1, 2, 3}), {1, 2, 2, 1}), {})), {not_a_value}) ==
        "");
  CHECK(differs(l2_normalize(Tensor::from({{0, 0}, {3, 4}})), {{0, 0}, {0.6, 0.8}}) == "");
  CHECK(differs(layer_norm(Tensor::from({{2, 2, 2}}), Tensor::full({3}, 1), Tensor::zeros({3})), {{0, 0, 0}}) == "");
  CHECK(differs(matmul(Tensor::empty({2, 0}), Tensor::empty({0, 2})), {{0, 0}, {0, 0}}) == "");
  const Tensor identity = reshape(Tensor::from({1, 0, 0, 1}), {1, 2, 1, 2});
  const Tensor values = reshape(Tensor::from(square_of_four), {1, 2, 1, 2});
  CHECK(differs(flatten(attention(identity, identity, values)), {1.660477, 2.660477, 2.339523, 3.339523}) == "");
  CHECK(differs(distances(Tensor::from({{0.9041, 0.0196}, {-0.3108, -2.4423}, {-0.4821, 1.0590}}),
                          Tensor::from({{-2.1763, -0.4713}, {-0.6986, 1.3702}})),
                {{3.1193, 2.0959}, {2.7138, 3.8322}, {2.2830, 0.3791}}, 6e-5) == "");
  CHECK_THROWS_AS(dropout(ones, 1.5, {}), Error);
}

}  // namespace
}  // namespace radial
