// The example on a sphere (first version of the paper, ICLR): Rosenbrock's valley for the direction of w in three
// dimensions,
//   h(w) = (1 - psi)^2 + 300 (phi - psi^2)^2, psi = 1.5 azimuth of w, phi = 1.5 elevation of w,
// from (psi, phi) = (-2, 2), |w| = 1, towards (1, 1). Each gradient is divided by its norm; momentum is 0.9, and the
// learning rate of step t is lr (1 - t / 199). Through the library's own optimizers, in float64.
#pragma once

#include <string>
#include <vector>

namespace radial {

// w_t, before step t; the last is after the last step.
struct SpherePoint {
  int iteration = 0;
  double x = 0, y = 0, z = 0;
  double psi = 0, phi = 0, norm = 0;
  double loss = 0;
};

// "momentum"; "momentum+l2": with weight decay 0.05, added to the gradient after it was divided by its norm; "sgdp":
// projected at each step, the buffer too.
std::vector<std::string> toy3d_optimizers();

// Points 0 to 200, with the learning rates that the drawing of the paper's project page shows. Throws Error(usage) for
// another name.
std::vector<SpherePoint> run_toy3d(const std::string& optimizer);

}  // namespace radial
