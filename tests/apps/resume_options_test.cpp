// What a run that goes on insists on, and what may change.
#include "tests/apps/training.h"

using Catch::Matchers::ContainsSubstring;
using namespace radial;

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
  CHECK_THAT(changed.err, ContainsSubstring("--patience, --max-hours"));
  CHECK(run(short_training() + Arguments{"--resume", folder}).code == 0);
  CHECK(run({"train", "--resume", folder, "--out", scratch / "other"}).code == 2);
  CHECK(run({"train", "--resume", scratch / "nothing"}).code == 2);
  CHECK(run({"train", "--resume", folder, "--device", "auto", "--workers", "0", "--on-bad-image", "skip", "--keep", "1",
             "--save-every", "0.5", "--epochs", "3"})
            .code == 0);
  for (const char* line : {"on-bad-image = \"skip\"\n", "keep = 1\n", "save-every = 0.5\n", "epochs = 3\n"})
    CHECK_THAT(read_text(folder + "/config.toml"), ContainsSubstring(line));
  CHECK(std::filesystem::exists(folder + "/checkpoints/epoch3.safetensors"));
}

TEST_CASE("another length of a schedule over the whole is said with both rates") {
  const ScratchFolder scratch;
  const std::string folder = scratch / "run";
  const Arguments training = short_training() + Arguments{"--out", folder};
  SECTION("cosine") {
    REQUIRE(run(training + Arguments{"--schedule", "cosine"}).code == 0);
    const Outcome outcome = run({"train", "--resume", folder, "--epochs", "4"});
    CHECK(outcome.code == 0);
    CHECK_THAT(outcome.err, ContainsSubstring("warning: the learning rate jumps from 0.0004804 to 0.025"));
    CHECK(CsvTable::read(folder + "/train.csv").numbers("lr")[16] == Catch::Approx(0.025));
    CHECK_THAT(run({"train", "--resume", folder}).err, !ContainsSubstring("warning"));
  }
  SECTION("a schedule by epochs goes on as it is") {
    REQUIRE(run(training + Arguments{"--schedule", "step", "--lr-step-epochs", "1", "--warmup-epochs", "0.5"}).code ==
            0);
    CHECK_THAT(run({"train", "--resume", folder, "--epochs", "4"}).err, !ContainsSubstring("warning"));
  }
}

TEST_CASE("the initial weights need not be there when a run goes on") {
  const ScratchFolder scratch;
  const std::string folder = scratch / "run";
  REQUIRE(run(short_training() + Arguments{"--out", scratch / "a", "--epochs=1"}).code == 0);
  const Arguments training = short_training() + Arguments{"--init", scratch / "a"};
  REQUIRE(run(training + Arguments{"--out", scratch / "whole"}).code == 0);
  {
    const AtLoss stop(6, [] { std::raise(SIGTERM); });
    REQUIRE(run(training + Arguments{"--out", folder}).code == 143);
  }
  std::filesystem::remove_all(scratch / "a");
  REQUIRE(run({"train", "--resume", folder}).code == 0);
  check_same_runs(scratch / "whole", folder);
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
  SECTION("a picture that was replaced by another") {
    std::vector<std::string> pictures;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(scratch / "data" + "/val"))
      if (entry.is_regular_file()) pictures.push_back(entry.path().string());
    std::sort(pictures.begin(), pictures.end());
    std::filesystem::copy(pictures[0], pictures[1], std::filesystem::copy_options::overwrite_existing);
    const Outcome outcome = run({"train", "--resume", folder, "--epochs", "3"});
    CHECK(outcome.code == 3);
    CHECK_THAT(outcome.err,
               ContainsSubstring("pictures of " + std::filesystem::path(pictures[1]).parent_path().string()));
    CHECK(run({"evaluate", scratch / "data", "--weights", folder, "--threads", "1"}).code == 0);
    // A run of a version that looked at names alone goes on.
    auto dataset = nlohmann::ordered_json::parse(read_text(folder + "/dataset.json"));
    for (const char* split : {"train", "val"}) dataset[split].erase("fingerprints");
    put(folder + "/dataset.json", dataset.dump());
    CHECK(run({"train", "--resume", folder, "--epochs", "3"}).code == 0);
  }
  SECTION("pictures that were moved") {
    std::filesystem::rename(scratch / "data", scratch / "moved");
    const Outcome lost = run({"train", "--resume", folder, "--epochs", "3"});
    CHECK(lost.code == 3);
    CHECK_THAT(lost.err, ContainsSubstring("radial train --resume " + folder + " DATA"));
    REQUIRE(run({"train", "--resume", folder, scratch / "moved", "--epochs", "3"}).code == 0);
    CHECK_THAT(read_text(folder + "/config.toml"), ContainsSubstring(scratch / "moved"));
    REQUIRE(run(short_training() + Arguments{"--out", scratch / "whole", "--epochs=3"}).code == 0);
    CHECK(read_text(folder + "/layers.csv") == read_text(scratch / "whole/layers.csv"));
  }
  SECTION("a checkpoint of a later version") {
    TensorFile file = read_safetensors(last);
    file.metadata["radial.version"] = "3";
    write_safetensors(last, file);
    const Outcome outcome = run({"train", "--resume", folder, "--epochs", "3"});
    CHECK(outcome.code == 4);
    CHECK_THAT(outcome.err, ContainsSubstring("later version"));
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

TEST_CASE("the order of options in a file means nothing") {
  const ScratchFolder scratch;
  for (const char* text : {"resize = 30\nimage-size = 20\n", "image-size = 20\nresize = 30\n"}) {
    put(scratch / "c.toml", text);
    const Outcome outcome = run({"train", small_pictures(), "--config", scratch / "c.toml", "--print-config"});
    CHECK_THAT(outcome.out, ContainsSubstring("image-size = 20\nresize = 30\n"));
  }
  put(scratch / "c.toml", "image-size = 20\n");
  const Outcome outcome =
      run({"train", small_pictures(), "--config", scratch / "c.toml", "--resize", "30", "--print-config"});
  CHECK_THAT(outcome.out, ContainsSubstring("resize = 30\n"));
}
