// Sounds from the command line: trained, stopped anywhere, evaluated, asked; of one class, and with tags.
#include <fstream>

#include "data/sound.h"
#include "tests/apps/training.h"

using Catch::Matchers::ContainsSubstring;
using namespace radial;
namespace fs = std::filesystem;

namespace {

const ScratchFolder& sound_scratch() {
  static const ScratchFolder scratch;
  return scratch;
}

std::string synthesised(const std::string& name, const Arguments& more) {
  const std::string path = sound_scratch() / name;
  if (!fs::exists(path))
    REQUIRE(run(Arguments{"synth", path, "--task", "audio", "--classes", "3", "--train", "3", "--val", "2", "--seconds",
                          "0.5"} +
                more)
                .code == 0);
  return path;
}
std::string sounds() { return synthesised("sounds", {}); }
std::string tagged_sounds() { return synthesised("tagged", {"--tags"}); }

// Three steps an epoch, of the least sound and few channels.
Arguments listening(const std::string& data) {
  return {"train",    data,  "--task",       "audio", "--samples",   "16128", "--channels", "4",
          "--epochs", "2",   "--lr",         "0.01",  "--threads",   "1",     "--workers",  "1",
          "--device", "cpu", "--batch-size", "3",     "--optimizer", "adam"};
}

struct AtSoundLoss {
  explicit AtSoundLoss(int n)
      : observer([this, n](const char* op, const auto&...) {
          const std::string name = op;
          if ((name == "cross_entropy" || name == "bce_with_logits") && ++seen == n) std::raise(SIGTERM);
        }) {}
  int seen = 0;
  ForwardObserver observer;
};

}  // namespace

TEST_CASE("sounds are trained on, stopped anywhere, and go on bit for bit") {
  if (!reads_sounds()) return;
  const ScratchFolder scratch;
  const bool tags = GENERATE(false, true);
  const Arguments training = listening(tags ? tagged_sounds() : sounds());
  const Outcome whole = run(training + Arguments{"--out", scratch / "whole", "--pieces", "2"});
  INFO(whole.err);
  REQUIRE(whole.code == 0);
  CHECK_THAT(whole.out, ContainsSubstring(tags ? "ROC-AUC " : "accuracy "));
  {
    const AtSoundLoss stop(5);
    CHECK(run(training + Arguments{"--out", scratch / "cut", "--pieces", "2"}).code == 143);
  }
  REQUIRE(run({"train", "--resume", scratch / "cut"}).code == 0);
  check_same_runs(scratch / "whole", scratch / "cut");
}

TEST_CASE("runs of sounds have their columns, are evaluated and asked") {
  if (!reads_sounds()) return;
  const ScratchFolder scratch;
  const bool tags = GENERATE(false, true);
  const std::string data = tags ? tagged_sounds() : sounds(), folder = scratch / "run";
  REQUIRE(run(listening(data) + Arguments{"--out", folder, "--epochs", "1"}).code == 0);
  CHECK(CsvTable::read(folder + "/val.csv").columns() ==
        (tags ? Arguments{"epoch", "loss", "roc_auc", "pr_auc", "f1", "seconds"}
              : Arguments{"epoch", "loss", "accuracy", "seconds"}));
  const char* decides = tags ? "roc_auc" : "accuracy";
  const std::string table = scratch / "scores.csv";
  const CommandOutput found = run_radial({"evaluate", data, "--weights", folder, "--predictions", table, "--json"});
  REQUIRE(found.code == 0);
  const nlohmann::json line = nlohmann::json::parse(found.out);
  CHECK(line["images"] == 6);
  CHECK(line[decides] == result_of(folder)["last"][std::string("val_") + decides]);
  const Arguments classes = tags ? Arguments{"steady_few", "rising_few", "falling_few"}
                                 : Arguments{"falling_few", "rising_few", "steady_few"};
  CHECK(CsvTable::read(table).columns() == Arguments{"file"} + classes);
  CHECK(CsvTable::read(table).rows() == 6);

  const CommandOutput asked =
      run_radial({"predict", "--weights", folder, "--json", CsvTable::read(table).texts("file")[0]});
  REQUIRE(asked.code == 0);
  const nlohmann::json answer = nlohmann::json::parse(asked.out)["predictions"];
  REQUIRE(answer.size() == 3);
  const double first = CsvTable::read(table).numbers(answer[0]["class"].get<std::string>())[0];
  CHECK(answer[0]["probability"].get<double>() == Approx(first).epsilon(1e-4));
}

