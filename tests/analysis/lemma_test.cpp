// Lemmas 2.1 and 2.2 of the paper: how norms of scale-invariant weights grow.
#include <cmath>
#include <vector>

#include "core/ops.h"
#include "core/random.h"
#include "optim/sgd.h"
#include "tests/catch.h"

namespace radial {
namespace {

double squared_norm(const Tensor& t) {
  double sum = 0;
  for (const double v : t.to_vector()) sum += v * v;
  return sum;
}

// f(w) = <w / ||w||, a> + <w / ||w||, b>^2: scale invariant.
Tensor loss_of(const Tensor& w, const Tensor& a, const Tensor& b) {
  const Tensor direction = l2_normalize(w);
  const Tensor along = sum(mul(direction, b));
  return add(sum(mul(direction, a)), mul(along, along));
}

Tensor random_row(uint64_t seed) {
  Random random(seed, Stream::test);
  std::vector<double> values(13);
  for (double& value : values) value = random.normal();
  return Tensor::from(values, {1, 13});
}

}  // namespace

TEST_CASE("norms grow as lemmas 2.1 and 2.2 say") {
  const double beta = GENERATE(0.0, 0.9);
  constexpr double lr = 0.05;
  Tensor w = random_row(1);
  const Tensor a = random_row(2), b = random_row(3);
  w.set_requires_grad();
  SGD optimizer({{"w", w, Kind::linear}}, {.lr = lr, .momentum = beta});

  std::vector<double> p;  // ||p_k||^2
  for (int t = 0; t < 40; ++t) {
    const double before = squared_norm(w);
    const Tensor old = w.clone();
    optimizer.zero_grad();
    loss_of(w, a, b).backward();
    optimizer.step();
    p.push_back(squared_norm(sub(w.detach(), old)) / (lr * lr));
    double growth = lr * lr * p.back();
    for (int k = 0; k < t; ++k) growth += 2 * lr * lr * std::pow(beta, t - k) * p[static_cast<size_t>(k)];
    CHECK(squared_norm(w) == Catch::Approx(before + growth).epsilon(1e-12));
  }
}

}  // namespace radial
