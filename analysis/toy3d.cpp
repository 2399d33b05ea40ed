#include "analysis/toy3d.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>

#include "core/ops.h"
#include "optim/sgd.h"

namespace radial {

namespace {

constexpr int iterations = 200;
constexpr double momentum = 0.9;

struct SphereOptimizer {
  const char* name;
  double lr;  // fitted to the paths that the project page draws
  double weight_decay;
  bool projected;
};
constexpr std::array sphere_optimizers = {SphereOptimizer{"momentum", 0.054881147, 0, false},
                                          SphereOptimizer{"momentum+l2", 0.070392783, 0.05, false},
                                          SphereOptimizer{"sgdp", 0.0438465058, 0, true}};

SpherePoint point_at(int iteration, const double* w) {
  SpherePoint p{.iteration = iteration, .x = w[0], .y = w[1], .z = w[2]};
  const double flat = std::hypot(p.x, p.y);
  p.psi = 1.5 * std::atan2(p.y, p.x);
  p.phi = 1.5 * std::atan2(p.z, flat);
  p.norm = std::hypot(flat, p.z);
  const double across = p.phi - p.psi * p.psi;
  p.loss = (1 - p.psi) * (1 - p.psi) + 300 * across * across;
  return p;
}

// The gradient of h, of length 1.
std::vector<double> unit_gradient(const SpherePoint& p) {
  const double across = p.phi - p.psi * p.psi, flat = std::hypot(p.x, p.y), square = p.norm * p.norm;
  const double by_psi = 1.5 * (-2 * (1 - p.psi) - 1200 * p.psi * across), by_phi = 1.5 * 600 * across;
  std::vector<double> g = {-by_psi * p.y / (flat * flat) - by_phi * p.x * p.z / (flat * square),
                           by_psi * p.x / (flat * flat) - by_phi * p.y * p.z / (flat * square), by_phi * flat / square};
  const double norm = std::hypot(g[0], g[1], g[2]);
  for (double& value : g) value /= norm;
  return g;
}

std::unique_ptr<Optimizer> make_sphere_optimizer(const SphereOptimizer& o, const NamedTensor& w) {
  if (!o.projected)
    return std::make_unique<SGD>(std::vector{w},
                                 SGDOptions{.lr = o.lr, .momentum = momentum, .weight_decay = o.weight_decay});
  return std::make_unique<SGDP>(
      std::vector{w},
      SGDPOptions{
          .lr = o.lr, .momentum = momentum, .projection = {.test = ProjectionTest::always}, .projected_buffer = true});
}

}  // namespace

std::vector<std::string> toy3d_optimizers() {
  std::vector<std::string> names;
  for (const SphereOptimizer& o : sphere_optimizers) names.emplace_back(o.name);
  return names;
}

std::vector<SpherePoint> run_toy3d(const std::string& optimizer) {
  const auto* found = std::find_if(sphere_optimizers.begin(), sphere_optimizers.end(),
                                   [&](const SphereOptimizer& o) { return o.name == optimizer; });
  check(found != sphere_optimizers.end(), "toy3d: optimizer \"", optimizer,
        "\" is unknown; there are momentum, momentum+l2, sgdp");
  const double azimuth = -2 / 1.5, elevation = 2 / 1.5;
  // One row of three: one-dimensional tensors are never projected.
  Tensor w = Tensor::from(std::vector<double>{std::cos(elevation) * std::cos(azimuth),
                                              std::cos(elevation) * std::sin(azimuth), std::sin(elevation)},
                          {1, 3});
  w.set_requires_grad();
  const auto steps = make_sphere_optimizer(*found, {"w", w, Kind::linear});
  std::vector<SpherePoint> points = {point_at(0, w.data<double>())};
  for (int t = 0; t < iterations; ++t) {
    const Tensor gradient = Tensor::from(unit_gradient(points.back()), {1, 3});
    steps->zero_grad();
    sum(mul(w, gradient)).backward();  // whose gradient is that
    steps->set_lr_factor(1 - t / (iterations - 1.0));
    steps->step();
    points.push_back(point_at(t + 1, w.data<double>()));
  }
  return points;
}

}  // namespace radial
