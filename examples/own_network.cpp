// A network of one's own, trained on data of one's own: on which of the three arms of a spiral does a point lie?
//   own_network [POINTS.csv]
#include <iostream>

#include "core/ops.h"
#include "io/csv.h"
#include "nn/init.h"
#include "nn/layers.h"
#include "nn/norms.h"
#include "optim/adam.h"

using namespace radial;

// Points [n, 2] -> logits [n, 3]. visit() lists the members once: initial values, the optimizer's parameters and the
// names in files all come from this list.
class SpiralNet : public Layer {
 public:
  Tensor forward(const Tensor& points) override { return arms_(relu(norm_(hidden_(points)))); }
  void visit(Visitor& visitor) override {
    visitor.module("hidden", hidden_);
    visitor.module("norm", norm_);
    visitor.module("arms", arms_);
  }

 private:
  Linear hidden_{2, 64};
  LayerNorm norm_{64};
  Linear arms_{64, 3};
};

int main(int argc, char** argv) {
  const CsvTable table = CsvTable::read(argc > 1 ? argv[1] : "examples/points.csv");
  const auto n = static_cast<int64_t>(table.rows()), train = n * 3 / 4;  // the last quarter is kept for validation
  const Tensor points = Tensor::from(table.numbers({"x", "y"}), {n, 2}).to(DType::f32);
  const Tensor arms = Tensor::from(table.numbers("arm"), {n}).to(DType::i32);

  SpiralNet network;
  initialise(network, 0);  // from a seed: the same values everywhere
  AdamP optimizer(network.parameters(), {.lr = 0.02});
  for (int step = 1; step <= 100; ++step) {
    const Tensor loss = cross_entropy(network(points.slice(0, train)), arms.slice(0, train));
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    if (step % 20 == 0) std::cout << "step " << step << ": loss " << loss.item() << '\n';
  }

  const NoGrad no_grad;  // no backward pass follows, so nothing is recorded
  const Tensor logits = network(points.slice(train, n)), labels = arms.slice(train, n);
  Tensor score = Tensor::empty({3}, DType::f64);
  score_batch(score, cross_entropy(logits, labels), logits, labels);
  std::cout << "accuracy " << score.to_vector()[1] / static_cast<double>(n - train) << '\n';
}
