#include "tasks/rebias/hsic.h"

#include "core/error.h"
#include "core/ops.h"

namespace radial {
namespace {

Tensor off_diagonal(int64_t n, const Tensor& like) {
  Tensor mask = Tensor::full({n, n}, 1);
  for (int64_t i = 0; i < n; ++i) mask.data<float>()[i * n + i] = 0;
  return mask.to(accumulator_of(like.dtype())).to(like.device());
}

Tensor kernel(const Tensor& x, double sigma, const Tensor& mask) {
  const Tensor rows = flatten(x, 1);
  return exp(squared_distances(rows, rows) * (-1 / (2 * sigma * sigma))) * mask;
}

}  // namespace

Tensor hsic(const Tensor& x, const Tensor& y, double sigma_x, double sigma_y) {
  const int64_t samples = x.dim(0);
  check(samples >= hsic_needs && y.dim(0) == samples, "hsic: x is ", x.shape(), " and y ", y.shape(),
        " but both need the same number of samples, at least ", hsic_needs);
  const Tensor mask = off_diagonal(samples, x);
  const Tensor k = kernel(x, sigma_x, mask), l = kernel(y, sigma_y, mask);
  const auto n = static_cast<double>(samples);
  const Tensor traces = sum(k * l), all = sum(k) * sum(l) * (1 / ((n - 1) * (n - 2))),
               rows = sum(sum(k, {1}) * sum(l, {1})) * (2 / (n - 2));
  return (traces + all - rows) * (1 / (n * (n - 3)));
}

}  // namespace radial
