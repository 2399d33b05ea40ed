// Work that is recorded once and run again and again.
#include "core/graph.h"

#include "core/kernels.h"
#include "core/ops.h"
#include "models/resnet.h"
#include "nn/init.h"
#include "optim/make_optimizer.h"
#include "tasks/classify/classify.h"
#include "tests/cuda/card.h"
#include "tests/formula.h"
#include "train/batch_gradients.h"

namespace radial {
namespace {

using Catch::Matchers::ContainsSubstring;

TEST_CASE("recorded work is done when it is run, each time with the values of that time") {
  const auto card = find_card();
  if (!card) return;
  const Tensor x = Tensor::full({5}, 2, DType::f32, *card);
  Tensor sum = Tensor::zeros({5}, DType::f32, *card), product;
  const auto graph = Graph::record(*card, [&] {
    kernels::accumulate(sum, x, 1);
    product = mul(sum, x);
  });
  CHECK(sum.to_vector() == std::vector<double>(5, 0));
  graph->run();
  CHECK(sum.to_vector() == std::vector<double>(5, 2));
  CHECK(product.to_vector() == std::vector<double>(5, 4));
  Tensor(x).copy_from(Tensor::full({5}, 10));
  graph->run();
  CHECK(sum.to_vector() == std::vector<double>(5, 12));
  CHECK(product.to_vector() == std::vector<double>(5, 120));
}

TEST_CASE("what a graph writes is nobody else's memory, whatever was freed while it was recorded") {
  const auto card = find_card();
  if (!card) return;
  const Tensor x = Tensor::full({1000}, 3, DType::f32, *card);
  Tensor y;
  const auto graph = Graph::record(*card, [&] { y = add(mul(x, x), x); });  // the product is freed at once
  std::vector<Tensor> others;
  for (int i = 0; i < 8; ++i) others.push_back(Tensor::full({1000}, i, DType::f32, *card));
  graph->run();
  CHECK(y.to_vector() == std::vector<double>(1000, 12));
  for (int i = 0; i < 8; ++i) CHECK(others[static_cast<size_t>(i)].to_vector() == std::vector<double>(1000, i));
}

TEST_CASE("the most memory that was taken from a card counts that of graphs, and stays when it is given back") {
  const auto card = find_card();
  if (!card) return;
  CHECK(peak_card_memory(Device{}) == 0);
  const Shape shape{int64_t{1} << 20};
  const size_t bytes = size_t{4} << 20, before = peak_card_memory(*card);
  {
    const Tensor x = Tensor::full(shape, 3, DType::f32, *card);
    std::vector<Tensor> results(8);
    const auto graph = Graph::record(*card, [&] {
      for (Tensor& y : results) y = mul(x, x);
    });
    CHECK(peak_card_memory(*card) >= std::max(before, 8 * bytes));
  }
  const size_t peak = peak_card_memory(*card);
  release_pool(*card);
  CHECK(peak_card_memory(*card) == peak);
}

TEST_CASE("results of a graph outlive it") {
  const auto card = find_card();
  if (!card) return;
  const Tensor x = Tensor::full({7}, 3, DType::f32, *card);
  Tensor y;
  Graph::record(*card, [&] { y = mul(x, x); })->run();
  const Tensor other = Tensor::full({7}, 1, DType::f32, *card);
  CHECK(y.to_vector() == std::vector<double>(7, 9));
}

TEST_CASE("who reads a value while work is recorded gets an error, and the device goes on") {
  const auto card = find_card();
  if (!card) return;
  const Tensor x = Tensor::full({3}, 2, DType::f32, *card);
  CHECK_THROWS_WITH(Graph::record(*card, [&] { mul(x, x).to_vector(); }), ContainsSubstring("capturing"));
  CHECK(mul(x, x).to_vector() == std::vector<double>(3, 4));
}

TEST_CASE("the CPU records nothing") {
  CHECK_THROWS_WITH(Graph::record({}, [] {}), ContainsSubstring("a GPU alone has graphs"));
}

// What one step draws with the counter, which moves on before the backward pass.
struct Draws {
  Tensor normal, uniform, dropped, gradient;

