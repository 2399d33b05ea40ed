// Trainings on one folder of classes: what is evaluated is never trained on, by whatever command.
#include <set>

#include <nlohmann/json.hpp>

#include "tests/apps/training.h"

using Catch::Matchers::ContainsSubstring;
using namespace radial;
namespace fs = std::filesystem;

namespace {

// 30 pictures of three classes.
std::string one_folder(const ScratchFolder& scratch) {
  fs::copy(small_pictures() + "/train", scratch / "flat", fs::copy_options::recursive);
  return scratch / "flat";
}

int64_t images(const Arguments& evaluation) {
  const CommandOutput output = run_radial(Arguments{"evaluate"} + evaluation + Arguments{"--json"});
  REQUIRE(output.code == 0);
  return output.lines().at(0)["images"].get<int64_t>();
}

}  // namespace

TEST_CASE("a folder of classes is split, evaluated as in training, and goes on wherever it lies") {
  const ScratchFolder scratch;
  const std::string data = one_folder(scratch);
  const Arguments training = short_training(data) + Arguments{"--val-split", "0.3", "--seed", "4"};
  REQUIRE(run(training + Arguments{"--out", scratch / "whole"}).code == 0);
  const auto description = nlohmann::json::parse(read_text(scratch / "whole/dataset.json"));
  CHECK(description["path"] == data);
  CHECK(description["train"]["per_class"] == nlohmann::json({7, 7, 7}));
  CHECK(description["val"]["per_class"] == nlohmann::json({3, 3, 3}));
  {
    const AtLoss stop(4, [] { std::raise(SIGTERM); });
    REQUIRE(run(training + Arguments{"--out", scratch / "run"}).code == 143);
  }
  CHECK_THAT(run({"train", "--resume", scratch / "run", "--val-split", "0.2"}).err,
             ContainsSubstring("--val-split 0.2"));
  REQUIRE(run({"train", "--resume", scratch / "run"}).code == 0);
  check_same_runs(scratch / "whole", scratch / "run");

  const CsvTable val = CsvTable::read(scratch / "whole/val.csv");
  for (const char* weights : {"whole", "whole/checkpoints/last.safetensors"}) {
    const auto line = run_radial({"evaluate", data, "--weights", scratch / weights, "--json"}).lines().at(0);
    CHECK(line["images"] == 9);
    CHECK(line["loss"] == val.numbers("loss").back());
  }
  CHECK(images({data, "--weights", scratch / "whole", "--split", "train"}) == 21);
  CHECK(images({data, "--weights", scratch / "whole", "--val-split", "0.5"}) == 15);
  CHECK(images({small_pictures(), "--weights", scratch / "whole"}) == 12);  // is split already
  fs::rename(data, scratch / "moved");
  REQUIRE(run({"train", "--resume", scratch / "whole", scratch / "moved", "--epochs", "3"}).code == 0);
  fs::remove(*fs::recursive_directory_iterator(fs::directory_iterator(scratch / "moved")->path()));
  CHECK(run({"train", "--resume", scratch / "whole", scratch / "moved", "--epochs", "4"}).code == 3);
}

TEST_CASE("other tasks of pictures in classes split a folder, too") {
  const ScratchFolder scratch;
  const std::string data = one_folder(scratch), task = GENERATE("adversarial", "rebias");
  Arguments training = short_training(data) + Arguments{"--task", task, "--val-split", "0.3", "--epochs", "1"};
  if (task == "rebias") training = training + Arguments{"--arch", "resnet18", "--image-size", "32", "--no-shuffle"};
  REQUIRE(run(training + Arguments{"--out", scratch / "run", "--limit-train", "4"}).code == 0);
  CHECK(images({data, "--weights", scratch / "run"}) == 9);
}

TEST_CASE("folders that are split, or could not be, are refused with what to do") {
  const ScratchFolder scratch;
  const std::string data = one_folder(scratch);
  const Outcome flat = run(short_training(data));
  CHECK(flat.code == 3);
  CHECK_THAT(flat.err, ContainsSubstring("--val-split 0.2 splits"));
  const Outcome split = run(short_training() + Arguments{"--val-split", "0.2"});
  CHECK(split.code == 2);
  CHECK_THAT(split.err, ContainsSubstring("is split already"));
  CHECK(run(short_training(data) + Arguments{"--val-split", "1"}).code == 2);
  const auto first = *fs::directory_iterator(data);
  std::vector<fs::path> pictures;
  for (const auto& entry : fs::directory_iterator(first)) pictures.push_back(entry.path());
  for (size_t i = 1; i < pictures.size(); ++i) fs::remove(pictures[i]);
  const Outcome single = run(short_training(data) + Arguments{"--val-split", "0.2"});
  CHECK(single.code == 3);
  CHECK_THAT(single.err, ContainsSubstring(first.path().string() + " has a single picture"));
}
