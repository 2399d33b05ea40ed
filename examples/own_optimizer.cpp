// An optimizer of one's own, beside SGD, and an observer that prints what both do to a scale-invariant weight.
#include <cmath>
#include <iostream>

#include "analysis/layer_recorder.h"
#include "core/ops.h"
#include "nn/init.h"
#include "optim/sgd.h"
#include "optim/update.h"

using namespace radial;

struct LARSOptions {
  double lr = 0.01;
};

// LARS without momentum (You et al., 2017): w -= lr (||w|| / ||g||) g. As the gradient of a scale-invariant weight is
// orthogonal to it, each step turns it by the same angle, atan(lr), however long it has grown.
struct LARS : GroupedOptimizer<LARSOptions> {
  using GroupedOptimizer::GroupedOptimizer;
  // How parameter i is stepped now. One kernel then steps all of them by their rules, on a CPU as on a GPU.
  UpdateRule rule(size_t i) const override {
    const auto norm = [](const Tensor& x) { return std::sqrt(sum(mul(x, x)).item()); };
    const Tensor w = slots_[i].param.tensor.detach(), g = slots_[i].param.tensor.grad();
    return {.formula = PlainFormula<double>{}, .lr = options_[i].lr * lr_factor_ * norm(w) / (norm(g) + 1e-8)};
  }
};

// Measures each 100th step. The optimizer knows nothing of it, and no bit of a training depends on it.
struct Printer : LayerRecorder {
  Printer() : LayerRecorder(100) {}
  void after_step(const Optimizer& optimizer) override {
    LayerRecorder::after_step(optimizer);
    for (const LayerMeasure& layer : layers())
      std::cout << optimizer.steps() << ": norm " << layer.norm << ", effective step " << layer.effective_step << '\n';
  }
};

// Turns a weight towards a direction that each step shows with much noise. How long the weight is does not matter.
template <class AnyOptimizer>
void train(const char* name, const auto& options) {
  Tensor weight = Tensor::full({1, 8}, 1).set_requires_grad(), shown = Tensor::empty({1, 8});
  AnyOptimizer optimizer({{"weight", weight, Kind::linear}}, options);
  Printer printer;
  optimizer.observe(printer);
  std::cout << name << ", after step\n";
  for (uint64_t step = 1; step <= 400; ++step) {
    fill_normal(shown, 1, step, "shown");  // a function of the seed, here the step, and the name
    shown.data<float>()[0] += 1;
    optimizer.zero_grad();
    scale(sum(mul(l2_normalize(weight), shown)), -1).backward();
    optimizer.step();
  }
  std::cout << "cosine to the direction: " << l2_normalize(weight).to_vector()[0] << '\n';
}

int main() {
  train<SGD>("SGD", SGDOptions{.lr = 0.5, .momentum = 0.9});
  train<LARS>("LARS", LARSOptions{.lr = 0.02});
}
