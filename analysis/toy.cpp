#include "analysis/toy.h"

#include <cmath>
#include <memory>

#include "core/ops.h"
#include "optim/sgd.h"

namespace radial {

namespace {

std::unique_ptr<Optimizer> make_toy_optimizer(const std::string& name, const NamedTensor& w, const ToyOptions& o) {
  if (name == "gd") return std::make_unique<SGD>(std::vector{w}, SGDOptions{.lr = o.lr});
  if (name == "momentum") return std::make_unique<SGD>(std::vector{w}, SGDOptions{.lr = o.lr, .momentum = o.momentum});
  check(name == "sgdp", "toy: optimizer \"", name, "\" is unknown; there are gd, momentum, sgdp");
  return std::make_unique<SGDP>(
      std::vector{w}, SGDPOptions{.lr = o.lr, .momentum = o.momentum, .projection = {.test = ProjectionTest::always}});
}

// (1 - cos(w, target))^2, target of length 1
Tensor toy_loss(const Tensor& w, const Tensor& target) {
  const Tensor cosine = sum(mul(l2_normalize(w), target));
  const Tensor distance = sub(Tensor::scalar(1, DType::f64), cosine);
  return mul(distance, distance);
}

}  // namespace

std::vector<std::string> toy_optimizers() { return {"gd", "momentum", "sgdp"}; }

std::vector<ToyPoint> run_toy(const std::string& optimizer, const ToyOptions& options) {
  check(options.iterations >= 1, "toy: iterations must be at least 1 but are ", options.iterations);
  // One row of two: one-dimensional tensors are never projected.
  Tensor w = Tensor::from(std::vector<double>{0.001, 1}, {1, 2});
  w.set_requires_grad();
  const Tensor target = Tensor::from(std::vector<double>{0, -1}, {1, 2});
  const auto steps = make_toy_optimizer(optimizer, {"w", w, Kind::linear}, options);

  std::vector<ToyPoint> points;
  for (int t = 0; t < options.iterations; ++t) {
    const double* now = w.data<double>();
    ToyPoint point{t, now[0], now[1]};
    const Tensor loss = toy_loss(w, target);
    point.loss = loss.item();
    steps->zero_grad();
    loss.backward();
    steps->step();
    point.norm = std::hypot(now[0], now[1]);
    points.push_back(point);
  }
  return points;
}

}  // namespace radial
