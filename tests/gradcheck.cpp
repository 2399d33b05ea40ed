#include "tests/gradcheck.h"

#include <algorithm>
#include <cmath>

#include "core/autograd.h"
#include "tests/formula.h"

namespace radial {

namespace {

double dot(const Tensor& a, const Tensor& b) {
  const double *u = a.data<double>(), *v = b.data<double>();
  double total = 0;
  for (int64_t i = 0; i < a.numel(); ++i) total += u[i] * v[i];
  return total;
}

double largest(const Tensor& x) {
  double result = 0;
  for (const double value : x.to_vector()) result = std::max(result, std::abs(value));
  return result;
}

class Function {
 public:
  Function(const OpCase& op_case, const Tensor& cotangent) : case_(op_case), cotangent_(cotangent) {}

  // df along v in the inputs, of which undefined ones stay
  double derivative(const std::vector<Tensor>& v) const {
    constexpr double h = 1e-4;
    const auto f = [&](double step) { return value(v, step); };
    return (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h);
  }
  double derivative(size_t which, const Tensor& v) const {
    std::vector<Tensor> all(case_.inputs.size());
    all[which] = v;
    return derivative(all);
  }

 private:
  double value(const std::vector<Tensor>& v, double step) const {
    const NoGrad no_grad;
    std::vector<Tensor> inputs = case_.inputs;
    for (size_t k = 0; k < v.size(); ++k) {
      if (!v[k]) continue;
      inputs[k] = inputs[k].clone();
      double* x = inputs[k].data<double>();
      const double* along = v[k].data<double>();
      for (int64_t i = 0; i < v[k].numel(); ++i) x[i] += step * along[i];
    }
    return dot(case_.run(inputs), cotangent_);
  }

  const OpCase& case_;
  Tensor cotangent_;
};

}  // namespace

GradientError gradient_error(const OpCase& op_case) {
  const OpResult result = run_case(op_case, DType::f64);
  const Function f(op_case, formula::tensor("cotangent", result.y.shape()));
  GradientError error;
  const auto compare = [&](double analytic, double numeric, double size, const std::string& where) {
    const double difference = std::abs(analytic - numeric);
    const double found = size > 0 ? difference / size : difference;  // a relu may let nothing through
    if (!(found <= error.worst)) error = {found, where};             // NaN counts as worst
  };
  int64_t all = 0;
  for (const Tensor& input : op_case.inputs) all += input.numel();
  std::vector<Tensor> directions;
  double along_all = 0, square_of_size = 0;
  for (size_t k = 0; k < op_case.inputs.size(); ++k) {
    const Tensor& gradient = result.gradients[k];
    const std::string input = "input " + std::to_string(k);
    if (!gradient) return {INFINITY, input + " has no gradient"};
    const Tensor v = formula::tensor("direction " + input, gradient.shape());
    const double n = static_cast<double>(gradient.numel());
    const double size = std::sqrt(dot(gradient, gradient) * dot(v, v) / n), along = dot(gradient, v);
    if (all > 20000) {  // one direction for all inputs, at their end
      directions.push_back(v);
      along_all += along;
      square_of_size += size * size;
      continue;
    }
    compare(along, f.derivative(k, v), size, input + ", a random direction");
    // The direction has seen every element; some single ones say where a mistake is, in cases that do not take long.
    const int64_t single = all > 5000 ? 0 : std::min<int64_t>(gradient.numel(), 16);
    for (int64_t at = 0; at < single; ++at) {
      const int64_t i = at * gradient.numel() / single;
      Tensor unit = zeros_like(gradient);
      unit.data<double>()[i] = 1;
      compare(gradient.data<double>()[i], f.derivative(k, unit), largest(gradient),
              input + ", element " + std::to_string(i));
    }
  }
  if (!directions.empty())
    compare(along_all, f.derivative(directions), std::sqrt(square_of_size), "a random direction of all inputs");
  return error;
}

}  // namespace radial
