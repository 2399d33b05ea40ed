// The paper's two-dimensional example of what momentum does to the norm of a scale-invariant weight:
// minimise (1 - cos(w, w*))^2 from w0 = (0.001, 1) towards w* = (0, -1), by gradient descent, with momentum, and with
// momentum and the projection. Runs through the library's own tensors, autograd and optimizers, in float64.
#pragma once

#include <string>
#include <vector>

namespace radial {

// loss is that of w_t (before step t), norm that of w_{t+1} (after it), x and y are w_t.
struct ToyPoint {
  int iteration = 0;
  double x = 0, y = 0;
  double loss = 0, norm = 0;
};

struct ToyOptions {
  double momentum = 0.9;
  int iterations = 500;
  double lr = 0.01;
};

// "gd" (vanilla SGD), "momentum", "sgdp" (projects at every step, without a test).
std::vector<std::string> toy_optimizers();
// Points t = 0 to iterations - 1. Throws Error(usage) for another name.
std::vector<ToyPoint> run_toy(const std::string& optimizer, const ToyOptions& options);

}  // namespace radial
