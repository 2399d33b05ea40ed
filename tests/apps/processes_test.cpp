// Several processes: the same run on any number of them, whatever ends it. With Open MPI's mpirun, where it is.
#include <filesystem>
#include <iostream>

#include "tests/apps/shell.h"
#include "tests/apps/training.h"

using Catch::Matchers::ContainsSubstring;
using namespace radial;

namespace {

// False, which is said, where there is nothing to start several processes with.
bool has_mpi() {
  const auto module = std::filesystem::path(RADIAL_PROGRAM).parent_path() / "../dist/libradial_mpi.so";
  if (std::filesystem::exists(module) && shell("mpirun --version 2> /dev/null | grep -q 'Open MPI'") == 0) return true;
  std::cout << "skipped: no MPI\n";
  return false;
}

// `ranks` processes on however few cores, of whatever user.
std::string mpirun(int ranks, const std::string& options = "") {
  return "env OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMP_NUM_THREADS=1 mpirun --oversubscribe "
         "--bind-to none " +
         options + " -n " + std::to_string(ranks) + " %R ";
}

std::string short_command(const std::string& options) {
  std::string words;
  for (const std::string& word : short_training()) words += word + " ";
  return words + options;
}

// What `command` writes to stderr goes to FOLDER.err.
int run_to(const std::string& folder, const std::string& command) {
  return shell(command + " --out " + folder + " > " + folder + ".out 2> " + folder + ".err");
}

size_t occurrences_of(const std::string& part, const std::string& text) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// Starts a training without an end on `ranks` processes, waits until epochs are over, and does `action` to $launcher.
int train_until(const std::string& folder, int ranks, const std::string& action) {
  const std::string command = mpirun(ranks) + short_command("--accumulate 4 --optimizer adamp --epochs 1000000") +
                              " --out " + folder + " > " + folder + ".out 2> " + folder + ".err";
  return shell(command + " & launcher=$!; while [ ! -e " + folder +
               "/checkpoints/best.safetensors ]; do sleep 0.05; done; " + action + "; wait $launcher");
}

}  // namespace

TEST_CASE("a training is the same on any number of processes") {
  if (!has_mpi()) return;
  const ScratchFolder scratch;
  // Batches of 4 of 30 pictures: two steps of 4 batches, or steps of 3, 3 and 2.
  const std::string one = scratch / "one";
  const auto [options, numbers] = GENERATE(
      std::pair{std::string("--optimizer sgdp --accumulate 4 --eval-first --keep 1"), std::vector<int>{2, 4}},
      std::pair{std::string("--optimizer adamw --accumulate 3 --clip-grad 1 --ema-decay 0.9"), std::vector<int>{2, 3}},
      std::pair{std::string("--task adversarial --attack-steps 2 --eval-attack-steps 1 --accumulate 2"),
                std::vector<int>{2}});
  REQUIRE(run_to(one, "%R " + short_command(options)) == 0);
  for (const int ranks : numbers) {
    CAPTURE(options, ranks);
    const std::string several = scratch / std::to_string(ranks);
    REQUIRE(run_to(several, mpirun(ranks) + short_command(options)) == 0);
    check_same_runs(one, several);
    const std::string said = read_text(several + ".err");
    CHECK(occurrences_of("epoch 2/2", said) == 1);  // by one of them
    CHECK(occurrences_of("thread on", said) == static_cast<size_t>(ranks));
    CHECK(occurrences_of("\n", read_text(several + ".out")) == 1);
  }
}

TEST_CASE("batches of some classes, and two networks, are the same on two processes") {
  if (!has_mpi()) return;
  const ScratchFolder scratch;
  const auto [task, options] = GENERATE(
      std::pair{
          "retrieve",
          "--arch convnet --image-size 16 --retrieve-loss proxy_anchor --head-epochs 1 --batch-size 4 --limit-val 6"},
      std::pair{"rebias",
                "--arch rebias_conv7 --image-size 28 --lambda 1 --lambda-g 1 --batch-size 8 --limit-train 16"});
  CAPTURE(task);
  const std::string data = scratch / "data";
  REQUIRE(shell(std::string("%R synth ") + data + " --task " + task + " --train 4 --val 3 > /dev/null 2>&1") == 0);
  const std::string training = "train " + data + " --task " + task + " " + options +
                               " --epochs 1 --record-every 0 --device cpu --threads 1 --workers 1";
  REQUIRE(run_to(scratch / "one", "%R " + training + " --accumulate 2") == 0);
  REQUIRE(run_to(scratch / "two", mpirun(2) + training) == 0);
  check_same_runs(scratch / "one", scratch / "two");
}

