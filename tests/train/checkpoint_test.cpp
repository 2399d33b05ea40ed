// Checkpoints: a parameter that was not in every step goes on with its own count.
#include "train/checkpoint.h"

#include "core/ops.h"
#include "models/mlp.h"
#include "nn/init.h"
#include "optim/make_optimizer.h"
#include "tests/catch.h"
#include "tests/formula.h"

using namespace radial;

namespace {

constexpr const char* late = "fc3.bias";  // first used in the third step

struct Training {
  Mlp model{2, 3};
  std::unique_ptr<Optimizer> optimizer;
  TrainingState state;

  Training() {
    initialise(model, 1);
    model.to(DType::f64);
    optimizer = make_optimizer({.name = "adam", .lr = 0.01}, model.parameters());
  }
  void step(bool with_late) {
    optimizer->zero_grad();
    int number = 0;
    for (const NamedTensor& parameter : model.parameters()) {
      const Tensor factors = formula::tensor(std::to_string(++number), parameter.tensor.shape());
      if (with_late || parameter.name != late) sum(mul(parameter.tensor, factors)).backward();
    }
    optimizer->step();
    state.step = optimizer->steps();
  }
  TensorFile file() {
    TrainOptions options;
    options.classes = 3;
    return checkpoint_file(model, *optimizer, options, {"a", "b", "c"}, state);
  }
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
  for (const Slot& slot : training.optimizer->slots())
    if (slot.param.name == late) return slot.steps;
  return -1;
}

}  // namespace

TEST_CASE("a parameter that took fewer steps goes on from a checkpoint with its own count") {
  Training whole;
  for (const bool with_late : {false, false, true}) whole.step(with_late);
  const TensorFile file = whole.file();
  Training resumed;
  resumed.state = restore_checkpoint(resumed.model, *resumed.optimizer, file, "last");
  CHECK(resumed.optimizer->steps() == 3);
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
  restore_checkpoint(resumed.model, *resumed.optimizer, file, "last");
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
      restore_checkpoint(resumed.model, *resumed.optimizer, file, "last");
      FAIL("accepted");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::file_format);
      CHECK_THAT(error.what(), Catch::Matchers::ContainsSubstring("last"));
    }
  }
}
