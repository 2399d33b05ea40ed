// What the program does with a task that is none of its own: everything.
#include "core/error.h"
#include "tests/apps/exercise.h"
#include "tests/apps/training.h"

using Catch::Matchers::ContainsSubstring;
using namespace radial;
namespace fs = std::filesystem;

namespace {

// A step has two losses, of g and of f: an epoch of 4 steps 8, an evaluation 3.
Arguments exercise(const std::string& data) {
  add_task({"exercise", "an exercise", [] { return std::make_unique<ExerciseOptions>(); }});
  return {"train",       data,   "--task",    "exercise", "--batch-size", "8", "--epochs", "3",  "--lr", "0.1",
          "--agreement", "0.25", "--threads", "1",        "--workers",    "1", "--device", "cpu"};
}

}  // namespace

TEST_CASE("a task of somebody else is trained, stopped anywhere, and goes on bit for bit") {
  const ScratchFolder scratch;
  const Arguments training = exercise(scratch.path().string()) + GENERATE(Arguments{}, Arguments{"--accumulate", "2"});
  const Outcome whole = run(training + Arguments{"--out", scratch / "whole"});
  INFO(whole.err);
  REQUIRE(whole.code == 0);
  CHECK_THAT(whole.out, ContainsSubstring("right ") && ContainsSubstring(" % after 3 epochs, best"));
  CHECK_THAT(whole.err, ContainsSubstring("two linear layers; sgd") && ContainsSubstring("loss of g "));
  const int at = GENERATE(3, 7, 9, 14);
  {
    const AtLoss stop(at, [] { std::raise(SIGTERM); });
    CHECK(run(training + Arguments{"--out", scratch / "cut"}).code == 143);
  }
  REQUIRE(run({"train", "--resume", scratch / "cut"}).code == 0);
  check_same_runs(scratch / "whole", scratch / "cut");
}

TEST_CASE("files of a task have its names") {
  const ScratchFolder scratch;
  const std::string folder = scratch / "run";
  REQUIRE(run(exercise(scratch.path().string()) + Arguments{"--out", folder}).code == 0);
  const auto columns = [&](const char* file) { return CsvTable::read(folder + file).columns(); };
  CHECK(columns("/train.csv") ==
        Arguments{"step", "epoch", "lr", "loss", "loss_g", "right", "images_per_second", "data_wait"});
  CHECK(columns("/val.csv") == Arguments{"epoch", "loss", "right", "seconds"});
  CHECK(columns("/epochs.csv") ==
        Arguments{"epoch", "lr", "train_loss", "train_loss_g", "train_right", "val_right", "norm", "effective_step"});
  const std::vector<std::string> layers = CsvTable::read(folder + "/layers.csv").texts("layer");
  CHECK(Arguments(layers.begin(), layers.begin() + 4) == Arguments{"f.weight", "f.bias", "g.weight", "g.bias"});
  const auto last = values_of(folder + "/checkpoints/last.safetensors");
  for (const char* name : {"f.weight", "g.bias", "optimizer.f.weight.momentum", "optimizer.g.weight.momentum"})
    CHECK(last.contains(name));
  CHECK(last.at("task.losses")[0] > 0);
  CHECK(values_of(folder + "/checkpoints/best.safetensors").size() == 2);
  const nlohmann::json result = result_of(folder);
  CHECK(result["best"].size() == 6);
  CHECK(result["best"]["val_right"].get<double>() >= result["last"]["val_right"].get<double>());
  CHECK(result["decides"] == "val_right");
  CHECK(result["images"] == 3 * 32);
  CHECK(CsvTable::read(folder + "/figures/training.csv").has("right_momentum SGD"));
  CHECK(run({"figure", folder, "--out", scratch / "loss.svg", "--column", "train_loss_g"}).code == 0);
  CHECK_THAT(read_text(folder + "/config.toml"),
             ContainsSubstring("task = \"exercise\"\n") && ContainsSubstring("agreement = 0.25\n"));

  const CommandOutput found = run_radial(
      {"evaluate", scratch.path().string(), "--weights", folder + "/checkpoints/best.safetensors", "--json"});
  CHECK(found.code == 0);
  const nlohmann::json line = nlohmann::json::parse(found.out);
  CHECK(line["images"] == 24);
  CHECK(line["right"] == result["best"]["val_right"]);
  const CommandOutput of_last = run_radial({"evaluate", scratch.path().string(), "--weights", folder, "--json"});
  CHECK(nlohmann::json::parse(of_last.out)["right"] == result["last"]["val_right"]);
  CHECK(run({"train", scratch.path().string(), "--config", folder + "/config.toml", "--dry-run"}).code == 0);
}

TEST_CASE("options of a task belong to it") {
  const ScratchFolder scratch;
  const Arguments training = exercise(scratch.path().string());
  const std::string data = scratch.path().string(), folder = scratch / "run";
  CHECK_THAT(run({"train", "--task", "exercise", "--help"}).out,
             ContainsSubstring("--agreement FLOAT=0.5") && !ContainsSubstring("--label-smoothing"));
  CHECK_THAT(run({"train", "--help"}).out, ContainsSubstring("--label-smoothing") && !ContainsSubstring("--agreement"));
  CHECK_THAT(run({"train", data, "--task", "exercize"}).err, ContainsSubstring("did you mean exercise?"));
  const Outcome foreign = run({"train", data, "--agreement", "1"});
  CHECK(foreign.code == 2);
  CHECK_THAT(foreign.err, ContainsSubstring("--agreement is an option of --task exercise"));
  put(scratch / "c.toml", "task = \"exercise\"\nlabel-smoothing = 0.1\n");
  CHECK_THAT(run({"train", data, "--config", scratch / "c.toml"}).err,
             ContainsSubstring("no option \"label-smoothing\""));
  REQUIRE(run(training + Arguments{"--out", folder, "--epochs", "1"}).code == 0);
  CHECK_THAT(run({"train", "--resume", folder, "--task", "classify"}).err, ContainsSubstring("--task classify"));
  CHECK_THAT(run({"train", "--resume", folder, "--agreement", "1"}).err,
             ContainsSubstring("--agreement 1 (the run has 0.25)"));
  CHECK_THAT(run({"evaluate", data, "--weights", folder, "--arch", "mlp"}).err,
             ContainsSubstring("--arch is an option of --task"));
  put(scratch / "d.toml", "lr = 0.1\n");
  CHECK(run({"train", "--resume", folder, "--config", scratch / "d.toml", "--epochs", "2"}).code == 0);
  CHECK_THAT(run({"predict", "--weights", folder, "x.jpg"}).err, ContainsSubstring("predicts nothing"));
}