TEST_CASE("processes without --accumulate make steps of a batch each, which the run's options say") {
  if (!has_mpi()) return;
  const ScratchFolder scratch;
  REQUIRE(run_to(scratch / "two", mpirun(2) + short_command("--epochs 1")) == 0);
  REQUIRE(run_to(scratch / "one", "%R " + short_command("--epochs 1 --accumulate 2")) == 0);
  CHECK_THAT(read_text(scratch / "two/config.toml"), ContainsSubstring("accumulate = 2"));
  check_same_runs(scratch / "one", scratch / "two");
}

TEST_CASE("a training on several processes that is stopped or killed goes on, on another number of them") {
  if (!has_mpi()) return;
  const ScratchFolder scratch;
  const std::string cut = scratch / "cut", whole = scratch / "whole";
  const bool killed = GENERATE(false, true);
  CAPTURE(killed);
  // mpirun passes SIGUSR2 on. Its second process is what the kernel might choose when memory runs out.
  const int code = train_until(cut, 2, killed ? "kill -9 $(pgrep -P $launcher | tail -n 1)" : "kill -USR2 $launcher");
  CHECK(code == (killed ? 137 : 140));
  if (!killed) CHECK(result_of(cut)["reason"] == "stopped by SIGUSR2");
  const int epochs = state_of(cut)["finished_epochs"].get<int>() + 2;
  const std::string until = " --epochs " + std::to_string(epochs);
  REQUIRE(shell(mpirun(killed ? 4 : 1) + "train --resume " + cut + until + " 2> /dev/null > /dev/null") == 0);
  REQUIRE(run_to(whole, "%R " + short_command("--accumulate 4 --optimizer adamp" + until)) == 0);
  check_same_runs(whole, cut);
}

TEST_CASE("what goes wrong in one process is told once, by its number, and ends all") {
  if (!has_mpi()) return;
  const ScratchFolder scratch;
  const std::string data = scratch / "pictures", run = scratch / "run";
  std::filesystem::copy(small_pictures(), data, std::filesystem::copy_options::recursive);
  std::string broken;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(data + "/train"))
    if (entry.is_regular_file() && entry.path().string() > broken) broken = entry.path().string();
  std::filesystem::resize_file(broken, 20);
  const std::string training = short_command("--accumulate 4").replace(6, small_pictures().size(), data);
  CHECK(run_to(run, mpirun(4) + training) == 3);
  const std::string said = read_text(run + ".err");
  CHECK(occurrences_of("radial: error:", said) == 1);
  CHECK_THAT(said, ContainsSubstring(broken));
  CHECK(result_of(run)["exit_code"] == 3);
  CHECK_THAT(result_of(run)["reason"].get<std::string>(), ContainsSubstring(broken));

  // Skipped, it is counted once, and the same is trained on.
  const std::string one = scratch / "one", two = scratch / "two", skipping = training + " --on-bad-image skip";
  REQUIRE(run_to(one, "%R " + skipping) == 0);
  REQUIRE(run_to(two, mpirun(2) + skipping) == 0);
  check_same_runs(one, two);
  CHECK(result_of(two)["skipped"] == result_of(one)["skipped"]);
  CHECK(result_of(two)["bad_images"] == result_of(one)["bad_images"]);
}

TEST_CASE("processes that cannot share a training are refused") {
  const ScratchFolder scratch;
  CHECK(run_to(scratch / "torchrun", "env WORLD_SIZE=2 RANK=1 %R " + short_command("")) == 2);
  CHECK_THAT(read_text(scratch / "torchrun.err"), ContainsSubstring("mpirun -n 2"));
  CHECK(shell("env OMPI_COMM_WORLD_SIZE=2 %R reproduce figure3 --data " + small_pictures() + " --out " +
              (scratch / "figure3") + " 2> " + (scratch / "figure3.err")) == 2);
  CHECK_THAT(read_text(scratch / "figure3.err"), ContainsSubstring("2 processes were started"));
  if (!has_mpi()) return;
  CHECK(run_to(scratch / "many", mpirun(2) + short_command("--accumulate 1")) == 2);
  CHECK_THAT(read_text(scratch / "many.err"), ContainsSubstring("--accumulate is 1"));
  CHECK(run_to(scratch / "dry", mpirun(2) + short_command("--dry-run")) == 2);
  CHECK_FALSE(std::filesystem::exists(scratch / "many"));
}
