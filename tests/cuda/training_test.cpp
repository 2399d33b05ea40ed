// A small ResNet trains on a GPU as on the CPU.
#include "core/ops.h"
#include "models/resnet.h"
#include "nn/init.h"
#include "optim/make_optimizer.h"
#include "tests/cuda/card.h"
#include "tests/formula.h"

namespace radial {
namespace {

struct Training {
  bool bottleneck;
  const char* optimizer;
};

// The losses before three steps, and the one after them.
std::vector<double> losses(const Training& training, DType weights, DType pictures, Device device = {}) {
  ResNet model({.bottleneck = training.bottleneck, .blocks = {1, 1, 1, 1}, .width = 8, .classes = 5});
  initialise(model, 1);
  model.to(weights);
  model.to(device);
  const auto optimizer =
      make_optimizer({.name = training.optimizer, .lr = 0.01, .weight_decay = 0.01}, model.parameters());
  const Tensor x = formula::tensor("x", {4, 48, 48, 3}).to(pictures).to(device);
  const Tensor labels = Tensor::from<int32_t>({0, 2, 4, 1}, {4}).to(device);
  std::vector<double> losses;
  for (int step = 0;; ++step) {
    const Tensor loss = cross_entropy(model(x), labels);
    losses.push_back(loss.item());
    if (step == 3) return losses;
    optimizer->zero_grad();
    loss.backward();
    optimizer->step();
  }
}

TEST_CASE("a small ResNet has the CPU's losses in float32, and trains in bfloat16") {
  const auto card = find_card();
  if (!card) return;
  for (const Training& training : {Training{false, "sgdp"}, {true, "adamp"}}) {
    CAPTURE(training.bottleneck, training.optimizer);
    const std::vector<double> exact = losses(training, DType::f64, DType::f64),
                              computed = losses(training, DType::f32, DType::f32, *card),
                              halves = losses(training, DType::f32, DType::bf16, *card);
    CHECK(exact[3] < 0.6 * exact[0]);
    for (size_t step = 0; step <= 3; ++step) {
      CAPTURE(step);
      CHECK(std::abs(computed[step] - exact[step]) <= 0x1p-16 * exact[step]);
    }
    CHECK(std::abs(halves[0] - exact[0]) <= 0x1p-6 * exact[0]);
    CHECK(halves[3] < 0.6 * halves[0]);
  }
}

}  // namespace
}  // namespace radial
