// Retrieval from the command line: trained, stopped anywhere, evaluated, asked for the nearest pictures.
#include "data/image.h"
#include "tests/apps/training.h"

using Catch::Matchers::ContainsSubstring;
using namespace radial;
namespace fs = std::filesystem;

namespace {

// Four classes to train on and four others, of 6 and 5 pictures.
const std::string& birds() {
  static const ScratchFolder scratch;
  static const std::string folder = [] {
    const std::string path = scratch / "birds";
    REQUIRE(run({"synth", path, "--task", "retrieve", "--classes", "4", "--train", "6", "--val", "5", "--size", "20"})
                .code == 0);
    return path;
  }();
  return folder;
}

// Three steps an epoch.
Arguments retrieving(const std::string& data = birds()) {
  return {"train",       data, "--task",   "retrieve", "--arch",       "convnet", "--image-size", "16",
          "--embedding", "8",  "--epochs", "2",        "--lr",         "0.01",    "--threads",    "1",
          "--workers",   "1",  "--device", "cpu",      "--batch-size", "8",       "--optimizer",  "adamw"};
}

// Stops in the n-th computation of distances or cosines.
struct AtDistances {
  explicit AtDistances(int n)
      : observer([this, n](const char* op, const auto&...) {
          const std::string name = op;
          if ((name == "distances" || name == "logsumexp") && ++seen == n) std::raise(SIGTERM);
        }) {}
  int seen = 0;
  ForwardObserver observer;
};

std::string a_picture_in(const std::string& split) {
  const fs::path folder = fs::directory_iterator(split)->path();
  return fs::directory_iterator(folder)->path().string();
}

nlohmann::json evaluated(const Arguments& arguments) {
  const CommandOutput found = run_radial(Arguments{"evaluate"} + arguments + Arguments{"--json"});
  REQUIRE(found.code == 0);
  return nlohmann::json::parse(found.out);
}

}  // namespace

TEST_CASE("retrieval is trained, stopped anywhere, and goes on bit for bit") {
  const ScratchFolder scratch;
  const Arguments training = retrieving() + GENERATE(Arguments{"--per-class", "2"},
                                                     Arguments{"--retrieve-loss", "proxy_anchor", "--head-epochs", "1",
                                                               "--clip-grad", "0.1", "--clip-mode", "value"});
  const Outcome whole = run(training + Arguments{"--out", scratch / "whole"});
  INFO(whole.err);
  REQUIRE(whole.code == 0);
  CHECK_THAT(whole.out, ContainsSubstring("R@1 ") && ContainsSubstring(" % after 2 epochs, best"));
  const int at = GENERATE(2, 4, 7);  // in the first epoch, its evaluation, the second epoch
  {
    const AtDistances stop(at);
    CHECK(run(training + Arguments{"--out", scratch / "cut"}).code == 143);
  }
  REQUIRE(run({"train", "--resume", scratch / "cut"}).code == 0);
  check_same_runs(scratch / "whole", scratch / "cut");
}

TEST_CASE("a run of retrieval has its columns, is evaluated and asked") {
  const ScratchFolder scratch;
  const std::string folder = scratch / "run";
  REQUIRE(run(retrieving() + Arguments{"--out", folder, "--recall-at", "1", "3"}).code == 0);
  CHECK(CsvTable::read(folder + "/val.csv").columns() == Arguments{"epoch", "loss", "recall1", "recall3", "seconds"});
  CHECK(CsvTable::read(folder + "/train.csv").columns() ==
        Arguments{"step", "epoch", "lr", "loss", "images_per_second", "data_wait"});
  const nlohmann::json result = result_of(folder);
  CHECK(result["decides"] == "val_recall1");

  const std::string vectors = scratch / "vectors.safetensors";
  const nlohmann::json line = evaluated({birds(), "--weights", folder, "--predictions", vectors});
  CHECK(line["images"] == 20);
  CHECK(line["recall3"] == result["last"]["val_recall3"]);
  const TensorFile file = read_safetensors(vectors);
  CHECK(file.tensors.at("embeddings").shape() == Shape{20, 8});
  CHECK(file.tensors.at("labels").to_vector().back() == 3);
  CHECK(evaluated({birds(), "--weights", folder, "--split", "train", "--limit", "9"})["images"] == 9);

  const std::string asked = a_picture_in(birds() + "/val"), sheet = scratch / "sheet.png";
  const CommandOutput found = run_radial(
      {"predict", "--weights", folder, "--gallery", birds(), "--top", "3", "--sheet", sheet, "--json", asked});
  REQUIRE(found.code == 0);
  const nlohmann::json nearest = nlohmann::json::parse(found.out);
  CHECK(nearest["file"] == asked);
  REQUIRE(nearest["nearest"].size() == 3);
  CHECK(nearest["nearest"][0]["file"] != asked);
  CHECK(nearest["nearest"][0]["similarity"] >= nearest["nearest"][2]["similarity"]);
  CHECK(read_image(sheet).width > 400);
  CHECK(run({"predict", "--weights", folder, asked}).code == 0);  // in the pictures of the run's evaluation
}

