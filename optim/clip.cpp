#include "optim/clip.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/kernels.h"
#include "core/parallel.h"
#include "core/row_squares.h"
#include "core/untracked.h"

namespace radial {

namespace {

std::vector<Tensor> gradients_of(std::span<const NamedTensor> parameters) {
  std::vector<Tensor> gradients;
  for (const NamedTensor& parameter : parameters)
    if (const Tensor gradient = parameter.tensor.grad(); gradient.numel() > 0) gradients.push_back(gradient);
  return gradients;
}

}  // namespace

Tensor clip_gradient_norm(std::span<const NamedTensor> parameters, double most) {
  check(most > 0, "clip_gradient_norm: most is ", most, " but must be positive");
  const std::vector<Tensor> gradients = gradients_of(parameters);
  if (gradients.empty()) return Tensor::zeros({1}, DType::f64);
  const Device device = gradients[0].device();
  const Tensor squares = row_squares(gradients);
  Tensor norm = Tensor::empty({1}, DType::f64, device), factor = Tensor::empty({1}, DType::f64, device);
  kernels::clip_factor(norm, factor, squares, most);
  for (const Tensor& gradient : gradients) {
    Tensor whole = Untracked::view(gradient, {1, gradient.numel()});
    kernels::scale_rows(whole, whole, factor, false);
  }
  return norm;
}

void clip_gradient_values(std::span<const NamedTensor> parameters, double most) {
  check(most > 0, "clip_gradient_values: most is ", most, " but must be positive");
  for (Tensor& gradient : gradients_of(parameters)) kernels::clip_values(gradient, most);
}

void cpu::clip_factor(Tensor& norm, Tensor& factor, const Tensor& squares, double most) {
  double sum = 0;
  for (int64_t i = 0; i < squares.numel(); ++i) sum += squares.data<double>()[i];
  const double root = std::sqrt(sum), share = most / (root + 1e-6);
  norm.data<double>()[0] = root;
  factor.data<double>()[0] = share > 1 ? 1 : share;
}

void cpu::clip_values(Tensor& x, double most) {
  dispatch_float("clip_values", x.dtype(), [&, limit = most]<class T>() {
    const T high = static_cast<T>(limit);
    parallel_ranges(x.numel(), elements_per_task, [&, values = x.data<T>()](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) values[i] = values[i] > high ? high : values[i] < -high ? -high : values[i];
    });
  });
}

void cpu::move_average(Tensor& average, const Tensor& x, double decay) {
  dispatch_float("move_average", x.dtype(), [&, share = 1 - decay]<class T>() {
    const T step = static_cast<T>(share);
    const T* from = x.data<T>();
    parallel_ranges(x.numel(), elements_per_task, [&, to = average.data<T>()](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) to[i] += step * (from[i] - to[i]);
    });
  });
}

}  // namespace radial
