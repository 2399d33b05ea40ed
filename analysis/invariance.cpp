#include "analysis/invariance.h"

#include <cmath>

#include "analysis/step_sums.h"
#include "core/autograd.h"

namespace radial {

namespace {

// The loss with w scaled by c, relative to `base`; w is as it was afterwards.
double relative_change(const std::function<Tensor()>& loss, Tensor& w, double c, double base) {
  const NoGrad no_grad;
  const Tensor original = w.clone();
  double* values = w.data<double>();
  for (int64_t i = 0; i < w.numel(); ++i) values[i] *= c;
  const double scaled = loss().item();
  w.copy_from(original);
  return std::abs(scaled - base) / std::abs(base);
}

double cosine_with_gradient(const Tensor& w) {
  const Tensor g = w.grad();
  if (!g) return std::nan("");
  return cosine(sum_step(w.data<double>(), w.data<double>(), g.data<double>(), w.numel()));
}

}  // namespace

std::vector<InvarianceRow> test_invariance(const std::function<Tensor()>& loss, std::span<NamedTensor> parameters,
                                           double tolerance) {
  for (NamedTensor& parameter : parameters) parameter.tensor.zero_grad();
  const Tensor base = loss();
  base.backward();
  std::vector<InvarianceRow> rows;
  for (NamedTensor& parameter : parameters) {
    Tensor& w = parameter.tensor;
    check(w.dtype() == DType::f64, "invariance: \"", parameter.name, "\" is ", name_of(w.dtype()),
          " but needs float64");
    if (w.rank() < 2) continue;
    InvarianceRow row{parameter.name, parameter.kind};
    row.change_small = relative_change(loss, w, 0.1, base.item());
    row.change_large = relative_change(loss, w, 10, base.item());
    row.cos_grad = cosine_with_gradient(w);
    row.scale_invariant = row.change_large < tolerance;
    rows.push_back(row);
  }
  return rows;
}

}  // namespace radial