TEST_CASE("a run of sounds knows its tags again") {
  if (!reads_sounds()) return;
  const ScratchFolder scratch;
  const std::string data = scratch / "data", folder = scratch / "run";
  fs::copy(tagged_sounds(), data, fs::copy_options::recursive);
  REQUIRE(run(listening(data) + Arguments{"--out", folder, "--epochs", "1", "--record-every", "0"}).code == 0);
  std::string text = read_text(data + "/train.csv");
  text[text.size() - 2] = text[text.size() - 2] == '0' ? '1' : '0';
  put(data + "/train.csv", text);
  CHECK(run({"train", "--resume", folder, "--epochs", "2"}).code == 3);
}

TEST_CASE("broken sounds are errors, or are left out and counted") {
  if (!reads_sounds()) return;
  const ScratchFolder scratch;
  const fs::path data = scratch / "data";
  fs::copy(sounds(), data, fs::copy_options::recursive);
  std::ofstream(data / "train/rising_few/000000.wav", std::ios::trunc) << "";
  const Arguments once = {"--epochs", "1", "--record-every", "0"};
  const Outcome stopped = run(listening(data.string()) + once + Arguments{"--out", scratch / "a"});
  CHECK(stopped.code == 3);
  CHECK_THAT(stopped.err, ContainsSubstring("rising_few/000000.wav: the file is empty"));
  REQUIRE(run(listening(data.string()) + once + Arguments{"--out", scratch / "b", "--on-bad-image", "skip"}).code == 0);
  CHECK(result_of(scratch / "b")["skipped"] == 1);
  const Outcome short_sounds = run(listening(data.string()) + Arguments{"--samples", "16000"});
  CHECK(short_sounds.code == 2);
  CHECK_THAT(short_sounds.err, ContainsSubstring("at least 16128"));
  CHECK(run(listening(scratch / "nowhere")).code == 3);
}

TEST_CASE("a cell of Table 5 is trained with Adam, then with SGD, once") {
  if (!reads_sounds()) return;
  const ScratchFolder scratch;
  const std::string out = scratch / "table";
  const Arguments table = {
      "reproduce", "table5", "--data",     sounds(), "--out",     out,     "--only",       "words.adam_sgd",
      "--epochs",  "1",      "--channels", "4",      "--samples", "16128", "--batch-size", "3",
      "--threads", "1",      "--workers",  "1",      "--device",  "cpu",   "--json"};
  const CommandOutput first = run_radial(table);
  REQUIRE(first.code == 0);
  const nlohmann::json entry = nlohmann::json::parse(first.out)["entries"][2];
  CHECK(entry["optimizer"] == "adam_sgd");
  CHECK(entry["runs"] == 1);
  CHECK(entry["score"] == result_of(out + "/words.adam_sgd.0.sgd3")["last"]["val_accuracy"]);
  CHECK_THAT(read_text(out + "/words.adam_sgd.0.sgd2/config.toml"),
             ContainsSubstring("optimizer = \"sgd\"") &&
                 ContainsSubstring("words.adam_sgd.0.sgd1/checkpoints/best.safetensors"));
  CHECK(run_radial(table).out == first.out);
  CHECK(run({"reproduce", "table6", "--data", sounds()}).code == 2);  // without weights to begin with
}
