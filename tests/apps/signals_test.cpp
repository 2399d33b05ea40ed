// Signals that stop a training, and limits of the system, tried on the program itself.
#include "tests/apps/shell.h"
#include "tests/apps/training.h"

using Catch::Matchers::ContainsSubstring;
using namespace radial;

namespace {

// `before` the program: env with signals, say.
std::string train_command(const std::string& folder, const std::string& before = "") {
  return before + " %R train " + small_pictures() + " --arch mlp --image-size 8 --batch-size 5 --record-every 0" +
         " --threads 1 --workers 1 --device cpu --epochs 1000000 --save-every 0 --out " + folder + " 2> " + folder +
         ".err ";
}

// Starts it in the background, waits until it makes steps, and sends signals to $pid. The exit code.
int train_until(const std::string& folder, const std::string& before, const std::string& signals) {
  return shell(train_command(folder, before) + "& pid=$!; while [ ! -e " + folder +
               "/checkpoints/best.safetensors ]; do sleep 0.05; done; " + signals + "; wait $pid");
}

}  // namespace

TEST_CASE("signals stop the program after a clean save") {
  const ScratchFolder scratch;
  const auto [signal, code] =
      GENERATE(std::pair{"INT", 130}, std::pair{"TERM", 143}, std::pair{"HUP", 129}, std::pair{"USR2", 140});
  CAPTURE(signal);
  const std::string folder = scratch / "run";
  // A shell starts what is in the background with SIGINT ignored.
  const int got = train_until(folder, "env --default-signal", std::string("kill -") + signal + " $pid");
  CHECK(got == code);
  CHECK(state_of(folder)["step"] > 0);
  CHECK(result_of(folder)["exit_code"] == code);
  CHECK(result_of(folder)["reason"] == std::string("stopped by SIG") + signal);
}

TEST_CASE("a signal that was ignored when the program began stays ignored") {
  const ScratchFolder scratch;
  const std::string signal = GENERATE("INT", "HUP", "USR1", "USR2");
  CAPTURE(signal);
  const int got = train_until(scratch / "run", "env --ignore-signal=" + signal,
                              "kill -" + signal + " $pid; sleep 0.3; kill -TERM $pid");
  CHECK(got == 143);
  CHECK(result_of(scratch / "run")["reason"] == "stopped by SIGTERM");
}

TEST_CASE("a terminal that goes away sends SIGHUP twice, and the training is saved") {
  const ScratchFolder scratch;
  CHECK(train_until(scratch / "run", "env --default-signal", "kill -HUP $pid; kill -HUP $pid") == 129);
  CHECK(result_of(scratch / "run")["exit_code"] == 129);
}

TEST_CASE("a limit of the size of files is an error with the name of the file") {
  const ScratchFolder scratch;
  const std::string folder = scratch / "run";
  const int code = shell("ulimit -f 40; " + train_command(folder));
  CHECK(code == 7);
  CHECK_THAT(content_of(folder + ".err"), ContainsSubstring(folder + "/checkpoints/last.safetensors: File too large"));
  CHECK_THAT(content_of(folder + ".err"), !ContainsSubstring(".tmp-"));
  CHECK(result_of(folder)["exit_code"] == 7);
  CHECK(CsvTable::read(folder + "/train.csv").rows() == 0);  // before the first step
}
