// Pipes and folders where a command expects, or is to write, a file.
#include <sys/stat.h>
#include <thread>

#include "io/atomic_file.h"
#include "tests/apps/training.h"

using Catch::Matchers::ContainsSubstring;
namespace fs = std::filesystem;

TEST_CASE("a run with something else in the place of one of its files says which") {
  const ScratchFolder scratch;
  const std::string folder = scratch / "run";
  stop_in_first_epoch(folder);
  const std::string file =
      folder + "/" + GENERATE("train.csv", "layers.csv", "dataset.json", "checkpoints/last.safetensors");
  fs::remove(file);
  const bool is_pipe = GENERATE(true, false);
  if (is_pipe)
    REQUIRE(mkfifo(file.c_str(), 0600) == 0);
  else
    fs::create_directory(file);
  const Outcome outcome = run({"train", "--resume", folder});
  CHECK(outcome.code == 7);
  CHECK_THAT(outcome.err, ContainsSubstring(file + ": "));
}

TEST_CASE("what an evaluation is to write must be possible before it begins") {
  const ScratchFolder scratch;
  const std::string folder = scratch / "run";
  stop_in_first_epoch(folder);
  fs::create_directory(scratch / "folder");
  const auto [file, reason] = GENERATE(
      table<std::string, std::string>({{"none/a.csv", ": No such file or directory"}, {"folder", ": Is a directory"}}));
  int losses = 0;
  const AtLoss evaluated(1, [&] { ++losses; });
  const Outcome outcome = run({"evaluate", small_pictures(), "--weights", folder + "/checkpoints/last.safetensors",
                               "--predictions", scratch / file});
  CHECK(outcome.code == 7);
  CHECK_THAT(outcome.err, ContainsSubstring(scratch / file + reason));
  CHECK(losses == 0);
}

TEST_CASE("a configuration may come from a pipe") {
  const ScratchFolder scratch;
  const std::string pipe = scratch / "pipe";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  std::thread writer([&] { radial::write_atomically(pipe, "lr = 0.25\n"); });
  const CommandOutput output = run_radial({"train", small_pictures(), "--config", pipe, "--print-config", "--dry-run"});
  writer.join();
  CHECK(output.code == 0);
  CHECK_THAT(output.out, ContainsSubstring("\nlr = 0.25\n"));
}
