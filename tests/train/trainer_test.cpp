// The trainer itself: numbers of several steps that are read together are those that are read step by step.
#include "train/trainer.h"

#include <cmath>

#include "core/autograd.h"
#include "tasks/classify/options.h"
#include "tests/catch.h"
#include "tests/train/pictures.h"

using namespace radial;

namespace {

// 30 pictures of 3 classes in 8 batches of a step each two.
struct Small {
  TrainOptions train;
  ClassifyOptions task;

  Small() {
    train.data = small_pictures();
    train.optimizer = {.name = "sgdp", .lr = 0.05};
    train.device = "cpu";
    train.batch_size = 4;
    train.accumulate = 2;
    train.record_every = 2;
    train.layers_every = 2;
    task.model.arch = "convnet";
    task.model.image_size = 16;
    resolve(train);
    task.resolve(train);
    task.open_data(train);
  }
};

struct Reading {
  std::vector<StepReport> reports;
  TrainingState state;
};

// Four steps of 2 x 4, 2 x 4, 2 x 4 and 4 + 2 pictures; their numbers are read after each `every` steps.
Reading train(Small& small, int every) {
  const auto task = small.task.open(small.train);
  Trainer trainer(small.train, *task);
  Reading reading;
  const auto read = [&] { trainer.read_steps([&](const StepReport& report) { reading.reports.push_back(report); }); };
  trainer.begin_epoch();
  for (int step = 1; trainer.step(); ++step) {
    CHECK(trainer.readings_due());
    if (step % every == 0) read();
  }
  read();
  CHECK_FALSE(trainer.readings_due());
  reading.state = trainer.state;
  return reading;
}

// Of the first step, as the optimizer gets them.
struct Gradients : StepObserver {
  std::vector<Tensor> values;
  void before_step(const Optimizer& optimizer) override {
    if (values.empty())
      for (const Slot& slot : optimizer.slots()) values.push_back(slot.param.tensor.grad().clone());
  }
  void after_step(const Optimizer&) override {}
};

Gradients gradients_of_first_step(Small& small) {
  const auto task = small.task.open(small.train);
  Trainer trainer(small.train, *task);
  Gradients gradients;
  trainer.players()[0].optimizer->observe(gradients);
  trainer.begin_epoch();
  CHECK(trainer.step());
  return gradients;
}

// Of the mean loss of a batch of the first epoch, whose share of a step is a quarter, by the task alone.
std::vector<Tensor> quarter_of_gradients(Small& small, int64_t number) {
  const auto task = small.task.open(small.train);
  Module& network = *task->parties()[0].network;
  network.train();
  task->batches().start(1, number);
  Tensor numbers = Tensor::zeros({3}, DType::f64);
  task->gradients(*task->batches().next(), {0, 0.25}, numbers);
  std::vector<Tensor> gradients;
  for (const NamedTensor& parameter : network.parameters()) gradients.push_back(parameter.tensor.grad());
  return gradients;
}

}  // namespace

TEST_CASE("the gradients of a step's batches are each finished and then added, neighbours first") {
  Small small;
  small.train.accumulate = 4;
  const std::vector<Tensor> step = gradients_of_first_step(small).values;
  std::vector<std::vector<Tensor>> of_batch;
  for (int64_t number = 0; number < 4; ++number) of_batch.push_back(quarter_of_gradients(small, number));
  for (size_t i = 0; i < step.size(); ++i) {
    const Tensor left = add(of_batch[0][i], of_batch[1][i]), right = add(of_batch[2][i], of_batch[3][i]);
    CHECK(step[i].to_vector() == add(left, right).to_vector());
  }
}

TEST_CASE("steps that are read together have the numbers of steps that are read one by one") {
  Small small;
  const Reading one_by_one = train(small, 1), together = train(small, 3);
  REQUIRE(one_by_one.reports.size() == 4);
  REQUIRE(together.reports.size() == 4);
  for (size_t i = 0; i < 4; ++i) {
    CAPTURE(i);
    const StepReport &a = one_by_one.reports[i], &b = together.reports[i];
    CHECK(b.step == static_cast<int64_t>(i + 1));
    CHECK(b.sums.samples == (i == 3 ? 6 : 8));
    CHECK(b.sums.values == a.sums.values);
    CHECK(b.lr == a.lr);
    REQUIRE(b.layers.size() == (i % 2 == 1 ? 11u : 0u));  // every second step
    for (size_t k = 0; k < b.layers.size(); ++k) CHECK(b.layers[k].effective_step == a.layers[k].effective_step);
  }
  CHECK(together.reports[0].seconds == together.reports[2].seconds);  // read together
  CHECK(together.state.sums.values == one_by_one.state.sums.values);
  CHECK(together.state.images == 30);
  CHECK(together.state.average.norm() == one_by_one.state.average.norm());
  CHECK(together.state.average.steps == 2);
}
