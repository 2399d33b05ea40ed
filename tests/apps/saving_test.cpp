// When a training is saved, and what that is worth when it ends in the middle.
#include <optional>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "tests/apps/training.h"
#include "tests/io/file_size_limit.h"

using Catch::Matchers::ContainsSubstring;
using namespace radial;
namespace fs = std::filesystem;

namespace {

// An mlp on 8 x 8 pictures. Losses 1 to 8 are of the first epoch, 9 to 11 of its evaluation.
Arguments tiny_training(const std::string& data = small_pictures()) {
  return {"train", data,   "--arch",    "mlp", "--image-size", "8", "--batch-size", "4",  "--epochs", "2",
          "--lr",  "0.05", "--threads", "1",   "--workers",    "0", "--device",     "cpu"};
}

}  // namespace

TEST_CASE("a training is saved before the first step, by time, and before evaluation") {
  const ScratchFolder scratch;
  const std::string folder = scratch / "run";
  std::vector<std::pair<int, int>> saved;  // step and finished epochs
  const auto look = [&] { saved.emplace_back(state_of(folder)["step"], state_of(folder)["finished_epochs"]); };
  SECTION("by time") {
    const AtLoss looks({{1, look}, {2, look}, {5, look}, {9, look}, {12, look}});
    REQUIRE(run(tiny_training() + Arguments{"--out", folder, "--save-every", "1e-9"}).code == 0);
    CHECK(saved == std::vector<std::pair<int, int>>{{0, 0}, {1, 0}, {4, 0}, {8, 0}, {8, 1}});
  }
  SECTION("not by time") {
    const AtLoss looks({{1, look}, {8, look}, {9, look}, {12, look}});
    REQUIRE(run(tiny_training() + Arguments{"--out", folder, "--save-every", "0"}).code == 0);
    CHECK(saved == std::vector<std::pair<int, int>>{{0, 0}, {0, 0}, {8, 0}, {8, 1}});
  }
  REQUIRE(run(tiny_training() + Arguments{"--out", scratch / "whole"}).code == 0);
  CHECK(values_of(folder + "/checkpoints/last.safetensors") ==
        values_of(scratch / "whole/checkpoints/last.safetensors"));
}

TEST_CASE("an error between two steps costs nothing, one within a step what came after the last save") {
  const ScratchFolder scratch;
  REQUIRE(run(tiny_training() + Arguments{"--out", scratch / "whole"}).code == 0);
  const std::string folder = scratch / "run";
  const auto fails_at = [&](int loss) {
    const AtLoss failure(loss, [] { fail(ErrorKind::out_of_memory, "a failure"); });
    const Outcome outcome = run(tiny_training() + Arguments{"--out", folder});
    CHECK(outcome.code == 6);
    CHECK_THAT(outcome.err, ContainsSubstring("radial train --resume " + folder));
    CHECK(result_of(folder)["exit_code"] == 6);
  };
  SECTION("within a step") {
    fails_at(6);
    CHECK(state_of(folder)["step"] == 0);
  }
  SECTION("in evaluation") {
    fails_at(10);
    CHECK(state_of(folder)["step"] == 8);
    CHECK(result_of(folder)["epochs"] == 0);
  }
  REQUIRE(run({"train", "--resume", folder}).code == 0);
  check_same_runs(scratch / "whole", folder);
}

TEST_CASE("a bad picture costs no step") {
  const ScratchFolder scratch;
  fs::copy(small_pictures(), scratch / "data", fs::copy_options::recursive);
  std::vector<std::string> pictures;
  const std::string split = GENERATE("train", "val");
  for (const auto& entry : fs::recursive_directory_iterator(scratch / ("data/" + split)))
    if (entry.is_regular_file()) pictures.push_back(entry.path().string());
  std::sort(pictures.begin(), pictures.end());
  const std::string kept = content_of(pictures[7]);
  put(pictures[7], "not a picture");
  const Arguments in_order = {"--no-shuffle"};
  const std::string folder = scratch / "run";
  REQUIRE(run(tiny_training(scratch / "data") + in_order + Arguments{"--out", folder}).code == 3);
  CHECK(state_of(folder)["step"] == (split == "train" ? 1 : 8));
  REQUIRE(
      run(tiny_training(scratch / "data") + in_order + Arguments{"--out", scratch / "whole", "--on-bad-image", "skip"})
          .code == 0);
  REQUIRE(run({"train", "--resume", folder, "--on-bad-image", "skip"}).code == 0);
  check_same_runs(scratch / "whole", folder);
  CHECK(result_of(folder)["skipped"] == result_of(scratch / "whole")["skipped"]);
}

TEST_CASE("a full disk while rows are written costs no step that was made") {
  const ScratchFolder scratch;
  REQUIRE(run(tiny_training() + Arguments{"--out", scratch / "whole", "--save-every", "1e-9"}).code == 0);
  const std::string folder = scratch / "run";
  // In the last step of the epoch: the longest file of rows, layers.csv, gets no room for more; what is printed, which
  // is kept in files, too, does.
  std::optional<FileSizeLimit> limit;
  const AtLoss full(8, [&] {
    CHECK((ftruncate(STDERR_FILENO, 0) == 0 && lseek(STDERR_FILENO, 0, SEEK_SET) == 0));
    limit.emplace(fs::file_size(folder + "/layers.csv"));
  });
  const Outcome outcome = run(tiny_training() + Arguments{"--out", folder, "--save-every", "1e-9"});
  limit.reset();
  CHECK(outcome.code == 7);
  CHECK_THAT(outcome.err, ContainsSubstring("layers.csv: File too large"));
  CHECK(state_of(folder)["step"] == 7);
  REQUIRE(run({"train", "--resume", folder}).code == 0);
  check_same_runs(scratch / "whole", folder);
}

TEST_CASE("what a kill between best and last leaves is evaluated again") {
  const ScratchFolder scratch;
  REQUIRE(run(tiny_training() + Arguments{"--out", scratch / "whole", "--keep", "1"}).code == 0);
  const std::string folder = scratch / "run", last = folder + "/checkpoints/last.safetensors";
  std::string before_evaluation;
  {
    const AtLoss keep(20, [&] { before_evaluation = content_of(last); });
    REQUIRE(run(tiny_training() + Arguments{"--out", folder, "--keep", "1"}).code == 0);
  }
  fs::remove(folder + "/FINISHED");
  fs::remove(folder + "/result.json");
  put(last + ".x", before_evaluation);  // epoch2 is a link to last
  fs::rename(last + ".x", last);
  REQUIRE(run({"train", "--resume", folder}).code == 0);
  check_same_runs(scratch / "whole", folder);
  CHECK(fs::equivalent(last, folder + "/checkpoints/epoch2.safetensors"));
  CHECK(!fs::exists(folder + "/checkpoints/epoch1.safetensors"));
}
