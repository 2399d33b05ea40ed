// Whole training steps of a small ResNet on the GPU beside the CPU's, with measurements.
#include "analysis/layer_recorder.h"
#include "core/ops.h"
#include "models/resnet.h"
#include "nn/init.h"
#include "optim/make_optimizer.h"
#include "tests/cuda/card.h"
#include "tests/formula.h"

namespace radial {
namespace {

struct Training {
  std::vector<double> losses;
  std::vector<LayerMeasure> layers;  // of the last step
};

const ResNetOptions basic = {.width = 8, .classes = 5, .stem = Stem::cifar};
const ResNetOptions bottlenecks = {.bottleneck = true, .blocks = {1, 1, 1, 1}, .width = 8, .classes = 5};

// Three steps on the same pictures. Weights are those of float32, whatever the dtype of the activations.
Training train(Device device, DType activations, DType weights, const std::string& optimizer_name,
               const ResNetOptions& options = basic) {
  ResNet net(options);
  initialise(net, 7);
  net.to(weights);
  net.to(device);
  const auto optimizer = make_optimizer(
      {.name = optimizer_name, .lr = optimizer_name == "adamp" ? 1e-3 : 1e-2, .weight_decay = 1e-3}, net.parameters());
  LayerRecorder recorder(1);
  optimizer->observe(recorder);
  const int64_t size = options.stem == Stem::cifar ? 16 : 48;
  const Tensor x = formula::tensor("pictures", {4, size, size, 3}).to(DType::f32).to(activations).to(device);
  Tensor labels = Tensor::empty({4}, DType::i32);
  for (int i = 0; i < 4; ++i) labels.data<int32_t>()[i] = i;
  labels = labels.to(device);

  Training training;
  net.train();
  for (int step = 0; step < 3; ++step) {
    const Tensor loss = cross_entropy(net(x), labels);
    optimizer->zero_grad();
    loss.backward();
    optimizer->step();
    training.losses.push_back(loss.item());
  }
  training.layers.assign(recorder.layers().begin(), recorder.layers().end());
  for (const NamedTensor& parameter : net.parameters()) CHECK(parameter.tensor.dtype() == weights);
  return training;
}

// Losses, and the norms and effective steps of convolutions, relative to those of float64.
void check_near(const Training& training, const Training& exact, double bound) {
  REQUIRE(training.layers.size() == exact.layers.size());
  for (size_t i = 0; i < exact.losses.size(); ++i)
    CHECK_THAT(training.losses[i], Catch::Matchers::WithinRel(exact.losses[i], bound));
  for (size_t i = 0; i < exact.layers.size(); ++i) {
    // Biases begin at zero, where Adam's steps have the sign of noise.
    if (exact.layers[i].kind != Kind::conv) continue;
    CAPTURE(exact.layers[i].name);
    CHECK_THAT(training.layers[i].norm, Catch::Matchers::WithinRel(exact.layers[i].norm, bound));
    CHECK_THAT(training.layers[i].effective_step,
               Catch::Matchers::WithinRel(exact.layers[i].effective_step, 5 * bound));
    CHECK(training.layers[i].projected == exact.layers[i].projected);
  }
}

TEST_CASE("three steps of a small ResNet on the GPU are the CPU's, in float32 and bfloat16") {
  const auto card = find_card();
  if (!card) return;
  const std::string optimizer = GENERATE("sgd", "sgdp", "adamp");
  CAPTURE(optimizer);
  const Training exact = train({}, DType::f64, DType::f64, optimizer);
  check_near(train(*card, DType::f32, DType::f32, optimizer), exact, 1e-4);
  check_near(train(*card, DType::bf16, DType::f32, optimizer), exact, 0.1);
  CHECK(exact.losses.back() < exact.losses.front());
}

// By SGDP: an Adam step turns the roundings of small gradients into 5e-4 of its length here, on the CPU, too.
TEST_CASE("so they are with bottlenecks and the stem for large pictures") {
  const auto card = find_card();
  if (!card) return;
  const Training exact = train({}, DType::f64, DType::f64, "sgdp", bottlenecks);
  check_near(train(*card, DType::f32, DType::f32, "sgdp", bottlenecks), exact, 1e-4);
  check_near(train(*card, DType::bf16, DType::f32, "sgdp", bottlenecks), exact, 0.1);
}

}  // namespace
}  // namespace radial
