// Several processes: the same run on any number of them, whatever ends it. With Open MPI's mpirun, where it is.
#include "tests/apps/processes.h"

#include "data/sound.h"
#include "tests/apps/training.h"

using Catch::Matchers::ContainsSubstring;
using namespace radial;

namespace {

std::string short_command(const std::string& options) {
  std::string words;
  for (const std::string& word : short_training()) words += word + " ";
  return words + options;
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

TEST_CASE("every task is the same on two processes, what it measures between steps and its evaluation too") {
  if (!has_mpi()) return;
  struct Case {
    std::string task, data, options;
  };
  // Validation has a whole batch and a part of one, or three batches.
  const auto [task, data, options] = GENERATE(
      Case{"retrieve", "--train 4 --val 3",
           "--arch convnet --image-size 16 --retrieve-loss proxy_anchor --head-epochs 1 --batch-size 4 --limit-val 6"},
      Case{
          "rebias", "--train 4 --val 3",
          "--arch rebias_conv7 --image-size 28 --sigma median --lambda 1 --lambda-g 1 --batch-size 8 --limit-train 24"},
      Case{"detect", "--classes 2 --train 8 --val 3 --size 40",
           "--image-size 32 --batch-size 2 --optimizer sgdp --lr 1e-5"},
      Case{"audio", "--classes 3 --train 4 --val 2 --seconds 0.5", "--samples 16128 --channels 4 --batch-size 2"},
      Case{"audio", "--classes 3 --train 4 --val 1 --seconds 0.5 --tags",
           "--samples 16128 --channels 4 --batch-size 4 --pieces 2"});
  CAPTURE(task, options);
  if (task == "audio" && !reads_sounds()) return;
  const ScratchFolder scratch;
  const std::string pictures = scratch / "data";
  REQUIRE(shell("%R synth " + pictures + " --task " + task + " " + data + " > /dev/null 2>&1") == 0);
  const std::string training = "train " + pictures + " --task " + task + " " + options +
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
  const auto break_last_of = [&](const std::string& split) {
    std::string last;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(data + "/" + split))
      if (entry.is_regular_file() && entry.path().string() > last) last = entry.path().string();
    std::filesystem::resize_file(last, 20);
    return last;
  };
  const std::string broken = break_last_of("train");
  const std::string training = short_command("--accumulate 4").replace(6, small_pictures().size(), data);
  CHECK(run_to(run, mpirun(4) + training) == 3);
  const std::string said = read_text(run + ".err");
  CHECK(occurrences_of("radial: error:", said) == 1);
  CHECK_THAT(said, ContainsSubstring(broken));
  CHECK(result_of(run)["exit_code"] == 3);
  CHECK_THAT(result_of(run)["reason"].get<std::string>(), ContainsSubstring(broken));

  // Skipped, it is counted once an epoch, as is one of the evaluation, and the same is trained on.
  break_last_of("val");
  const std::string one = scratch / "one", two = scratch / "two", skipping = training + " --on-bad-image skip";
  REQUIRE(run_to(one, "%R " + skipping) == 0);
  REQUIRE(run_to(two, mpirun(2) + skipping) == 0);
  check_same_runs(one, two);
  CHECK(result_of(two)["skipped"] == 4);
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
  CHECK_FALSE(std::filesystem::exists(scratch / "many"));
}

TEST_CASE("several processes try a training out as one does, and one tells what is wrong with the words of all") {
  if (!has_mpi()) return;
  const ScratchFolder scratch;
  REQUIRE(run_to(scratch / "one", "%R " + short_command("--accumulate 2 --dry-run")) == 0);
  REQUIRE(run_to(scratch / "two", mpirun(2) + short_command("--dry-run")) == 0);
  const std::string told = read_text(scratch / "two.out"), loss = "first loss  ";
  CHECK(occurrences_of(loss, told) == 1);
  const auto line_of = [&](const std::string& text) {
    const size_t at = text.find(loss);
    return text.substr(at, text.find('\n', at) - at);
  };
  CHECK(line_of(told) == line_of(read_text(scratch / "one.out")));
  CHECK_FALSE(std::filesystem::exists(scratch / "two"));

  CHECK(run_to(scratch / "typo", mpirun(2) + short_command("--epoch 3")) == 2);
  CHECK(occurrences_of("unknown option --epoch", read_text(scratch / "typo.err")) == 1);
}
