// Checkpoints: a parameter that was not in every step goes on with its own count.
#include "train/checkpoint.h"

#include "core/ops.h"
#include "models/mlp.h"
#include "nn/init.h"
#include "nn/layers.h"
#include "optim/make_optimizer.h"
#include "tests/catch.h"
#include "tests/formula.h"

using namespace radial;

namespace {

constexpr const char* late = "fc3.bias";  // first used in the third step

// Two networks, a number of its own, no data.
class Pair : public Task {
 public:
  explicit Pair(bool alone) {
    initialise(f, 1);
    f.to(DType::f64);
    parties_ = {{alone ? "" : "f", &f}};
    if (!alone) parties_.push_back({"g", &g});
    if (!alone) memory.push_back({"memory", Tensor::full({2}, 0), Kind::buffer});
    facts_.measures = {{{"loss", "loss"}}};
    facts_.classes = {"a", "b", "c"};
  }
  Loader& batches() override { throw Error(ErrorKind::internal, "no data"); }
  void gradients(const Batch&, const Turn&, Tensor&) override {}
  std::optional<Evaluation> evaluate(const EvaluationHooks&) override { return std::nullopt; }
  std::vector<NamedTensor> state() override { return memory; }
  std::string describe_data() const override { return ""; }
  void check_same_data(const std::string&, const std::string&, const std::string&) const override {}

  Mlp f{2, 3};
  Linear g{3, 2};
  std::vector<NamedTensor> memory;
};

struct Training {
  Pair task;
  Mlp& model = task.f;
  std::vector<Player> players;
  TrainingState state;

  explicit Training(bool alone = true) : task(alone) {
    for (const Party& party : task.parties())
      players.push_back({party, make_optimizer({.name = "adam", .lr = 0.01}, party.network->parameters())});
  }
  void step(bool with_late) {
    Optimizer& optimizer = *players.front().optimizer;
    optimizer.zero_grad();
    int number = 0;
    for (const NamedTensor& parameter : model.parameters()) {
      const Tensor factors = formula::tensor(std::to_string(++number), parameter.tensor.shape());
      if (with_late || parameter.name != late) sum(mul(parameter.tensor, factors)).backward();
    }
    optimizer.step();
    state.step = optimizer.steps();
  }
  TensorFile file() { return checkpoint_file(task, players, "", state); }
  TrainingState restore(const TensorFile& from) { return restore_checkpoint(task, players, from, "last"); }
  std::vector<double> weights() {
    std::vector<double> all;
    for (const NamedTensor& parameter : model.parameters()) {
      const std::vector<double> values = parameter.tensor.to_vector();
      all.insert(all.end(), values.begin(), values.end());
    }
    return all;
  }
};

int64_t steps_of_late(const Training& training) {
  for (const Slot& slot : training.players.front().optimizer->slots())
    if (slot.param.name == late) return slot.steps;
  return -1;
}

}  // namespace

TEST_CASE("a parameter that took fewer steps goes on from a checkpoint with its own count") {
  Training whole;
  for (const bool with_late : {false, false, true}) whole.step(with_late);
  const TensorFile file = whole.file();
  Training resumed;
  resumed.state = resumed.restore(file);
  CHECK(resumed.players.front().optimizer->steps() == 3);
  CHECK(steps_of_late(resumed) == 1);
  whole.step(true);
  resumed.step(true);
  CHECK(resumed.weights() == whole.weights());
}

TEST_CASE("a checkpoint of before steps were counted for each parameter is one in which all took all") {
  Training whole;
  for (int i = 0; i < 3; ++i) whole.step(true);
  const TensorFile file = whole.file();
  CHECK(file.metadata.count("radial.fewer_steps") == 0);
  Training resumed;
  resumed.restore(file);
  CHECK(steps_of_late(resumed) == 3);
}

TEST_CASE("steps of parameters that no training can have taken are refused") {
  Training training;
  training.step(true);
  for (const char* text :
       {"{\"fc3.bias\": 2}", "{\"fc3.bias\": -1}", "{\"other\": 0}", "[1]", "{", "{\"fc3.bias\": \"x\"}"}) {
    CAPTURE(text);
    TensorFile file = training.file();
    file.metadata["radial.fewer_steps"] = text;
    Training resumed;
    try {
      resumed.restore(file);
      FAIL("accepted");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::file_format);
      CHECK_THAT(error.what(), Catch::Matchers::ContainsSubstring("last"));
    }
  }
}

TEST_CASE("two networks and the task's own tensors lie in one checkpoint, the first alone among the best weights") {
  Training whole(false);
  for (const bool with_late : {false, true}) whole.step(with_late);
  whole.players[1].optimizer->set_steps(2);
  whole.task.memory[0].tensor.fill(7);
  whole.state.sums = {5, {2.5}};
  const TensorFile file = whole.file();
  for (const char* name :
       {"f.fc1.weight", "g.weight", "optimizer.f.fc1.weight.exp_avg", "optimizer.g.bias.exp_avg_sq", "task.memory"}) {
    CAPTURE(name);
    CHECK(file.tensors.contains(name));
  }
  CHECK(file.metadata.at("radial.fewer_steps") == R"({"f.fc3.bias":1})");

  Training resumed(false);
  resumed.task.g.parameters()[0].tensor.fill(9);
  const TrainingState state = resumed.restore(file);
  CHECK(state.sums.samples == 5);
  CHECK(state.sums.values == std::vector{2.5});
  CHECK(resumed.weights() == whole.weights());
  CHECK(resumed.task.g.parameters()[0].tensor.to_vector() == whole.task.g.parameters()[0].tensor.to_vector());
  CHECK(resumed.task.memory[0].tensor.to_vector() == std::vector<double>{7, 7});
  CHECK(resumed.players[1].optimizer->steps() == 2);
  CHECK(steps_of_late(resumed) == 1);

  const TensorFile best = weights_alone(file, {});
  CHECK(best.tensors.contains("fc1.weight"));
  CHECK(best.tensors.size() == whole.model.parameters().size() + whole.model.buffers().size());
}
