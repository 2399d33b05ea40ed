// Convolutions, pools, interpolation, attention, distances and products against PyTorch in float64:
// tests/golden/make_layer_op_golden.py.
#include <cmath>
#include <functional>

#include "core/ops.h"
#include "core/ops/deform_conv2d.h"
#include "io/safetensors.h"
#include "tests/catch.h"
#include "tests/formula.h"
#include "tests/op_cases.h"

namespace radial {
namespace {

using LayerInputs = std::vector<Tensor>;

void compare_layer(const std::string& name, const std::vector<Shape>& shapes,
                   const std::function<Tensor(const LayerInputs&)>& run) {
  static const TensorFile golden = read_safetensors(RADIAL_SOURCE_DIR "/tests/golden/layer_ops.safetensors");
  OpCase c{name, {}, run};
  for (size_t i = 0; i < shapes.size(); ++i)
    c.inputs.push_back(formula::tensor(name + "." + std::to_string(i), shapes[i]));
  const OpResult result = run_case(c, DType::f64);
  CAPTURE(name);
  REQUIRE(result.y.shape() == golden.tensors.at(name + ".y").shape());
  CHECK(relative_error(result.y, golden.tensors.at(name + ".y")) <= 1e-13);
  for (size_t i = 0; i < shapes.size(); ++i) {
    CAPTURE(i);
    CHECK(relative_error(result.gradients[i], golden.tensors.at(name + ".gradient." + std::to_string(i))) <= 1e-12);
  }
}

TEST_CASE("convolutions with an extent for each axis are PyTorch's") {
  compare_layer("conv2d", {{2, 6, 7, 4}, {6, 3, 2, 2}}, [](const LayerInputs& in) {
    return conv2d(in[0], in[1], {.stride = {2, 1}, .padding = {0, 2}, .dilation = {1, 3}, .groups = 2});
  });
  compare_layer("conv1d", {{2, 9, 3}, {5, 4, 3}},
                [](const LayerInputs& in) { return conv1d(in[0], in[1], {.stride = 2, .padding = 3, .dilation = 2}); });
  compare_layer("conv_transpose2d", {{2, 3, 4, 4}, {4, 3, 2, 3}}, [](const LayerInputs& in) {
    return conv_transpose2d(
        in[0], in[1], {.stride = {3, 2}, .padding = {1, 0}, .output_padding = {2, 1}, .dilation = {1, 2}, .groups = 2});
  });
}

TEST_CASE("modulated deformable convolutions are torchvision's") {
  compare_layer("deform_conv2d", {{2, 6, 5, 4}, {2, 3, 5, 36}, {2, 3, 5, 18}, {5, 3, 3, 4}}, [](const LayerInputs& in) {
    return deform_conv2d(in[0], scale(in[1], 3), in[2], in[3],
                         {.stride = {2, 1}, .padding = {1, 2}, .dilation = {1, 2}});
  });
}

TEST_CASE("a deformable convolution of waves is the authors'") {
  const auto waves = [](const Shape& shape, const std::function<double(double)>& f) {  // of [c, h, w], channels last
    const int64_t c = shape[0], h = shape[1], w = shape[2];
    Tensor x = Tensor::empty({1, h, w, c}, DType::f64);
    for (int64_t i = 0; i < c; ++i)
      for (int64_t p = 0; p < h * w; ++p) x.data<double>()[p * c + i] = f(static_cast<double>(i * h * w + p));
    return x;
  };
  const Tensor x = waves({2, 4, 5}, [](double n) { return std::sin(.37 * n + .1); });
  const Tensor offset = waves({18, 4, 5}, [](double n) { return 3 * std::cos(.71 * n); });
  const Tensor mask = sigmoid(waves({9, 4, 5}, [](double n) { return std::sin(1.3 * n); }));
  Tensor w = Tensor::empty({3, 2, 3, 3}, DType::f64);
  for (int64_t i = 0; i < w.numel(); ++i) w.data<double>()[i] = std::cos(.23 * static_cast<double>(i) + .5);
  const Tensor y = bias(deform_conv2d(x, offset, mask, permute(w, {0, 2, 3, 1}), {.padding = 1}),
                        Tensor::from({.1, -.2, .3}, DType::f64));
  CHECK(std::abs(sum(y).item() - 3.616109148791) < 1e-11);
  CHECK(std::abs(sum(abs(y)).item() - 24.693547589765) < 1e-11);
  CHECK(std::abs(y.at(0, 0, 0, 0) - 0.496357611854) < 1e-11);
  CHECK(std::abs(y.at(0, 2, 3, 1) - 0.102655381123) < 1e-11);
  CHECK(std::abs(y.at(0, 3, 4, 2) - 1.164061775990) < 1e-11);
}

TEST_CASE("pools with rectangular windows and ceil_mode are PyTorch's") {
  compare_layer("max_pool2d", {{1, 8, 6, 3}}, [](const LayerInputs& in) {
    return max_pool2d(in[0], {.kernel = {3, 2}, .stride = {2, 3}, .padding = {1, 0}, .ceil_mode = true});
  });
  Pool2dOptions options{.kernel = {3, 2}, .stride = {2, 3}, .padding = 1, .ceil_mode = true};
  const auto average = [&](const LayerInputs& in) { return avg_pool2d(in[0], options); };
  compare_layer("avg_pool2d_with_padding", {{1, 8, 6, 3}}, average);
  options.count_include_pad = false;
  compare_layer("avg_pool2d_without_padding", {{1, 8, 6, 3}}, average);
}

TEST_CASE("interpolation is PyTorch's") {
  const auto resized = [](const std::string& name, const UpsampleOptions& options) {
    compare_layer(name, {{1, 4, 5, 2}}, [&](const LayerInputs& in) { return upsample(in[0], options); });
  };
  resized("upsample_nearest", {.size = {7, 3}});
  resized("upsample_nearest_scale", {.scale = 2.7});
  resized("upsample_bilinear", {.size = {7, 3}, .mode = Interpolation::bilinear});
  resized("upsample_bilinear_scale", {.scale = 1.7, .mode = Interpolation::bilinear});
  resized("upsample_bilinear_corners", {.size = {7, 3}, .mode = Interpolation::bilinear, .align_corners = true});
}

TEST_CASE("attention and distances are PyTorch's") {
  const std::vector<Shape> qkv = {{2, 3, 2, 4}, {2, 5, 2, 4}, {2, 5, 2, 3}};
  compare_layer("attention", qkv, [](const LayerInputs& in) { return attention(in[0], in[1], in[2]); });
  compare_layer("attention_causal", qkv,
                [](const LayerInputs& in) { return attention(in[0], in[1], in[2], {.causal = true}); });
  std::vector<Shape> with_bias = qkv;
  with_bias.push_back({1, 2, 3, 5});
  compare_layer("attention_bias", with_bias,
                [](const LayerInputs& in) { return attention(in[0], in[1], in[2], {.bias = in[3]}); });
  compare_layer("distances", {{3, 4}, {5, 4}}, [](const LayerInputs& in) { return distances(in[0], in[1]); });
  compare_layer("squared_distances", {{3, 4}, {5, 4}},
                [](const LayerInputs& in) { return squared_distances(in[0], in[1]); });
}

TEST_CASE("products are PyTorch's") {
  compare_layer("matmul", {{4, 3}, {4, 5}},
                [](const LayerInputs& in) { return matmul(in[0], in[1], {.transpose_a = true}); });
  compare_layer("linear", {{3, 4}, {5, 4}, {5}}, [](const LayerInputs& in) { return linear(in[0], in[1], in[2]); });
  compare_layer("bmm", {{2, 3, 4}, {1, 5, 4}},
                [](const LayerInputs& in) { return bmm(in[0], in[1], {.transpose_b = true}); });
}

}  // namespace
}  // namespace radial
