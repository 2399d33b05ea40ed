// How norms grow under SGD, beside the formulas of the lemmas.
#include "analysis/norm_growth.h"

#include <cmath>

#include "core/ops.h"
#include "core/random.h"
#include "optim/sgd.h"
#include "tests/catch.h"

namespace radial {
namespace {

Tensor random_rows(uint64_t seed) {
  Random random(seed, Stream::test);
  std::vector<double> values(3 * 7);
  for (double& value : values) value = random.normal();
  return Tensor::from(values, {3, 7});
}

// A loss of the directions of rows, plus `radial` times one that is not scale invariant.
Tensor loss_of(const Tensor& w, const Tensor& a, double radial) {
  const Tensor direction = l2_normalize(w), along = mul(direction, a);
  return add(sum(mul(along, along)), scale(sum(mul(w, w)), radial));
}

std::vector<GrowthPoint> growth(const SGDOptions& options, double radial = 0) {
  Tensor w = random_rows(1);
  w.set_requires_grad();
  const Tensor a = random_rows(2);
  SGD optimizer({{"w", w, Kind::conv}}, options);
  NormGrowth observer(options);
  optimizer.observe(observer);
  for (int step = 0; step < 60; ++step) {
    optimizer.zero_grad();
    loss_of(w, a, radial).backward();
    optimizer.set_lr_factor(1 / (1 + 0.05 * step));  // the printed lemma has one rate alone
    optimizer.step();
  }
  return observer.points();
}

}  // namespace

TEST_CASE("the recursion says the norm of every SGD, to rounding") {
  const auto options = GENERATE(SGDOptions{.lr = 0.05}, SGDOptions{.lr = 0.05, .momentum = 0.9},
                                SGDOptions{.lr = 0.05, .momentum = 0.9, .dampening = 0.5},
                                SGDOptions{.lr = 0.05, .momentum = 0.9, .weight_decay = 0.1},
                                SGDOptions{.lr = 0.05, .momentum = 0.9, .nesterov = true},
                                SGDOptions{.lr = 0.05, .momentum = 0.9, .weight_decay = 0.1, .nesterov = true});
  CAPTURE(options.momentum, options.dampening, options.weight_decay, options.nesterov);
  for (const double radial : {0.0, 0.3}) {
    const auto points = growth(options, radial);
    REQUIRE(points.size() == 61);
    for (const GrowthPoint& point : points)
      CHECK(point.recursion == Catch::Approx(point.measured).epsilon(1e-12).margin(0));
  }
}

TEST_CASE("the lemma says the norm of scale-invariant weights, and no others'") {
  const SGDOptions options{.lr = 0.05, .momentum = 0.9};
  for (const GrowthPoint& point : growth(options)) {
    CHECK(point.lemma == Catch::Approx(point.measured).epsilon(1e-12).margin(0));
    CHECK(point.radial_gradient < 1e-14);
  }
  const GrowthPoint last = growth(options, 0.3).back();
  CHECK(std::abs(last.lemma - last.measured) > 0.1 * last.measured);
  CHECK(last.radial_gradient > 1e-3);
}

}  // namespace radial
