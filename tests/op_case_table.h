// What the families of op cases are made with. No Catch2 here.
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "tests/formula.h"
#include "tests/op_cases.h"

namespace radial {

using Inputs = std::vector<Tensor>;

template <class... Parts>
std::string text(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return out.str();
}

// f of each value, exact in float32.
template <class F>
Tensor map(const Tensor& x, F&& f) {
  Tensor y = x.clone();
  double* values = y.data<double>();
  for (int64_t i = 0; i < y.numel(); ++i) values[i] = static_cast<double>(static_cast<float>(f(values[i])));
  return y;
}

// Uniform in [low, high), exact in float32.
inline Tensor uniform(const std::string& name, const Shape& shape, double low = -1, double high = 1) {
  return map(formula::tensor(name, shape), [&](double u) { return low + (high - low) * (u + 1) / 2; });
}

// A permutation of the multiples of 1/128 around 0: no ties.
inline Tensor distinct(const Shape& shape) {
  Tensor x = Tensor::empty(shape, DType::f64);
  const int64_t n = x.numel();
  for (int64_t i = 0; i < n; ++i) x.data<double>()[i] = static_cast<double>(i * 7919 % n - n / 2) / 128;
  return x;
}

// A result that is no floating-point tensor, as one of x's dtype: the table compares those.
inline Tensor as_numbers_of(const Tensor& x, const Tensor& result) { return result.to(x.dtype()); }

class OpCaseTable {
 public:
  std::vector<OpCase> cases;

  void add(const std::string& name, Inputs inputs, std::function<Tensor(const Inputs&)> run, int64_t terms = 1,
           bool differentiable = true) {
    std::string full = name;
    for (const Tensor& input : inputs) full += text(" ", input.shape());
    cases.push_back({full, std::move(inputs), std::move(run), terms, differentiable, {}, false});
  }

  // The result, an index or a truth, has no gradient.
  void add_constant(const std::string& name, Inputs inputs, std::function<Tensor(const Inputs&)> run) {
    add(
        name, std::move(inputs), [run = std::move(run)](const Inputs& in) { return as_numbers_of(in[0], run(in)); }, 1,
        false);
  }
};

void add_reduction_cases(OpCaseTable& table);
void add_shape_cases(OpCaseTable& table);
void add_indexing_cases(OpCaseTable& table);
void add_loss_cases(OpCaseTable& table);
void add_layer_cases(OpCaseTable& table);

}  // namespace radial
