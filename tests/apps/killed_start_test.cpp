// A training that was killed before it saved anything can be begun again, and takes no folder of somebody else.
#include "tests/apps/training.h"

using Catch::Matchers::ContainsSubstring;
using namespace radial;

TEST_CASE("a run that was killed before its first checkpoint begins anew") {
  const ScratchFolder scratch;
  REQUIRE(run(short_training() + Arguments{"--out", scratch / "whole"}).code == 0);
  const std::string cut = scratch / "cut";
  stop_in_first_epoch(cut);
  std::filesystem::remove(cut + "/checkpoints/last.safetensors");
  put(cut + "/checkpoints/.last.safetensors.tmp-1-0", "half");
  REQUIRE(run({"train", "--resume", cut}).code == 0);
  check_same_runs(scratch / "whole", cut);
  CHECK(!std::filesystem::exists(cut + "/checkpoints/.last.safetensors.tmp-1-0"));
}

TEST_CASE("a start that was killed anywhere is made again") {
  const ScratchFolder scratch;
  REQUIRE(run(short_training() + Arguments{"--out", scratch / "whole"}).code == 0);
  const std::string cut = scratch / "cut";
  // What a start writes, in its order; the last is half written.
  const Arguments steps = {"",
                           "/checkpoints/",
                           "/figures/",
                           "/env.json",
                           "/dataset.json",
                           "/command.txt",
                           "/config.toml",
                           "/train.csv",
                           "/val.csv",
                           "/layers.csv",
                           "/epochs.csv",
                           "/checkpoints/last.safetensors"};
  const size_t made = GENERATE(range(size_t{0}, size_t{12}));
  CAPTURE(made);
  bool is_run = false;
  for (size_t i = 0; i <= made; ++i) {
    const std::string path = cut + steps[i];
    if (path.ends_with('/') || i == 0)
      std::filesystem::create_directory(path);
    else if (i < made || path.ends_with(".csv"))
      put(path, i < made ? read_text(scratch / ("whole" + steps[i])) : "step,ep");
    else
      put(path.substr(0, path.rfind('/')) + "/." + path.substr(path.rfind('/') + 1) + ".tmp-0123456789ab", "half");
    is_run = std::filesystem::exists(cut + "/config.toml");
  }
  CHECK(run({"train", "--resume", cut}).code == (is_run ? 0 : 2));
  if (!is_run) CHECK(run(short_training() + Arguments{"--out", cut}).code == 0);
  check_same_runs(scratch / "whole", cut);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(cut))
    CHECK_THAT(entry.path().string(), !ContainsSubstring(".tmp-"));
}

TEST_CASE("a folder with files of somebody else is not taken for a start") {
  const ScratchFolder scratch;
  const std::string file = GENERATE("dataset.json", "a.txt", "figures/a.svg");
  std::filesystem::create_directories(scratch / "run/figures");
  put(scratch / ("run/" + file), "mine");
  CHECK(run(short_training() + Arguments{"--out", scratch / "run"}).code == 2);
  CHECK(content_of(scratch / ("run/" + file)) == "mine");
  CHECK(!std::filesystem::exists(scratch / "run/checkpoints"));
}
