// Trainings with --on-bad-image skip: any batch may shrink, to one picture or to none, at any place.
#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include "tests/apps/training.h"

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;

namespace {

// Two classes of `pictures` each, of which those with the given places in sorted order are broken.
std::string broken_pictures(const ScratchFolder& scratch, int pictures, const std::set<size_t>& broken) {
  const std::string data = scratch / "data";
  REQUIRE(
      run_radial({"synth", data, "--classes", "2", "--train", std::to_string(pictures), "--val", "2", "--size", "8"})
          .code == 0);
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(data + "/train"))
    if (entry.is_regular_file()) files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  for (const size_t place : broken) put(files[place], "");
  return data;
}

// A network with batch norm, pictures in sorted order, three a batch.
Arguments skipping_training(const std::string& data, const char* on_bad = "skip") {
  return {"train",        data,
          "--arch",       "mlp",
          "--image-size", "8",
          "--batch-size", "3",
          "--lr",         "0.05",
          "--epochs",     "2",
          "--threads",    "1",
          "--device",     "cpu",
          "--seed",       "5",
          "--no-shuffle", "--schedule",
          "cosine",       "--on-bad-image",
          on_bad};
}

}  // namespace

TEST_CASE("a batch that shrinks to one picture or to none ends no training, and nothing depends on the workers") {
  const ScratchFolder scratch;
  // Batches of 3, 3, 2: the first shrinks to two, the second to none, the last to one.
  const std::string data = broken_pictures(scratch, 4, {0, 3, 4, 5, 7});
  const Arguments accumulate = GENERATE(Arguments{}, Arguments{"--accumulate", "2"}, Arguments{"--accumulate", "3"});
  for (const char* workers : {"0", "1", "4"}) {
    const Outcome outcome =
        run(skipping_training(data) + accumulate + Arguments{"--workers", workers, "--out", scratch / workers});
    CAPTURE(outcome.err);
    REQUIRE(outcome.code == 0);
    CHECK_THAT(outcome.err, ContainsSubstring("it was left alone in its batch, and batch norm needs two"));
    const auto result = nlohmann::json::parse(radial::read_text(scratch / workers + "/result.json"));
    CHECK(result["steps"] == 2);
    CHECK(result["images"] == 4);
    CHECK(result["skipped"] == 12);  // in each epoch five that are broken, and one that is alone
    CHECK(result["bad_images"].size() == 5);
    CHECK(values_of(scratch / workers + "/checkpoints/last.safetensors") ==
          values_of(scratch / "0/checkpoints/last.safetensors"));
    CHECK(lasting_columns(scratch / workers + "/train.csv") == lasting_columns(scratch / "0/train.csv"));
  }
}

TEST_CASE("a training that was stopped between shrunken batches goes on as if it had not been") {
  const ScratchFolder scratch;
  // Batches of 3, 1, 3, 0, 3, and a last one that is dropped: in all six steps, or with --accumulate 2 as many.
  const std::string data = broken_pictures(scratch, 8, {3, 4, 9, 10, 11});
  const Arguments accumulate = GENERATE(Arguments{}, Arguments{"--accumulate", "2"});
  const Arguments training = skipping_training(data) + accumulate + Arguments{"--workers", "2"};
  const Outcome whole = run(training + Arguments{"--drop-last", "--out", scratch / "whole"});
  CAPTURE(whole.err);
  REQUIRE(whole.code == 0);
  for (int stop = 1; stop <= 6; ++stop) {
    CAPTURE(stop);
    const std::string part = scratch / ("part" + std::to_string(stop));
    int code = 0;
    {
      const AtLoss at(stop, [] { std::raise(SIGTERM); });
      code = run(training + Arguments{"--drop-last", "--out", part}).code;
    }
    CHECK((code == 143 || code == 0));
    if (code != 0) {
      CHECK(run({"train", "--resume", part}).code == 0);
    }
    CHECK(values_of(part + "/checkpoints/last.safetensors") ==
          values_of(scratch / "whole/checkpoints/last.safetensors"));
    CHECK(lasting_columns(part + "/train.csv") == lasting_columns(scratch / "whole/train.csv"));
    const auto a = nlohmann::json::parse(radial::read_text(part + "/result.json"));
    const auto b = nlohmann::json::parse(radial::read_text(scratch / "whole/result.json"));
    for (const char* key : {"steps", "images", "skipped", "bad_images"}) CHECK(a[key] == b[key]);
  }
}

TEST_CASE("an epoch without a picture is an error, not a training") {
  const ScratchFolder scratch;
  const std::string data = broken_pictures(scratch, 3, {0, 1, 2, 3, 4, 5});
  const Outcome outcome = run(skipping_training(data) + Arguments{"--out", scratch / "run"});
  CHECK(outcome.code == 3);
  CHECK_THAT(outcome.err, ContainsSubstring("no picture of epoch 1 could be used"));
}

TEST_CASE("what the listing cannot use is refused before anything is written, or counted once") {
  const ScratchFolder scratch;
  const std::string data = broken_pictures(scratch, 3, {});
  const std::string folder = fs::directory_iterator(data + "/train")->path().string();
  put(folder + "/x.tif", std::string("II*\0....", 8));
  fs::create_symlink("/nowhere", folder + "/y.jpg");
  for (const char* dry : {"--dry-run", "--no-dry-run"}) {
    const Outcome outcome = run(skipping_training(data, "error") + Arguments{"--out", scratch / "refused", dry});
    CHECK(outcome.code == 3);
    CHECK_THAT(outcome.err, ContainsSubstring("2 files cannot be used, the first: "));
    CHECK(!fs::exists(scratch / "refused"));
  }
  const Outcome outcome = run(skipping_training(data) + Arguments{"--out", scratch / "run"});
  CAPTURE(outcome.err);
  CHECK(outcome.code == 0);
  CHECK_THAT(outcome.err, ContainsSubstring("skipped: 2 files cannot be used"));
  const auto result = nlohmann::json::parse(radial::read_text(scratch / "run/result.json"));
  CHECK(result["skipped"] == 2);
  CHECK(result["bad_images"].size() == 2);
  CHECK(run({"bench", "loader", data, "--image-size", "8"}).code == 3);
  const Arguments evaluate = {"evaluate", data, "--split", "train", "--weights", scratch / "run"};
  CHECK(run(evaluate).code == 3);
  const Outcome left_out = run(evaluate + Arguments{"--on-bad-image", "skip"});
  CHECK(left_out.code == 0);
  CHECK_THAT(left_out.err, ContainsSubstring("skipped: 2 files cannot be used"));
}
