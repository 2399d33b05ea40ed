// Dropout: how much is kept, what it draws from, and its gradient.
#include "nn/dropout.h"

#include "core/ops.h"
#include "core/parallel.h"
#include "nn/sequential.h"
#include "tests/catch.h"

using namespace radial;

TEST_CASE("dropout keeps a share of 1 - p, divided by it, in training alone") {
  Dropout dropout(0.2);
  const Tensor x = Tensor::full({100, 301}, 3);
  int kept = 0;
  for (const double value : dropout(x).to_vector()) {
    REQUIRE((value == 0 || value == static_cast<double>(3 * static_cast<float>(1 / 0.8))));
    kept += value != 0;
  }
  CHECK(kept / 30100.0 == Catch::Approx(0.8).margin(0.01));
  dropout.eval();
  CHECK(dropout(x).to_vector() == x.to_vector());
  CHECK_THROWS(Dropout(1.1));
  CHECK_THROWS(Dropout(-0.1));
}

TEST_CASE("what dropouts draw follows from seed, epoch, batch and name alone") {
  Sequential model;
  model.add<Dropout>(0.5);
  model.add<Dropout>(0.5);
  const Tensor x = Tensor::full({64}, 1);
  const auto drawn = [&](size_t layer, uint64_t seed, int epoch, int64_t batch) {
    begin_dropouts(model, seed, epoch, batch);
    return model[layer].forward(x).to_vector();
  };
  const auto first = drawn(0, 1, 2, 3);
  CHECK(drawn(0, 2, 2, 3) != first);
  CHECK(drawn(0, 1, 3, 3) != first);
  CHECK(drawn(0, 1, 2, 4) != first);
  CHECK(drawn(1, 1, 2, 3) != first);
  CHECK(drawn(0, 1, 2, 3) == first);
  CHECK(model[0].forward(x).to_vector() == first);

  const Tensor large = Tensor::full({100001}, 1);
  set_threads(1);
  const auto one = model[0].forward(large).to_vector();
  set_threads(3);
  CHECK(model[0].forward(large).to_vector() == one);
  set_threads(0);
}

TEST_CASE("the gradient of dropout is its mask") {
  Dropout dropout(0.5);
  Tensor x = Tensor::full({50}, 2);
  x.set_requires_grad();
  const Tensor y = dropout(x);
  sum(y).backward();
  const auto values = y.to_vector(), gradient = x.grad().to_vector();
  for (size_t i = 0; i < values.size(); ++i) CHECK(gradient[i] == values[i] / 2);
}

TEST_CASE("a module knows whether it drops anything") {
  Sequential none, some;
  none.add<Dropout>(0.0);
  some.add<Dropout>(0.1);
  CHECK_FALSE(has_dropouts(none));
  CHECK(has_dropouts(some));
}