  std::vector<double> values() const {
    std::vector<double> all;
    for (const Tensor& x : {normal, uniform, dropped, gradient}) {
      const std::vector<double> of_x = x.to_vector();
      all.insert(all.end(), of_x.begin(), of_x.end());
    }
    return all;
  }
};

Draws draw(const Tensor& x, Tensor& step) {
  const auto key = [&](uint32_t call) { return RandomKey{.seed = 5, .call = call, .step = step}; };
  const Tensor leaf = x.detach().set_requires_grad();
  Draws draws;
  draws.normal = randn(x.shape(), key(1), x.dtype(), x.device());
  draws.uniform = rand(x.shape(), key(2), x.dtype(), x.device());
  draws.dropped = dropout(leaf, 0.3, key(3));
  count_up(step);
  sum(mul(draws.dropped, draws.normal)).backward();
  draws.gradient = leaf.grad();
  return draws;
}

TEST_CASE("a graph with a counter draws what would be drawn without, replay after replay") {
  const auto card = find_card();
  if (!card) return;
  for (const DType dtype : {DType::f32, DType::bf16}) {
    const Tensor x = formula::tensor("x", {7, 37}).to(dtype).to(*card);
    Tensor eager_step = new_step_counter(*card), step = new_step_counter(*card);
    std::vector<std::vector<double>> eager;
    for (int i = 0; i < 4; ++i) eager.push_back(draw(x, eager_step).values());
    CHECK(eager[0] != eager[1]);

    Draws draws;
    const auto graph = Graph::record(*card, [&] { draws = draw(x, step); });
    CHECK(step.to_vector() == std::vector<double>{0});
    for (size_t i = 0; i < 4; ++i) {
      CAPTURE(name_of(dtype), i);
      graph->run();
      CHECK(draws.values() == eager[i]);
    }
    CHECK(step.to_vector() == std::vector<double>{4});

    step.fill(1);  // a training that goes on after its first step
    graph->run();
    graph->run();
    CHECK(draws.values() == eager[2]);
  }
}

// Losses of six steps, the fifth with a smaller batch, and the weights after them.
std::vector<double> train(Device card, bool with_graph) {
  auto made = std::make_unique<ResNet>(ResNetOptions{.width = 8, .classes = 5, .stem = Stem::cifar});
  ResNet& net = *made;
  initialise(net, 7);
  net.to(card);
  net.train();
  const auto optimizer = make_optimizer({.name = "sgdp", .lr = 0.01}, net.parameters());
  Classify task(
      {.network = {.classes = 5}, .model = std::move(made), .input = {card, DType::bf16, {}}, .label_smoothing = 0.1});
  BatchGradients gradients(task, card, with_graph);
  Tensor row = Tensor::zeros({3}, DType::f64, card);
  std::vector<double> numbers;
  int graph_steps = 0;
  for (int step = 0; step < 6; ++step) {
    const int64_t n = step == 4 ? 2 : 3;
    Batch batch{.fields = {Tensor::empty({n, 16, 16, 3}, DType::u8), Tensor::empty({n}, DType::i32)}, .number = step};
    for (int64_t i = 0; i < batch.fields[0].numel(); ++i)
      batch.fields[0].data<uint8_t>()[i] = static_cast<uint8_t>((i * 37 + step * 11) % 251);
    for (int64_t i = 0; i < n; ++i) batch.fields[1].data<int32_t>()[i] = static_cast<int32_t>((i + step) % 5);
    optimizer->zero_grad();
    graph_steps += gradients.run(batch, {}, row) ? 1 : 0;
    for (const double number : row.to_vector()) numbers.push_back(number);
    optimizer->step();
  }
  CHECK(graph_steps == (with_graph ? 4 : 0));  // of six: the first, and the smaller one, are done step by step
  for (const auto& tensors : {net.parameters(), net.buffers()})
    for (const NamedTensor& named : tensors) {
      const std::vector<double> values = named.tensor.to_vector();
      numbers.insert(numbers.end(), values.begin(), values.end());
    }
  return numbers;
}

TEST_CASE("training with a graph has the bits of training without") {
  const auto card = find_card();
  if (!card) return;
  CHECK(train(*card, true) == train(*card, false));
}

}  // namespace
}  // namespace radial
