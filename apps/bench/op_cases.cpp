#include "apps/bench/op_cases.h"

#include <fmt/format.h>

#include "core/ops.h"

namespace radial::apps {
namespace {

// c channels to o filters of k x k on size x size pictures.
OpBenchCase convolution(int64_t n, int64_t size, int64_t c, int64_t o, int64_t k, int64_t stride, int64_t groups = 1) {
  const Conv2dOptions options{.stride = stride, .padding = k / 2, .groups = groups};
  const Shape x{n, size, size, c}, w{o, k, k, c / groups};
  const Conv2dGeometry g(x, w, options);
  const double operations = 2.0 * static_cast<double>(g.multiply_adds());
  const auto elements = static_cast<double>(x.numel() + w.numel() + g.y_shape().numel());
  std::string shape = fmt::format("{} to {}, {}x{}", x.extents(), o, k, k);
  if (stride > 1) shape += fmt::format(" stride {}", stride);
  if (groups > 1) shape += fmt::format(" groups {}", groups);
  return {"conv2d",
          shape,
          {x, w},
          [options](const auto& in) { return conv2d(in[0], in[1], options); },
          {{"forward", {}, operations, elements},
           {"backward_x", {0}, operations, elements},
           {"backward_w", {1}, operations, elements}}};
}

OpBenchCase fully_connected(int64_t n, int64_t in, int64_t out) {
  const Shape x{n, in}, w{out, in}, b{out};
  const double operations = 2.0 * static_cast<double>(n * in * out);
  const auto elements = static_cast<double>(x.numel() + w.numel() + n * out);
  return {"linear",
          fmt::format("{} to {}", x.extents(), out),
          {x, w, b},
          [](const auto& inputs) { return linear(inputs[0], inputs[1], inputs[2]); },
          {{"forward", {}, operations, elements},
           {"backward_x", {0}, operations, elements},
           {"backward_w", {1}, operations, elements}}};
}

// Passes that cost so many operations an element of x and read or write it so many times.
std::vector<OpPass> elementwise(const Shape& x, double forward, double forward_tensors, std::vector<size_t> inputs,
                                double backward, double backward_tensors) {
  const auto n = static_cast<double>(x.numel());
  return {{"forward", {}, forward * n, forward_tensors * n},
          {"backward", std::move(inputs), backward * n, backward_tensors * n}};
}

// Plain, with relu, or with residual and relu.
OpBenchCase normalisation(const Shape& x, bool relu, bool residual) {
  const Shape c{x.channels()};
  std::vector<Shape> inputs = {x, c, c};
  std::vector<size_t> gradients = {0, 1, 2};
  if (residual) inputs.push_back(x), gradients.push_back(3);
  const auto run = [relu, residual](const std::vector<Tensor>& in) {
    BatchNormState state{Tensor::zeros(in[1].shape()), Tensor::full(in[1].shape(), 1)};
    BatchNormOptions options;
    options.relu = relu;
    if (residual) options.residual = in[3];
    return batch_norm(in[0], in[1], in[2], state, options);
  };
  const double more = residual ? 1 : 0;
  return {std::string("batch_norm") + (residual ? " + residual" : "") + (relu ? " + relu" : ""), x.extents(), inputs,
          run, elementwise(x, 5 + more, 3 + more, gradients, 9 + more, 5 + 2 * more)};
}

OpBenchCase layer_normalisation(const Shape& x) {
  const Shape c{x.channels()};
  return {"layer_norm",
          x.extents(),
          {x, c, c},
          [](const auto& in) { return layer_norm(in[0], in[1], in[2]); },
          elementwise(x, 5, 2, {0, 1, 2}, 11, 3)};
}

OpBenchCase max_pooling(const Shape& x) {
  return {"max_pool2d",
          x.extents() + ", 3x3 stride 2",
          {x},
          [](const auto& in) { return max_pool2d(in[0], {.kernel = 3, .stride = 2, .padding = 1}); },
          elementwise(x, 9.0 / 4, 1.5, {0}, 0.25, 1.5)};
}

OpBenchCase rectification(const Shape& x) {
  return {"relu", x.extents(), {x}, [](const auto& in) { return relu(in[0]); }, elementwise(x, 1, 2, {0}, 1, 3)};
}

OpBenchCase addition(const Shape& x) {
  const auto n = static_cast<double>(x.numel());
  return {"add", x.extents(), {x, x}, [](const auto& in) { return add(in[0], in[1]); }, {{"forward", {}, n, 3 * n}}};
}

OpBenchCase classification(int64_t n, int classes) {
  const Shape logits{n, classes};
  OpBenchCase result{"cross_entropy",
                     logits.extents(),
                     {logits, Shape{n}},
                     [](const auto& in) { return cross_entropy(in[0], in[1]); },
                     elementwise(logits, 4, 2, {0}, 2, 2)};
  result.classes = classes;
  return result;
}

}  // namespace

std::vector<OpBenchCase> op_bench_cases(int64_t n) {
  std::vector<OpBenchCase> cases = {
      // ResNet18 and 34
      convolution(n, 224, 3, 64, 7, 2),
      convolution(n, 56, 64, 64, 3, 1),
      convolution(n, 56, 64, 128, 3, 2),
      convolution(n, 56, 64, 128, 1, 2),
      convolution(n, 28, 128, 128, 3, 1),
      convolution(n, 28, 128, 256, 3, 2),
      convolution(n, 28, 128, 256, 1, 2),
      convolution(n, 14, 256, 256, 3, 1),
      convolution(n, 14, 256, 512, 3, 2),
      convolution(n, 14, 256, 512, 1, 2),
      convolution(n, 7, 512, 512, 3, 1),
      // ResNet50
      convolution(n, 56, 64, 64, 1, 1),
      convolution(n, 56, 64, 256, 1, 1),
      convolution(n, 56, 256, 64, 1, 1),
      convolution(n, 56, 256, 128, 1, 1),
      convolution(n, 56, 128, 128, 3, 2),
      convolution(n, 56, 256, 512, 1, 2),
      convolution(n, 28, 128, 512, 1, 1),
      convolution(n, 28, 512, 128, 1, 1),
      convolution(n, 28, 512, 256, 1, 1),
      convolution(n, 28, 256, 256, 3, 2),
      convolution(n, 28, 512, 1024, 1, 2),
      convolution(n, 14, 256, 1024, 1, 1),
      convolution(n, 14, 1024, 256, 1, 1),
      convolution(n, 14, 1024, 512, 1, 1),
      convolution(n, 14, 512, 512, 3, 2),
      convolution(n, 14, 1024, 2048, 1, 2),
      convolution(n, 7, 512, 2048, 1, 1),
      convolution(n, 7, 2048, 512, 1, 1),
      // depthwise
      convolution(n, 56, 144, 144, 3, 1, 144),
      convolution(n, 56, 144, 144, 3, 2, 144),
      fully_connected(n, 512, 1000),
      fully_connected(n, 2048, 1000),
      normalisation({n, 112, 112, 64}, true, false),
      normalisation({n, 56, 56, 64}, true, false),
      normalisation({n, 56, 56, 64}, true, true),
      normalisation({n, 7, 7, 512}, true, true),
      layer_normalisation({n * 197, 768}),
      max_pooling({n, 112, 112, 64}),
      rectification({n, 56, 56, 64}),
      addition({n, 56, 56, 64}),
      classification(n, 1000),
  };
  for (OpBenchCase& other : tensor_op_bench_cases(n)) cases.push_back(std::move(other));
  return cases;
}

}  // namespace radial::apps
