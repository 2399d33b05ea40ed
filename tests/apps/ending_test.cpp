// How a training ends before its last epoch, and what bounds its steps.
#include <cmath>

#include "tests/apps/training.h"

using Catch::Matchers::ContainsSubstring;
using namespace radial;

TEST_CASE("a training ends when no epoch is better any more") {
  const ScratchFolder scratch;
  const Arguments still = short_training() + Arguments{"--lr", "0", "--epochs", "30", "--patience", "2"};
  const Outcome ended = run(still + Arguments{"--out", scratch / "run"});
  REQUIRE(ended.code == 0);
  CHECK_THAT(ended.err, ContainsSubstring("(--patience): ended after "));
  const auto result = result_of(scratch / "run");
  const int epochs = result["epochs"];  // the weights stay, running statistics do not
  CHECK(epochs < 30);
  CHECK(epochs == result["best"]["epoch"].get<int>() + 2);
  CHECK(result["exit_code"] == 0);
  CHECK_THAT(result["reason"].get<std::string>(), ContainsSubstring("--patience"));
  CHECK(std::filesystem::exists(scratch / "run/FINISHED"));
  REQUIRE(run({"train", "--resume", scratch / "run"}).code == 0);  // nothing is left to do
  CHECK(result_of(scratch / "run")["epochs"] == epochs);
  REQUIRE(run({"train", "--resume", scratch / "run", "--patience", "3"}).code == 0);
  CHECK(result_of(scratch / "run")["epochs"].get<int>() > epochs);
}

TEST_CASE("a training whose hours are over is saved, and goes on bit for bit") {
  const ScratchFolder scratch;
  REQUIRE(run(short_training() + Arguments{"--out", scratch / "whole"}).code == 0);
  const Outcome stopped = run(short_training() + Arguments{"--out", scratch / "run", "--max-hours", "1e-7"});
  CHECK(stopped.code == 0);
  CHECK_THAT(stopped.err, ContainsSubstring("--resume"));
  CHECK_THAT(result_of(scratch / "run")["reason"].get<std::string>(), ContainsSubstring("--max-hours"));
  CHECK(!std::filesystem::exists(scratch / "run/FINISHED"));
  REQUIRE(run({"train", "--resume", scratch / "run"}).code == 0);
  check_same_runs(scratch / "whole", scratch / "run");
}

TEST_CASE("gradients are bounded, and their norm is told") {
  const ScratchFolder scratch;
  const Arguments training = short_training() + Arguments{"--epochs", "1", "--optimizer", "gd", "--lr", "1"};
  REQUIRE(run(training + Arguments{"--clip-grad", "1e-3", "--out", scratch / "run"}).code == 0);
  const CsvTable table = CsvTable::read(scratch / "run/train.csv");
  CHECK(table.columns().back() == "grad_norm");
  for (const double norm : table.numbers("grad_norm")) CHECK(norm > 1e-3);
  const auto before = [&](const char* epochs, const char* out) {
    REQUIRE(run(training +
                Arguments{"--clip-grad", "1e-3", "--limit-train", "4", "--epochs", epochs, "--out", scratch / out})
                .code == 0);
    return values_of(scratch / out + "/checkpoints/last.safetensors");
  };
  double squares = 0;  // of a step of the only batch
  const auto start = before("0", "none"), end = before("1", "one");
  for (const auto& [name, values] : end)
    for (size_t i = 0; i < values.size() && name.find("running") == std::string::npos; ++i)
      squares += (values[i] - start.at(name)[i]) * (values[i] - start.at(name)[i]);
  CHECK(std::sqrt(squares) == Catch::Approx(1e-3).epsilon(1e-3));
  CHECK(run(training + Arguments{"--clip-grad", "0"}).code == 2);
  REQUIRE(run(training + Arguments{"--clip-grad", "1e-3", "--clip-mode", "value", "--out", scratch / "value"}).code ==
          0);
  CHECK(CsvTable::read(scratch / "value/train.csv").columns().back() == "data_wait");
}

TEST_CASE("options that do nothing beside the others are told") {
  const auto told = [](const Arguments& options) {
    const Outcome outcome = run(short_training() + options + Arguments{"--print-config"});
    CHECK(outcome.code == 0);
    return outcome.err;
  };
  CHECK_THAT(told({"--clip-mode", "value"}), ContainsSubstring("no effect without --clip-grad"));
  CHECK_THAT(told({"--warmup-lr", "0.01"}), ContainsSubstring("no effect without --warmup-epochs"));
  CHECK_THAT(told({"--warmup", "constant"}), ContainsSubstring("no effect without --warmup-epochs"));
  CHECK_THAT(told({"--min-lr", "0.01"}), ContainsSubstring("no effect with --schedule constant"));
  CHECK_THAT(told({"--min-lr", "0.1", "--schedule", "cosine"}), ContainsSubstring("is above --lr 0.05"));
  CHECK_THAT(told({"--clip-grad", "1", "--clip-mode", "value", "--min-lr", "0.01", "--schedule", "cosine",
                   "--warmup-lr", "0.01", "--warmup-epochs", "1"}),
             !ContainsSubstring("warning"));
}
