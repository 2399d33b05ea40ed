// Every task trains and evaluates on the GPU as it does on the CPU.
#include "tests/apps/training.h"
#include "tests/cuda/card.h"

namespace radial {
namespace {

using ::operator+;  // of Arguments, which those of tensors would hide

// What a run tells of its steps and its evaluation, but for times and rates.
std::map<std::string, std::vector<double>> told_by(const Arguments& training, const std::string& folder,
                                                   const char* device) {
  const Outcome outcome = ::run(
      training + Arguments{"--epochs", "1", "--threads", "1", "--workers", "1", "--device", device, "--out", folder});
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  std::map<std::string, std::vector<double>> told;
  for (const char* file : {"/train.csv", "/val.csv"}) {
    const CsvTable table = CsvTable::read(folder + file);
    for (const std::string& column : table.columns())
      if (column != "images_per_second" && column != "data_wait" && column != "seconds")
        told[file + (" " + column)] = table.numbers(column);
  }
  return told;
}

// Losses agree closely. Scores jump where two numbers are all but equal: they may be off by `score` per cent.
void same_on_both(const Arguments& training, double score, double relative = 1e-3) {
  const auto card = find_card();
  if (!card) return;
  const ScratchFolder scratch;
  const auto here = told_by(training, scratch / "cpu", "cpu"), there = told_by(training, scratch / "cuda", "cuda");
  REQUIRE(here.size() == there.size());
  for (const auto& [column, expected] : here) {
    INFO(column);
    const std::vector<double>& found = there.at(column);
    REQUIRE(found.size() == expected.size());
    double margin = relative;
    for (const char* name : {"top1", "accuracy", "biased", "AP", "AR", "recall"})
      if (column.find(name) != std::string::npos) margin = score;
    for (const char* name : {"auc", "f1"})  // from 0 to 1
      if (column.find(name) != std::string::npos) margin = score / 100;
    for (size_t i = 0; i < found.size(); ++i)
      CHECK(found[i] == Catch::Approx(expected[i]).epsilon(relative).margin(margin));
  }
}

Arguments drawn(const ScratchFolder& scratch, const char* task, const Arguments& more) {
  const std::string data = scratch / "data";
  REQUIRE(::run(Arguments{"synth", data, "--task", task} + more).code == 0);
  return {"train", data, "--task", task};
}

TEST_CASE("attacked pictures are trained on as on the CPU") {
  // Along the gradient, not its sign, which is another where a value is all but zero.
  same_on_both({"train",
                small_pictures(),
                "--task",
                "adversarial",
                "--arch",
                "convnet",
                "--image-size",
                "8",
                "--batch-size",
                "10",
                "--attack-steps",
                "2",
                "--attack",
                "l2",
                "--attack-gradient",
                "normalized",
                "--optimizer",
                "adamp",
                "--lr",
                "1e-3"},
               10);
}

TEST_CASE("ReBias trains two networks as on the CPU") {
  same_on_both({"train", small_pictures(), "--task", "rebias", "--arch", "rebias_conv7_half", "--image-size", "8",
                "--rho", "0.8", "--batch-size", "10", "--seed", "3", "--optimizer", "adamp", "--lr", "1e-3"},
               10);
}

TEST_CASE("a detector is trained as on the CPU") {
  // Of such small pictures the last batch norms see two values each, and make much of a small difference: among the
  // CPU's instruction sets, too, the second loss differs by a hundredth.
  const ScratchFolder scratch;
  same_on_both(drawn(scratch, "detect", {"--classes", "2", "--train", "4", "--val", "1", "--size", "40"}) +
                   Arguments{"--image-size", "32", "--batch-size", "2", "--optimizer", "sgdp", "--lr", "1e-5",
                             "--record-every=0"},
               1, 0.02);
}

TEST_CASE("embeddings are trained as on the CPU, with both losses") {
  const ScratchFolder scratch;
  const Arguments training =
      drawn(scratch, "retrieve", {"--classes", "4", "--train", "6", "--val", "5", "--size", "20"}) +
      Arguments{"--arch",       "convnet", "--image-size", "16",   "--embedding", "8",
                "--batch-size", "8",       "--lr",         "1e-3", "--optimizer", "adamp"};
  for (const char* loss : {"triplet", "proxy_anchor"})
    same_on_both(training + Arguments{"--retrieve-loss", loss, "--per-class", "4"}, 10);
}

TEST_CASE("sounds are trained on as on the CPU, of one class and with tags") {
  for (const Arguments& tags : {Arguments{}, Arguments{"--tags"}}) {
    const ScratchFolder scratch;
    same_on_both(
        drawn(scratch, "audio", Arguments{"--classes", "3", "--train", "2", "--val", "2", "--seconds", "0.5"} + tags) +
            Arguments{"--samples", "16128", "--channels", "4", "--batch-size", "3", "--optimizer", "adamp", "--lr",
                      "1e-3"},
        34);
  }
}

}  // namespace
}  // namespace radial
