// Pictures on their way into a network on the GPU: bytes, normalised there, are the CPU's floats; how they come, by how
// many workers or after a stop in mid-epoch, changes no bit.
#include <utility>

#include "core/ops.h"
#include "data/picture_samples.h"
#include "tasks/classify/mix.h"
#include "tasks/classify/options.h"
#include "tests/apps/training.h"
#include "tests/cuda/card.h"
#include "train/checkpoint.h"
#include "train/trainer.h"

namespace radial {
namespace {

using ::operator+;  // of Arguments, which those of tensors would hide

struct Small {
  TrainOptions train;
  ClassifyOptions task;

  Small(const std::string& device, int workers) {
    train.data = small_pictures();
    train.optimizer = {.name = "sgdp", .lr = 0.05};
    train.device = device;
    train.batch_size = 4;
    train.workers = workers;
    task.model.arch = "mlp";
    task.model.image_size = 8;
    task.mean = {0.5, 0.4, 0.3};  // not those of ImageNet, which nobody has to pass on
    task.std = {0.3, 0.25, 0.2};
    resolve(train);
    task.resolve(train);
    task.open_data(train);
  }
};

struct Trained {
  std::vector<double> losses;
  std::map<std::string, std::vector<double>> weights;
};

// An epoch of 8 batches, the last of 2 pictures, resumed from its checkpoint after `stop` of them (0: not at all).
Trained train(const std::string& device, int workers, int stop) {
  Small small(device, workers);
  Trained trained;
  auto task = small.task.open(small.train);
  auto trainer = std::make_unique<Trainer>(small.train, *task);
  const auto read = [&] {
    trainer->read_steps([&](const StepReport& report) {
      trained.losses.push_back(report.sums.of(0, task->facts().measures));
      CHECK(report.data_wait > 0);
      CHECK(report.data_wait < 1);
    });
  };
  trainer->begin_epoch();
  for (int step = 1; trainer->step(); ++step) {
    if (step != stop) continue;
    read();
    const ScratchFolder scratch;
    const std::string file = scratch / "stopped.safetensors";
    write_safetensors(file, checkpoint_file(*task, trainer->players(), "", trainer->state));
    trainer.reset();
    task = small.task.open(small.train);
    trainer = std::make_unique<Trainer>(small.train, *task);
    trainer->state = restore_checkpoint(*task, trainer->players(), read_safetensors(file), file);
    trainer->begin_epoch();
  }
  read();
  for (const NamedTensor& parameter : task->parties()[0].network->parameters())
    trained.weights[parameter.name] = parameter.tensor.to_vector();
  return trained;
}

TEST_CASE("the loader hands bytes to a GPU alone") {
  const auto card = find_card();
  if (!card) return;
  for (const auto& [device, dtype] : {std::pair("cuda", DType::u8), std::pair("cpu", DType::f32)}) {
    Small small(device, 1);
    const auto task = small.task.open(small.train);
    REQUIRE(task->loaders().size() == 2);  // to train, to evaluate
    for (const Loader* loader : task->loaders())
      CHECK(loader->samples().fields()[PictureSamples::image].dtype == dtype);
  }
}

TEST_CASE("a training on the GPU has the same bits for any number of workers and after a stop in mid-epoch") {
  const auto card = find_card();
  if (!card) return;
  const Trained whole = train("cuda", 0, 0);
  REQUIRE(whole.losses.size() == 8);
  for (const auto& [workers, stop] : {std::pair{1, 0}, {3, 0}, {0, 3}, {2, 7}}) {
    CAPTURE(workers, stop);
    const Trained other = train("cuda", workers, stop);
    CHECK(other.losses == whole.losses);
    CHECK(other.weights == whole.weights);
  }
  const Trained on_cpu = train("cpu", 1, 0);
  for (size_t i = 0; i < 8; ++i) CHECK_THAT(whole.losses[i], Catch::Matchers::WithinRel(on_cpu.losses[i], 1e-4));
}

TEST_CASE("evaluate and predict find on the GPU what they find on the CPU") {
  const auto card = find_card();
  if (!card) return;
  const ScratchFolder scratch;
  const std::string folder = scratch / "run";
  REQUIRE(::run(short_training() + Arguments{"--out", folder, "--epochs=1", "--mean", "0.5", "0.4", "0.3"}).code == 0);
  const auto line = [&](const Arguments& arguments, const char* device) {
    const CommandOutput output = run_radial(arguments + Arguments{"--weights", folder, "--device", device, "--json"});
    REQUIRE(output.code == 0);
    return output.lines().at(0);
  };
  const Arguments evaluate = {"evaluate", small_pictures(), "--batch-size", "5"};  // 12 pictures: 5, 5, 2
  const auto here = line(evaluate, "cpu"), there = line(evaluate, "cuda");
  CHECK(there["images"] == 12);
  CHECK_THAT(there["loss"].get<double>(), Catch::Matchers::WithinRel(here["loss"].get<double>(), 1e-5));
  CHECK(there["top1"] == here["top1"]);
  CHECK(there["top5"] == here["top5"]);

  std::string picture;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(small_pictures() + "/val"))
    if (entry.is_regular_file()) picture = entry.path().string();
  const Arguments predict = {"predict", picture};
  const auto expected = line(predict, "cpu")["predictions"], found = line(predict, "cuda")["predictions"];
  REQUIRE(found.size() == expected.size());
  for (size_t i = 0; i < found.size(); ++i) {
    CHECK(found[i]["class"] == expected[i]["class"]);
    CHECK(found[i]["probability"].get<double>() ==
          Catch::Approx(expected[i]["probability"].get<double>()).margin(1e-5));
  }
}

TEST_CASE("mixed pictures and their loss on the GPU are those of the CPU") {
  const auto card = find_card();
  if (!card) return;
  for (const Mix::Kind kind : {Mix::Kind::cutmix, Mix::Kind::mixup})
    for (const DType dtype : {DType::f32, DType::bf16}) {
      const Mix mix{.kind = kind, .lambda = 0.7, .box = {1, 4, 2, 5}, .partner = {2, 0, 1}};
      const auto rounded = [&](const Shape& shape, uint64_t seed) {
        return randn(shape, {.seed = seed}).to(dtype).to(DType::f32);
      };
      const Tensor x = rounded({3, 6, 5, 3}, 1), logits = rounded({3, 4}, 2);
      const Tensor labels = Tensor::from(std::vector<int32_t>{3, 0, 1}, {3});
      const auto near = [&](const Tensor& found, const Tensor& expected) {
        const std::vector<double> a = found.to_vector(), b = expected.to_vector();
        REQUIRE(a.size() == b.size());
        for (size_t i = 0; i < a.size(); ++i)
          CHECK(a[i] == Catch::Approx(b[i]).margin(dtype == DType::bf16 ? 0x1p-6 : 1e-6));
      };
      near(mix.pictures(x.to(dtype).to(*card)), mix.pictures(x));
      const CrossEntropyOptions smoothed{.label_smoothing = 0.1};
      near(mix.loss(logits.to(dtype).to(*card), labels.to(*card), smoothed), mix.loss(logits, labels, smoothed));
    }
}

}  // namespace
}  // namespace radial
