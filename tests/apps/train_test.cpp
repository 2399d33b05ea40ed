// What a training writes, and what its options do to it.
#include <set>

#include <nlohmann/json.hpp>

#include "tests/apps/training.h"

using Catch::Matchers::ContainsSubstring;
using namespace radial;
namespace fs = std::filesystem;

namespace {

std::string first_line(const std::string& path) {
  const std::string text = read_text(path);
  return text.substr(0, text.find('\n'));
}

nlohmann::json json_of(const std::string& path) { return nlohmann::json::parse(read_text(path)); }

}  // namespace

TEST_CASE("a run folder holds all about a run") {
  const ScratchFolder scratch;
  const std::string folder = scratch / "run";
  const Outcome outcome = run(short_training() + Arguments{"--out", folder, "--eval-first"});
  REQUIRE(outcome.code == 0);
  CHECK_THAT(outcome.out, ContainsSubstring(folder + ": top-1"));
  CHECK_THAT(outcome.err, ContainsSubstring("epoch 2/2"));

  CHECK(first_line(folder + "/train.csv") == "step,epoch,lr,loss,top1,images_per_second,data_wait");
  CHECK(first_line(folder + "/val.csv") == "epoch,loss,top1,top5,seconds");
  CHECK(first_line(folder + "/layers.csv") ==
        "step,epoch,layer,kind,norm,filter_norm,effective_step,cos_grad,radial_step,tangential_step,projected,"
        "filter_effective_step");
  CHECK(first_line(folder + "/epochs.csv") == "epoch,lr,train_loss,train_top1,val_top1,val_top5,norm,effective_step");

  const CsvTable train = CsvTable::read(folder + "/train.csv"), val = CsvTable::read(folder + "/val.csv");
  CHECK(train.rows() == 16);
  CHECK(train.numbers("step").front() == 1);
  CHECK(train.numbers("epoch").back() == 2);
  CHECK(val.numbers("epoch") == std::vector<double>{0, 1, 2});
  CHECK(val.numbers("top5") == std::vector<double>{100, 100, 100});  // of three classes
  const CsvTable layers = CsvTable::read(folder + "/layers.csv");
  CHECK(layers.rows() == 16 * 11);  // convnet has 11 parameters
  const CsvTable epochs = CsvTable::read(folder + "/epochs.csv");
  const std::vector<double> top1 = val.numbers("top1");
  CHECK(epochs.numbers("val_top1") == std::vector(top1.begin() + 1, top1.end()));

  // The mean of an epoch weighs the last, smaller batch by its pictures.
  double loss = 0;
  for (size_t i = 0; i < 8; ++i) loss += train.numbers("loss")[i] * (i == 7 ? 2 : 4);
  CHECK(epochs.numbers("train_loss")[0] == Catch::Approx(loss / 30).epsilon(1e-12));

  const auto result = json_of(folder + "/result.json");
  CHECK(result["reason"] == "finished");
  CHECK(result["exit_code"] == 0);
  CHECK(result["steps"] == 16);
  CHECK(result["images"] == 60);
  CHECK(result["last"]["val_top1"] == val.numbers("top1").back());
  CHECK(json_of(folder + "/dataset.json")["classes"].size() == 3);
  const auto environment = json_of(folder + "/env.json");
  CHECK(environment.contains("simd"));
  CHECK(environment["device"] == "cpu");
  CHECK(environment["gpu"] == nullptr);
  for (const char* file : {"/FINISHED", "/command.txt", "/checkpoints/best.safetensors"})
    CHECK(fs::exists(folder + file));

  CHECK(run(short_training() + Arguments{"--out", folder}).code == 2);  // it is not overwritten
}

TEST_CASE("a configuration file repeats a training") {
  const ScratchFolder scratch;
  const Arguments training =
      short_training() +
      Arguments{"--no-shuffle", "--no-decay",      "norm", "bias", "--nesterov", "--weight-decay=0.01", "--schedule",
                "multistep",    "--lr-milestones", "1"};
  const Outcome printed = run(training + Arguments{"--print-config"});
  REQUIRE(printed.code == 0);
  REQUIRE(run(training + Arguments{"--out", scratch / "a"}).code == 0);
  CHECK(read_text(scratch / "a/config.toml") == printed.out);
  CHECK(run({"train", "--config", scratch / "a/config.toml", "--print-config"}).out == printed.out);
  REQUIRE(run({"train", "--config", scratch / "a/config.toml", "--out", scratch / "b"}).code == 0);
  check_same_runs(scratch / "a", scratch / "b");
  // the command line goes before the file
  const Outcome other = run({"train", "--config", scratch / "a/config.toml", "--lr", "0.25", "--print-config"});
  CHECK_THAT(other.out, ContainsSubstring("lr = 0.25\n"));
}

