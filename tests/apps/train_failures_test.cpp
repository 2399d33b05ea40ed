// What goes wrong, and with which exit code and words.
#include <nlohmann/json.hpp>

#include "tests/apps/shell.h"
#include "tests/apps/training.h"

using Catch::Matchers::ContainsSubstring;
using namespace radial;
namespace fs = std::filesystem;

namespace {

struct Case {
  Arguments arguments;
  int code;
  std::string message;
};

}  // namespace

TEST_CASE("usage errors say what was found and what was expected") {
  const Case c = GENERATE(
      Case{{"trian", "x"}, 2, "unknown command trian (did you mean train?)"}, Case{{}, 2, "a command is missing"},
      Case{{"bench", "stp"}, 2, "unknown command stp (did you mean step?)"},
      Case{{"train", "x", "--epohcs", "3"}, 2, "unknown option --epohcs (did you mean --epochs?)"},
      Case{{"train", "x", "y"}, 2, "unknown argument y"}, Case{{"train"}, 2, "DATA"},
      Case{{"train", "/nowhere"}, 3, "/nowhere"},
      Case{{"train", "x", "--lr", "-1"}, 2, "--lr: got -1 but expected a number of at least 0"},
      Case{{"train", "x", "--lr=nan"}, 2, "--lr: got nan"},
      Case{{"train", "x", "--batch-size", "0"}, 2, "--batch-size: got 0"},
      Case{{"train", "x", "--epochs", "1.5"}, 2, "--epochs"},
      Case{{"train", "x", "--optimizer", "sgpd"}, 2, "(did you mean sgd?)"},
      Case{{"train", "x", "--momentum", "0.5", "--optimizer", "gd"}, 2, "--optimizer sgd"},
      Case{{"train", "x", "--device", "cuda:1"}, 2, "built without CUDA"},
      Case{{"train", "x", "--device", "gpu"}, 2, "cuda:N"},
      Case{{"train", "x", "--dtype", "float16"}, 2, "float32, float64, tf32, bfloat16"},
      Case{{"train", "x", "--dtype", "bfloat16", "--device", "cpu"}, 2, "cpu was asked for but bfloat16 is a GPU's"},
      Case{{"train", "x", "--mean", "1", "2"}, 2, "--mean"},
      Case{{"train", "x", "--config", "/nowhere"}, 2, "/nowhere"}, Case{{"predict", "x.jpg"}, 2, "--weights"},
      Case{{"evaluate", "x", "--weights", "/nowhere"}, 7, "/nowhere"});
  CAPTURE(c.arguments);
  const Outcome outcome = run(c.arguments);
  CHECK(outcome.code == c.code);
  CHECK(outcome.out.empty());
  CHECK_THAT(outcome.err, ContainsSubstring("radial: error: "));
  CHECK_THAT(outcome.err, ContainsSubstring(c.message));
}

TEST_CASE("configuration files are read strictly") {
  const ScratchFolder scratch;
  const auto outcome_of = [&](const std::string& text) {
    put(scratch / "c.toml", text);
    return run(short_training() + Arguments{"--config", scratch / "c.toml", "--print-config"});
  };
  CHECK_THAT(outcome_of("lrr = 1\n").err, ContainsSubstring("no option \"lrr\" (did you mean lr?)"));
  CHECK_THAT(outcome_of("[evaluate]\nseed = 1\n").err, ContainsSubstring("[evaluate]"));
  CHECK_THAT(outcome_of("[train]\nseed = 1\nseed = 2\n").err, ContainsSubstring(":3: \"seed\" is there twice"));
  CHECK_THAT(outcome_of("seed 1\n").err, ContainsSubstring(":1: \"seed 1\" is neither"));
  CHECK_THAT(outcome_of("seed = \"x\"\n").err, ContainsSubstring("seed"));
  CHECK_THAT(outcome_of("eps = -1\n").err, ContainsSubstring("got -1"));
  CHECK_THAT(outcome_of("lr-milestones = [1, 2\n").err, ContainsSubstring("no end"));
  for (const char* bad : {"lrr = 1\n", "seed = \"x\"\n", "x\n"}) CHECK(outcome_of(bad).code == 2);
  const Outcome good = outcome_of(
      "# all of TOML that is needed\n\n[train]\nseed = 7 # a comment\nlr-milestones = [4,\n  8]\n"
      "no-shuffle = true\ninit = \"/a # b/c\"\nmean = [0.5, 0.5, 0.5]\n");
  CHECK(good.code == 0);
  for (const char* line : {"seed = 7\n", "lr-milestones = [4, 8]\n", "shuffle = false\n", "init = \"/a # b/c\"\n"})
    CHECK_THAT(good.out, ContainsSubstring(line));
}

