// A training that was stopped goes on bit for bit as if it had not been.
#include <nlohmann/json.hpp>

#include "apps/checkpoint.h"
#include "tests/apps/training.h"

using Catch::Matchers::ContainsSubstring;
using namespace radial;

namespace {

nlohmann::json state_of(const std::string& run) {
  return nlohmann::json::parse(read_safetensors(run + "/checkpoints/last.safetensors").metadata.at("radial.state"));
}

// A short training in `folder`, stopped by SIGTERM in its sixth step.
void stop_in_first_epoch(const std::string& folder) {
  const AtLoss stop(6, [] { std::raise(SIGTERM); });
  REQUIRE(run(short_training() + Arguments{"--out", folder}).code == 143);
}

}  // namespace

TEST_CASE("a training stopped anywhere goes on bit for bit") {
  const ScratchFolder scratch;
  const Arguments setting =
      GENERATE(Arguments{"--optimizer", "sgd", "--nesterov", "--weight-decay", "1e-3", "--schedule", "cosine"},
               Arguments{"--optimizer", "sgdp", "--projection-test", "always", "--warmup-epochs", "1.5"},
               Arguments{"--optimizer", "adamp", "--lr", "1e-3", "--accumulate", "3", "--schedule", "step",
                         "--lr-step-epochs", "1"});
  const Arguments training =
      short_training() + Arguments{"--eval-first", "--keep", "1"} + Arguments(setting.begin(), setting.end());
  REQUIRE(run(training + Arguments{"--out", scratch / "whole"}).code == 0);

  // Losses 1 to 3 are the first evaluation, then 8 of training, 3 of evaluation, 8 and 3 again.
  const int at = GENERATE(2, 7, 13, 16, 24);
  CAPTURE(setting, at);
  const std::string cut = scratch / "cut";
  {
    const AtLoss stop(at, [] { std::raise(SIGTERM); });
    const Outcome outcome = run(training + Arguments{"--out", cut});
    CHECK(outcome.code == 143);
    CHECK_THAT(outcome.err, ContainsSubstring("radial train --resume " + cut));
  }
  CHECK(!std::filesystem::exists(cut + "/FINISHED"));
  REQUIRE(run({"train", "--resume", cut}).code == 0);
  check_same_runs(scratch / "whole", cut);
  CHECK(std::filesystem::exists(cut + "/FINISHED"));
}

TEST_CASE("a training stopped twice, the second time before it came further") {
  const ScratchFolder scratch;
  REQUIRE(run(short_training() + Arguments{"--out", scratch / "whole"}).code == 0);
  const std::string cut = scratch / "cut";
  for (const Arguments& call : {short_training() + Arguments{"--out", cut}, Arguments{"train", "--resume", cut}}) {
    const AtLoss stop(5, [] { std::raise(SIGINT); });
    CHECK(run(call).code == 130);
  }
  CHECK(state_of(cut)["epoch"] == 1);
  CHECK(state_of(cut)["batch"] == 8);  // 5, then 3 and the first of evaluation
  REQUIRE(run({"train", "--resume", cut}).code == 0);
  check_same_runs(scratch / "whole", cut);
}

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

TEST_CASE("SIGUSR1 saves between two steps, and the training goes on") {
  const ScratchFolder scratch;
  const std::string cut = scratch / "cut";
  nlohmann::json saved;
  {
    const AtLoss save({{5, [] { std::raise(SIGUSR1); }}, {7, [&] { saved = state_of(cut); }}});
    REQUIRE(run(short_training() + Arguments{"--out", cut}).code == 0);
  }
  CHECK(saved["epoch"] == 1);
  CHECK(saved["batch"] == 5);
  REQUIRE(run(short_training() + Arguments{"--out", scratch / "whole"}).code == 0);
  check_same_runs(scratch / "whole", cut);
}

TEST_CASE("rows written after the checkpoint are dropped") {
  const ScratchFolder scratch;
  REQUIRE(run(short_training() + Arguments{"--out", scratch / "whole"}).code == 0);
  const std::string cut = scratch / "cut";
  stop_in_first_epoch(cut);
  put(cut + "/train.csv", read_text(cut + "/train.csv") + "7,1,0.05,9,9,9,9\n8,1,0.0");
  REQUIRE(run({"train", "--resume", cut}).code == 0);
  check_same_runs(scratch / "whole", cut);
}

TEST_CASE("more epochs continue a finished training") {
  const ScratchFolder scratch;
  REQUIRE(run(short_training() + Arguments{"--out", scratch / "long", "--epochs=3"}).code == 0);
  Arguments shorter = short_training();
  const std::string run_folder = scratch / "run";
  REQUIRE(run(shorter + Arguments{"--out", run_folder}).code == 0);
  const Outcome again = run({"train", "--resume", run_folder});
  CHECK(again.code == 0);
  CHECK_THAT(again.out, ContainsSubstring("finished after 2 epochs"));
  REQUIRE(run({"train", "--resume", run_folder, "--epochs", "3"}).code == 0);
  check_same_runs(scratch / "long", run_folder);
}

TEST_CASE("only some options may change when a run goes on") {
  const ScratchFolder scratch;
  const std::string folder = scratch / "run";
  REQUIRE(run(short_training() + Arguments{"--out", folder}).code == 0);
  const Outcome changed = run({"train", "--resume", folder, "--lr", "0.1", "--no-shuffle", "--threads", "2"});
  CHECK(changed.code == 2);
  CHECK_THAT(changed.err, ContainsSubstring("--lr 0.1 (the run has 0.05)"));
  CHECK_THAT(changed.err, ContainsSubstring("--shuffle false (the run has true)"));
  CHECK_THAT(changed.err, !ContainsSubstring("--threads 2"));
  CHECK(run(short_training() + Arguments{"--resume", folder}).code == 0);
  CHECK(run({"train", "--resume", folder, "--out", scratch / "other"}).code == 2);
  CHECK(run({"train", "--resume", scratch / "nothing"}).code == 2);
  CHECK(run({"train", "--resume", folder, "--device", "auto", "--workers", "0"}).code == 0);
}

TEST_CASE("a run goes on with its own pictures and checkpoint alone") {
  const ScratchFolder scratch;
  std::filesystem::copy(small_pictures(), scratch / "data", std::filesystem::copy_options::recursive);
  const std::string folder = scratch / "run";
  REQUIRE(run(short_training(scratch / "data") + Arguments{"--out", folder}).code == 0);
  const std::string last = folder + "/checkpoints/last.safetensors";

  SECTION("other pictures") {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(scratch / "data" + "/train"))
      if (entry.is_regular_file()) {
        std::filesystem::rename(entry.path(), entry.path().string() + ".png");
        break;
      }
    CHECK(run({"train", "--resume", folder, "--epochs", "3"}).code == 3);
  }
  SECTION("a damaged checkpoint") {
    std::string content = content_of(last);
    content[content.size() - 5] = static_cast<char>(content[content.size() - 5] ^ 1);
    put(last, content);
    CHECK(run({"train", "--resume", folder, "--epochs", "3"}).code == 4);
  }
  SECTION("weights without a training state") {
    TensorFile file = read_safetensors(last);
    file.metadata.erase("radial.state");
    write_safetensors(last, file);
    CHECK(run({"train", "--resume", folder, "--epochs", "3"}).code == 4);
  }
}