TEST_CASE("threads and workers change no bit") {
  const ScratchFolder scratch;
  REQUIRE(run(short_training() + Arguments{"--out", scratch / "a"}).code == 0);
  Arguments other = short_training();
  std::replace(other.begin(), other.end(), std::string("1"), std::string("3"));  // --threads, --workers
  REQUIRE(run(other + Arguments{"--out", scratch / "b"}).code == 0);
  CHECK(lasting_columns(scratch / "a/train.csv") == lasting_columns(scratch / "b/train.csv"));
  CHECK(read_text(scratch / "a/layers.csv") == read_text(scratch / "b/layers.csv"));
}

TEST_CASE("another seed is another training") {
  const ScratchFolder scratch;
  REQUIRE(run(short_training() + Arguments{"--out", scratch / "a"}).code == 0);
  REQUIRE(run(short_training() + Arguments{"--out", scratch / "b", "--seed", "1"}).code == 0);
  CHECK(lasting_columns(scratch / "a/train.csv") != lasting_columns(scratch / "b/train.csv"));
}

TEST_CASE("measuring changes no bit of the training") {
  const ScratchFolder scratch;
  REQUIRE(run(short_training() + Arguments{"--out", scratch / "a"}).code == 0);
  REQUIRE(run(short_training() + Arguments{"--out", scratch / "b", "--record-every", "0"}).code == 0);
  CHECK(lasting_columns(scratch / "a/train.csv") == lasting_columns(scratch / "b/train.csv"));
  CHECK(values_of(scratch / "a/checkpoints/last.safetensors") == values_of(scratch / "b/checkpoints/last.safetensors"));
  CHECK(CsvTable::read(scratch / "b/layers.csv").rows() == 0);
  CHECK(CsvTable::read(scratch / "b/epochs.csv").texts("norm") == std::vector<std::string>{"", ""});
}

TEST_CASE("layers are measured and written as often as asked") {
  const ScratchFolder scratch;
  REQUIRE(
      run(short_training() + Arguments{"--out", scratch / "a", "--record-every", "2", "--layers-every", "4"}).code ==
      0);
  const std::vector<double> steps = CsvTable::read(scratch / "a/layers.csv").numbers("step");
  CHECK(std::set(steps.begin(), steps.end()) == std::set<double>{4, 8, 12, 16});
  CHECK(run(short_training() + Arguments{"--out", scratch / "b", "--record-every", "2", "--layers-every", "3"}).code ==
        2);
  // 100 rows a layer and epoch at most: 30 batches of one picture are fewer
  REQUIRE(run(short_training() + Arguments{"--out", scratch / "c", "--batch-size=1", "--epochs=1"}).code == 0);
  CHECK(CsvTable::read(scratch / "c/layers.csv").rows() == 30 * 11);
}