TEST_CASE("a loss that is not finite stops the training and says where it began") {
  const ScratchFolder scratch;
  const std::string folder = scratch / "run";
  const Outcome outcome = run(short_training() + Arguments{"--out", folder, "--lr=1e38"});
  CHECK(outcome.code == 5);
  CHECK_THAT(outcome.err, ContainsSubstring("step 2, epoch 1"));
  CHECK_THAT(outcome.err, ContainsSubstring("is in the output of bn1"));
  CHECK_THAT(outcome.err, ContainsSubstring(small_pictures() + "/train/"));
  const auto result = nlohmann::json::parse(read_text(folder + "/result.json"));
  CHECK(result["reason"] == "non-finite loss");
  CHECK(result["exit_code"] == 5);
  CHECK(result["pictures"].size() == 4);
  CHECK(!fs::exists(folder + "/FINISHED"));
  CHECK(state_of(folder)["step"] == 0);  // it is not saved over a good checkpoint
}

TEST_CASE("the last good checkpoint survives a loss that is not finite") {
  const ScratchFolder scratch;
  const std::string folder = scratch / "run";
  // The learning rate explodes in the second epoch.
  const Outcome outcome = run(short_training() + Arguments{"--out", folder, "--schedule", "step", "--lr-step-epochs",
                                                           "1", "--lr-gamma", "1e38"});
  CHECK(outcome.code == 5);
  CHECK(state_of(folder)["step"] == 8);
  CHECK(run({"evaluate", small_pictures(), "--weights", folder}).code == 0);
}

TEST_CASE("a picture that cannot be read") {
  const ScratchFolder scratch;
  fs::copy(small_pictures(), scratch / "data", fs::copy_options::recursive);
  std::string bad;
  for (const auto& entry : fs::recursive_directory_iterator(scratch / "data/train"))
    if (entry.is_regular_file()) bad = entry.path().string();
  put(bad, "not a picture");

  const Outcome stopped = run(short_training(scratch / "data") + Arguments{"--out", scratch / "a"});
  CHECK(stopped.code == 3);
  CHECK_THAT(stopped.err, ContainsSubstring(bad));
  const Outcome skipped =
      run(short_training(scratch / "data") + Arguments{"--out", scratch / "b", "--on-bad-image", "skip"});
  CHECK(skipped.code == 0);
  CHECK_THAT(skipped.err, ContainsSubstring("skipped: "));
  CHECK_THAT(skipped.err, ContainsSubstring(bad));
  const auto result = nlohmann::json::parse(read_text(scratch / "b/result.json"));
  CHECK(result["skipped"] == 2);  // once an epoch
  CHECK(result["bad_images"] == std::vector<std::string>{bad});
  CHECK(result["images"] == 58);
}

TEST_CASE("class sets that differ") {
  const ScratchFolder scratch;
  fs::copy(small_pictures(), scratch / "data", fs::copy_options::recursive);
  for (const auto& entry : fs::directory_iterator(scratch / "data/val")) {
    fs::rename(entry.path(), scratch / "data/val/another");
    break;
  }
  const Outcome outcome = run(short_training(scratch / "data") + Arguments{"--out", scratch / "a"});
  CHECK(outcome.code == 3);
  CHECK_THAT(outcome.err, ContainsSubstring("another"));
  CHECK(!fs::exists(scratch / "a"));
}

TEST_CASE("a batch of one picture that batch norm cannot take is refused at once") {
  const ScratchFolder scratch;
  const Arguments mlp = {"--arch", "mlp", "--batch-size=29", "--out", scratch / "a"};
  const Outcome outcome = run(short_training() + mlp);
  CHECK(outcome.code == 2);
  CHECK_THAT(outcome.err, ContainsSubstring("--drop-last"));
  CHECK(run(short_training() + mlp + Arguments{"--drop-last", "--epochs=1"}).code == 0);
}

TEST_CASE("another process may not train in the same folder") {
  const ScratchFolder scratch;
  const std::string folder = scratch / "run";
  Outcome second;
  const AtLoss look(3, [&] { second.code = shell("%R train --resume " + folder + " 2> " + (scratch / "err")); });
  CHECK(run(short_training() + Arguments{"--out", folder}).code == 0);
  CHECK(second.code == 2);
  CHECK_THAT(content_of(scratch / "err"), ContainsSubstring("another process"));
}

