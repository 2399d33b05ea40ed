// Gradients that make a step take a view.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>

#include "tests/optim/params.h"

namespace radial {

// A row x of a gradient and the row w of the weights.
template <class T>
struct Row {
  T* x;
  const T* w;
  int64_t n;

  double dot(const T* a, const T* b) const {
    double total = 0;
    for (int64_t i = 0; i < n; ++i) total += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    return total;
  }
  double norms() const { return std::sqrt(dot(x, x) * dot(w, w)); }
  void add(double factor) const {  // x += factor w / ||w||^2
    const T f = static_cast<T>(factor / dot(w, w));
    for (int64_t i = 0; i < n; ++i) x[i] += f * w[i];
  }
  void project() const { add(-dot(x, w)); }
};

// For a step that takes the view. channel: each row orthogonal to w's. layer: orthogonal as a whole, rows not; as
// channel where there is one row alone. none: neither. free: random.
template <class T>
Tensor gradient_of_view(const NamedTensor& param, int64_t step, const std::string& view) {
  const Tensor& w = param.tensor;
  Tensor r = formula::tensor(param.name + "." + std::to_string(step), w.shape()).to(w.dtype());
  if (w.rank() == 1 || view == "free") return r;
  const int64_t length = w.numel() / w.dim(0);
  const auto row = [&](int64_t k) { return Row<T>{r.data<T>() + k * length, w.data<T>() + k * length, length}; };
  if (view == "none") {
    const Row<T> whole{r.data<T>(), w.data<T>(), w.numel()};
    const double norms = whole.norms();
    whole.project();
    whole.add(-norms);
    return r;
  }
  for (int64_t k = 0; k < w.dim(0); ++k) row(k).project();
  if (view == "layer" && w.dim(0) > 1) {
    const double along = (step % 2 == 0 ? 0.5 : -0.5) * std::min(row(0).norms(), row(1).norms());
    row(0).add(along);
    row(1).add(-along);
  }
  return r;
}

}  // namespace radial