TEST_CASE("gradients of several batches make the mean gradient") {
  const ScratchFolder scratch;
  // Batch norm sees single batches, so both trainings have the same ones and a learning rate of 0: only what is
  // recorded of the gradient may differ. Steps of 3 batches: losses are means over their pictures.
  const Arguments still = {"--lr=0", "--dtype", "float64", "--no-shuffle", "--augment", "none", "--epochs=1"};
  REQUIRE(run(short_training() + still + Arguments{"--out", scratch / "single"}).code == 0);
  REQUIRE(run(short_training() + still + Arguments{"--out", scratch / "three", "--accumulate", "3"}).code == 0);
  const std::vector<double> single = CsvTable::read(scratch / "single/train.csv").numbers("loss");
  const std::vector<double> three = CsvTable::read(scratch / "three/train.csv").numbers("loss");
  REQUIRE(three.size() == 3);
  CHECK(three[0] == Catch::Approx((single[0] + single[1] + single[2]) / 3).epsilon(1e-12));
  CHECK(three[2] == Catch::Approx((4 * single[6] + 2 * single[7]) / 6).epsilon(1e-12));
  // Without a learning rate the momentum buffer is g1 after one step and g1 / 2 + g2 after two; here g1 is of four
  // pictures and g2 of two.
  const auto buffers_of = [&](const std::string& name, const Arguments& more) {
    REQUIRE(run(short_training() + still + more + Arguments{"--momentum", "0.5", "--out", scratch / name}).code == 0);
    return values_of(scratch / (name + "/checkpoints/last.safetensors"));
  };
  const auto first = buffers_of("first", {"--limit-train", "4"});
  const auto two_steps = buffers_of("two", {"--limit-train", "6"});
  const auto one_step = buffers_of("one", {"--limit-train", "6", "--accumulate", "2"});
  int compared = 0;
  for (const auto& [name, mean] : one_step) {
    if (!name.starts_with("optimizer.")) continue;
    for (size_t i = 0; i < mean.size(); ++i) {
      const double g1 = first.at(name)[i], g2 = two_steps.at(name)[i] - g1 / 2;
      compared += mean[i] == Catch::Approx((4 * g1 + 2 * g2) / 6).epsilon(1e-9).margin(1e-12) ? 1 : 0;
    }
    compared -= static_cast<int>(mean.size());
  }
  CHECK(compared == 0);
  CHECK(one_step.count("optimizer.fc.weight.momentum") == 1);
}

TEST_CASE("training in float64 saves float64") {
  const ScratchFolder scratch;
  REQUIRE(run(short_training() + Arguments{"--out", scratch / "a", "--dtype", "float64", "--epochs=1"}).code == 0);
  for (const auto& [name, tensor] : read_safetensors(scratch / "a/checkpoints/last.safetensors").tensors)
    CHECK(tensor.dtype() == DType::f64);
}

TEST_CASE("training goes on from given weights") {
  const ScratchFolder scratch;
  REQUIRE(run(short_training() + Arguments{"--out", scratch / "a"}).code == 0);
  REQUIRE(
      run(short_training() + Arguments{"--out", scratch / "b", "--init", scratch / "a", "--eval-first", "--epochs=1"})
          .code == 0);
  CHECK(CsvTable::read(scratch / "b/val.csv").numbers("loss")[0] ==
        CsvTable::read(scratch / "a/val.csv").numbers("loss")[1]);
  CHECK(run(short_training() + Arguments{"--out", scratch / "c", "--init", scratch / "a", "--classes", "4"}).code == 4);
}

TEST_CASE("more outputs than folders") {
  const ScratchFolder scratch;
  REQUIRE(run(short_training() + Arguments{"--out", scratch / "a", "--classes", "20", "--epochs=1"}).code == 0);
  CHECK(values_of(scratch / "a/checkpoints/last.safetensors").at("fc.bias").size() == 20);
  CHECK(run(short_training() + Arguments{"--out", scratch / "b", "--classes", "2"}).code == 2);
}

TEST_CASE("the last epochs are kept") {
  const ScratchFolder scratch;
  REQUIRE(run(short_training() + Arguments{"--out", scratch / "a", "--keep", "2", "--epochs=3"}).code == 0);
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(scratch / "a/checkpoints"))
    names.insert(entry.path().filename().string());
  CHECK(names ==
        std::set<std::string>{"best.safetensors", "epoch2.safetensors", "epoch3.safetensors", "last.safetensors"});
}

TEST_CASE("a dry run writes nothing") {
  const ScratchFolder scratch;
  const Outcome outcome = run(short_training() + Arguments{"--out", scratch / "a", "--dry-run"});
  CHECK(outcome.code == 0);
  CHECK_THAT(outcome.out, ContainsSubstring("memory"));
  CHECK_THAT(outcome.out, ContainsSubstring("disk"));
  CHECK(scratch.files() == 0);
}

TEST_CASE("a profile says where the time goes") {
  const ScratchFolder scratch;
  const Outcome outcome = run(short_training() + Arguments{"--out", scratch / "a", "--profile", "--epochs=1"});
  REQUIRE(outcome.code == 0);
  CHECK_THAT(outcome.out, ContainsSubstring("conv2d_forward"));
  CHECK_THAT(outcome.out, ContainsSubstring("conv2d_backward_weight"));
  CHECK(json_of(scratch / "a/trace.json")["traceEvents"].size() > 100);
}