TEST_CASE("classes are split, queries search a gallery, and weights begin as a classifier's") {
  const ScratchFolder scratch;
  const Arguments short_run = {"--epochs", "1", "--record-every", "0"};
  const std::string flat = birds() + "/train";
  REQUIRE(run(retrieving(flat) + short_run + Arguments{"--out", scratch / "flat", "--class-split", "0.5"}).code == 0);
  CHECK(evaluated({flat, "--weights", scratch / "flat"})["images"] == 12);
  CHECK_THAT(run(retrieving(flat)).err, ContainsSubstring("--class-split 0.5 splits"));
  CHECK(run(retrieving(birds()) + Arguments{"--class-split", "0.5"}).code == 2);

  const fs::path shop = scratch / "shop";
  fs::create_directories(shop);
  fs::copy(birds() + "/train", shop / "train", fs::copy_options::recursive);
  fs::copy(birds() + "/val", shop / "gallery", fs::copy_options::recursive);
  for (const auto& entry : fs::directory_iterator(shop / "gallery")) {
    const fs::path picture = fs::directory_iterator(entry.path())->path(),
                   query = shop / "query" / entry.path().filename();
    fs::create_directories(query);
    fs::rename(picture, query / picture.filename());
  }
  REQUIRE(run(retrieving(shop.string()) + short_run + Arguments{"--out", scratch / "shop_run"}).code == 0);
  CHECK(evaluated({shop.string(), "--weights", scratch / "shop_run"})["images"] == 4);

  const std::string classes = scratch / "classes";
  REQUIRE(run(short_training() + short_run + Arguments{"--out", classes}).code == 0);
  const Outcome tuned =
      run(retrieving() + short_run + Arguments{"--out", scratch / "tuned", "--init", classes, "--freeze-bn"});
  REQUIRE(tuned.code == 0);
  CHECK_THAT(tuned.err, ContainsSubstring("initial values of their own have embedding.weight"));
  const auto before = values_of(classes + "/checkpoints/last.safetensors"),
             after = values_of(scratch / "tuned/checkpoints/last.safetensors");
  CHECK(before.at("bn1.running_mean") == after.at("bn1.running_mean"));
  CHECK(before.at("bn1.weight") != after.at("bn1.weight"));
  CHECK_THAT(run(retrieving() + Arguments{"--freeze-bn"}).err, ContainsSubstring("which --init has to give"));
}

TEST_CASE("what retrieval cannot do is said") {
  CHECK_THAT(run(retrieving() + Arguments{"--per-class", "3"}).err, ContainsSubstring("no multiple of --per-class 3"));
  CHECK_THAT(run(retrieving() + Arguments{"--per-class", "1"}).err,
             ContainsSubstring("take 8 classes but there are 4"));
  CHECK_THAT(run(retrieving() + Arguments{"--arch", "mlp"}).err, ContainsSubstring("makes no feature maps"));
  CHECK_THAT(run({"train", birds(), "--embedding", "4"}).err, ContainsSubstring("is an option of --task retrieve"));
  CHECK_THAT(run(retrieving() + Arguments{"--clip-grad", "0"}).err, ContainsSubstring("must be positive"));
}
