// A training that was stopped goes on bit for bit as if it had not been.
#include "tests/apps/training.h"
#include "train/checkpoint.h"

using Catch::Matchers::ContainsSubstring;
using namespace radial;

namespace {

// As if a version before 2 had made it: no record of the CSV files, and the best with the state of the optimizer.
void make_old(const std::string& folder) {
  for (const char* name : {"last", "best"}) {
    const std::string path = folder + "/checkpoints/" + name + ".safetensors";
    TensorFile file = read_safetensors(folder + "/checkpoints/last.safetensors");
    nlohmann::json state = state_of(folder);
    state.erase("files");
    file.metadata.erase("radial.version");
    if (std::string(name) == "best") {
      const int epoch = state["best"]["epoch"];
      state["finished_epochs"] = epoch;
      for (const auto& [tensor, values] : read_safetensors(path).tensors) file.tensors[tensor] = values;
    }
    file.metadata["radial.state"] = state.dump();
    write_safetensors(path, file);
  }
}

// What result.json names as best is in the file.
void check_best(const std::string& folder) {
  const std::string path = folder + "/checkpoints/best.safetensors";
  CHECK(epoch_of(read_safetensors(path), path) == result_of(folder)["best"]["epoch"]);
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

TEST_CASE("a run whose sums were made in another order goes on, and says so") {
  const ScratchFolder scratch;
  const bool accumulates = GENERATE(true, false);
  const std::string cut = scratch / "cut", last = cut + "/checkpoints/last.safetensors";
  {
    const AtLoss stop(6, [] { std::raise(SIGTERM); });
    REQUIRE(run(short_training() + Arguments{"--out", cut, "--accumulate", accumulates ? "2" : "1"}).code == 143);
  }
  TensorFile file = read_safetensors(last);
  CHECK(file.metadata.erase("radial.sums") == 1);
  write_safetensors(last, file);
  const Outcome outcome = run({"train", "--resume", cut});
  CHECK(outcome.code == 0);
  CHECK((outcome.err.find("in another order") != std::string::npos) == accumulates);
  CHECK_THAT(run({"train", "--resume", cut, "--epochs", "3"}).err, !ContainsSubstring("in another order"));
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

TEST_CASE("rows that the checkpoint relies on must be there") {
  const ScratchFolder scratch;
  const std::string cut = scratch / "cut";
  REQUIRE(run(short_training() + Arguments{"--out", cut}).code == 0);
  for (const char* file : {"/epochs.csv", "/train.csv", "/layers.csv", "/val.csv"}) {
    CAPTURE(file);
    const std::string whole = content_of(cut + file), last_line = whole.substr(whole.rfind('\n', whole.size() - 2));
    const auto refused = [&](const std::string& content, const std::string& message) {
      put(cut + file, content);
      const Outcome outcome = run({"train", "--resume", cut, "--epochs", "3"});
      put(cut + file, whole);
      CHECK(outcome.code == 4);
      CHECK_THAT(outcome.err, ContainsSubstring(cut + file));
      CHECK_THAT(outcome.err, ContainsSubstring(message));
    };
    refused(whole.substr(0, whole.size() - last_line.size() + 1), "rows are missing");
    refused(whole.substr(0, whole.size() - 1), "rows are missing");
    std::string changed = whole;
    changed[whole.size() - 2] = changed[whole.size() - 2] == '1' ? '2' : '1';
    refused(changed, "rows were changed");
  }
  std::filesystem::rename(cut + "/val.csv", cut + "/away");
  CHECK(run({"train", "--resume", cut, "--epochs", "3"}).code == 4);
  std::filesystem::rename(cut + "/away", cut + "/val.csv");
  CHECK(run({"train", "--resume", cut, "--epochs", "3"}).code == 0);
}

TEST_CASE("a run of a version that did not record its CSV files") {
  const ScratchFolder scratch;
  const std::string whole = scratch / "whole", cut = scratch / "cut";
  REQUIRE(run(short_training() + Arguments{"--out", whole, "--epochs=3"}).code == 0);
  REQUIRE(run(short_training() + Arguments{"--out", cut}).code == 0);
  const std::string last = cut + "/checkpoints/last.safetensors";
  make_old(cut);
  SECTION("goes on") {
    put(cut + "/train.csv", read_text(cut + "/train.csv") + "17,3,0.0");
    REQUIRE(run({"train", "--resume", cut, "--epochs", "3"}).code == 0);
    check_same_runs(whole, cut);
  }
  SECTION("goes on with the columns that its files have") {
    const auto without_last_column = [](const std::string& text) {
      std::string kept;
      std::istringstream lines(text);
      for (std::string line; std::getline(lines, line);) kept += line.substr(0, line.rfind(',')) + "\n";
      return kept;
    };
    put(cut + "/layers.csv", without_last_column(read_text(cut + "/layers.csv")));
    REQUIRE(run({"train", "--resume", cut, "--epochs", "3"}).code == 0);
    CHECK(read_text(cut + "/layers.csv") == without_last_column(read_text(whole + "/layers.csv")));
    CHECK(run({"figure", cut, "--out", scratch / "figure.svg"}).code == 0);
  }
  SECTION("does not if a column is unknown") {
    put(cut + "/val.csv", "epoch,loss,top1,top9,seconds\n1,1,1,1,1\n");
    const Outcome outcome = run({"train", "--resume", cut, "--epochs", "3"});
    CHECK(outcome.code == 4);
    CHECK_THAT(outcome.err, ContainsSubstring("the header is \"epoch,loss,top1,top9,seconds\" but must be"));
  }
  SECTION("does not if a row is missing") {
    const std::string epochs = read_text(cut + "/epochs.csv");
    put(cut + "/epochs.csv", epochs.substr(0, epochs.rfind('\n', epochs.size() - 2) + 1));
    const Outcome outcome = run({"train", "--resume", cut, "--epochs", "3"});
    CHECK(outcome.code == 4);
    CHECK_THAT(outcome.err, ContainsSubstring("epochs.csv: the last row is of 1 but rows up to 2 are expected"));
  }
  SECTION("and was killed between last and best") {
    std::filesystem::remove(cut + "/checkpoints/best.safetensors");
    const Outcome outcome = run({"train", "--resume", cut, "--epochs", "3"});
    REQUIRE(outcome.code == 0);
    check_best(cut);
    if (state_of(whole)["best"]["epoch"] != 1) check_same_runs(whole, cut);  // the weights of 1 are gone for good
  }
}

TEST_CASE("the best weights and the kept epochs are there before the checkpoint that names them") {
  const ScratchFolder scratch;
  const std::string folder = scratch / "run", checkpoints = folder + "/checkpoints/";
  REQUIRE(run(short_training() + Arguments{"--out", folder, "--keep", "2", "--epochs=3"}).code == 0);
  check_best(folder);
  CHECK(std::filesystem::equivalent(checkpoints + "last.safetensors", checkpoints + "epoch3.safetensors"));
  // best holds weights and buffers, and where they came from
  const TensorFile best = read_safetensors(checkpoints + "best.safetensors");
  for (const auto& [name, tensor] : best.tensors) CHECK_THAT(name, !ContainsSubstring("optimizer."));
  CHECK(best.metadata.count("radial.state") == 0);
  const Outcome evaluated =
      run({"evaluate", small_pictures(), "--weights", checkpoints + "best.safetensors", "--json", "--threads", "1"});
  REQUIRE(evaluated.code == 0);
  CHECK(nlohmann::json::parse(evaluated.out)["top1"] == result_of(folder)["best"]["val_top1"]);

  SECTION("weights alone cannot be resumed") {
    std::filesystem::remove(checkpoints + "last.safetensors");
    std::filesystem::copy(checkpoints + "best.safetensors", checkpoints + "last.safetensors");
    const Outcome outcome = run({"train", "--resume", folder, "--epochs", "4"});
    CHECK(outcome.code == 4);
    CHECK_THAT(outcome.err, ContainsSubstring("holds weights but no training state"));
  }
  SECTION("a file is no run") {
    const Outcome outcome = run({"train", "--resume", checkpoints + "best.safetensors"});
    CHECK(outcome.code == 2);
    CHECK_THAT(outcome.err, ContainsSubstring("--resume takes the folder of a run (" + folder + ")"));
  }
  SECTION("without last the others are not written over") {
    std::filesystem::remove(checkpoints + "last.safetensors");
    const Outcome outcome = run({"train", "--resume", folder, "--epochs", "4"});
    CHECK(outcome.code == 4);
    CHECK_THAT(outcome.err, ContainsSubstring("last.safetensors is missing"));
  }
  SECTION("a kept epoch goes on as last") {
    std::filesystem::remove(checkpoints + "last.safetensors");
    std::filesystem::copy(checkpoints + "epoch2.safetensors", checkpoints + "last.safetensors");
    CHECK(run({"train", "--resume", folder}).code == 0);
    REQUIRE(run(short_training() + Arguments{"--out", scratch / "whole", "--epochs=3"}).code == 0);
    CHECK(read_text(folder + "/layers.csv") == read_text(scratch / "whole/layers.csv"));
    check_best(folder);
  }
}