TEST_CASE("results that do not arrive are an error") {
  const ScratchFolder scratch;
  const std::string err = " 2> " + (scratch / "err");
  CHECK(shell("%R --version > /dev/full" + err) == 7);
  CHECK(shell("%R --version >&-" + err) == 7);
  CHECK(shell("%R --help > /dev/null" + err) == 0);
  REQUIRE(run(short_training() + Arguments{"--out", scratch / "run", "--epochs=1"}).code == 0);
  const std::string evaluate = "%R evaluate " + small_pictures() + " --weights " + (scratch / "run") + " --threads 1";
  CHECK(shell(evaluate + " --json > /dev/full" + err) == 7);
  CHECK_THAT(content_of(scratch / "err"), ContainsSubstring("standard output: No space left on device"));
  CHECK(shell(evaluate + " > /dev/full" + err) == 7);
  const std::string weights = " --weights " + (scratch / "run"), out = " --out " + (scratch / "figure");
  for (const std::string& command :
       {std::string("--help"), std::string("train --help"), std::string("inspect --arch mlp"),
        std::string("inspect --arch mlp --json"), "toy --iterations 9" + out, std::string("toy --iterations 9 --json"),
        "figure " + (scratch / "run") + out + ".svg", "synth --classes 1 --train 1 --val 1 --size 8 " + (scratch / "s"),
        "invariance --image-size 32 --batch-size 2" + weights, "train --print-config " + small_pictures(),
        "train --dry-run --arch mlp --image-size 8 " + small_pictures(),
        "bench step --arch mlp --image-size 8 --steps 1 --batch-size 2"}) {
    CAPTURE(command);
    CHECK(shell("%R " + command + " > /dev/full" + err) == 7);
    CHECK_THAT(content_of(scratch / "err"), ContainsSubstring("No space left on device"));
  }
}

TEST_CASE("a reader of results may leave") {
  const ScratchFolder scratch;
  CHECK(shell("%R inspect --json | head -1 > " + (scratch / "line") + " 2> " + (scratch / "err")) == 0);
  CHECK_THAT(content_of(scratch / "line"), ContainsSubstring("\"arch\":\"resnet18\""));
  CHECK(content_of(scratch / "err").empty());
}

TEST_CASE("with --json an error leaves standard output empty") {
  const ScratchFolder scratch;
  put(scratch / "broken", "x");
  for (const Arguments& arguments :
       {Arguments{"inspect", scratch / "broken", "--json"}, Arguments{"inspect", "--json", "--arch", "x"},
        Arguments{"evaluate", scratch / "none", "--weights", scratch / "none", "--json"},
        Arguments{"predict", "--weights", scratch / "broken", "--json", "x.jpg"},
        Arguments{"toy", "--json", "--at", "x"}, Arguments{"toy", "--json", "--at", "9999"},
        Arguments{"invariance", "--json", "--weights", scratch / "broken"},
        Arguments{"bench", "loader", scratch / "none", "--json"},
        Arguments{"reproduce", "figure3", "--json", "--data", scratch / "none", "--out", scratch / "out"}}) {
    const Outcome outcome = run(arguments);
    CAPTURE(arguments, outcome.err);
    CHECK(outcome.code > 1);
    CHECK(outcome.out.empty());
    CHECK_THAT(outcome.err, ContainsSubstring("radial: error: "));
  }
}

TEST_CASE("where threads cannot be started the error says how many can") {
  const ScratchFolder scratch;
  fs::permissions(scratch.path(), fs::perms::all);
  // For root the limit of processes means nothing.
  std::string limited = "prlimit --nproc=1 %R ";
  if (geteuid() == 0) limited = "setpriv --reuid=65534 --clear-groups " + limited;
  const std::string err = " > /dev/null 2> " + (scratch / "err");
  if (shell("OMP_WAIT_POLICY=passive " + limited + "--version" + err) != 0) {
    WARN("the program cannot be run as another user: skipped");
    return;
  }
  CHECK(shell("OMP_WAIT_POLICY=passive " + limited + "bench step --arch mlp --image-size 64 --steps 1 --threads 64" +
              err) == 7);
  CHECK_THAT(content_of(scratch / "err"), ContainsSubstring("were to compute but the system starts no more than 1"));
}

TEST_CASE("invariance and inspect do what they are told where the weights say otherwise") {
  const ScratchFolder scratch;
  const std::string folder = scratch / "run";
  REQUIRE(run(short_training() + Arguments{"--out", folder, "--epochs", "0"}).code == 0);
  const auto first = [](const Arguments& arguments) { return run_radial(arguments).lines().at(0); };
  const auto changes = [&](const char* size) {
    return first(
        {"invariance", "--weights", folder, "--json", "--batch-size", "2", "--image-size", size})["loss_change"];
  };
  CHECK(changes("16") != changes("24"));
  CHECK(changes("16") == first({"invariance", "--weights", folder, "--json", "--batch-size", "2"})["loss_change"]);
  CHECK(first({"inspect", folder, "--json", "--image-size", "32"})["multiply_adds"] >
        first({"inspect", folder, "--json"})["multiply_adds"]);
  CHECK(run({"inspect", folder, "--arch", "resnet18"}).code == 4);
  CHECK(run({"invariance", "--weights", folder, "--arch", "resnet18"}).code == 4);
}

TEST_CASE("a folder that cannot be written") {
  const Outcome outcome = run(short_training() + Arguments{"--out", "/proc/radial"});
  CHECK(outcome.code == 7);
  CHECK_THAT(outcome.err, ContainsSubstring("/proc/radial"));
}
