// Trainings whose classes count differently, or come more often than they are: what the loss is, what evaluation stays,
// and that they go on.
#include <fstream>

#include <nlohmann/json.hpp>

#include "tests/apps/training.h"

using Catch::Matchers::ContainsSubstring;
using namespace radial;
namespace fs = std::filesystem;

namespace {

// Three classes of 10, 6 and 2 training pictures.
std::string uneven_pictures(const ScratchFolder& scratch) {
  const std::string data = scratch / "uneven";
  fs::copy(small_pictures(), data, fs::copy_options::recursive);
  size_t keep = 10;
  std::vector<fs::path> classes;
  for (const auto& entry : fs::directory_iterator(data + "/train")) classes.push_back(entry.path());
  std::sort(classes.begin(), classes.end());
  for (const fs::path& folder : classes) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    for (size_t i = keep; i < files.size(); ++i) fs::remove(files[i]);
    keep -= 4;
  }
  return data;
}

std::vector<std::string> class_names(const std::string& data) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(data + "/train")) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

std::string weights_file(const std::string& path, const std::string& data, const std::vector<double>& weights) {
  std::ofstream csv(path);
  csv << "class,weight\n";
  const std::vector<std::string> names = class_names(data);
  for (size_t i = 0; i < weights.size(); ++i) csv << names[i] << "," << shortest(weights[i]) << "\n";
  return path;
}

// The loss before the first step, of all 18 pictures as they are.
double first_loss(const ScratchFolder& scratch, const std::string& data, const std::string& weights) {
  const std::string folder = scratch / ("first" + std::to_string(std::hash<std::string>()(weights)));
  const Outcome outcome =
      run(short_training(data) + Arguments{"--batch-size", "18", "--no-shuffle", "--augment", "none", "--epochs", "1",
                                           "--dtype", "float64", "--out", folder, "--class-weights", weights});
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  return CsvTable::read(folder + "/train.csv").numbers("loss").at(0);
}

}  // namespace

TEST_CASE("the loss of a training is the mean over pictures by the weights of their classes") {
  const ScratchFolder scratch;
  const std::string data = uneven_pictures(scratch);
  const auto of = [&](const std::string& name, const std::vector<double>& weights) {
    return first_loss(scratch, data, weights_file(scratch / name, data, weights));
  };
  const double a = of("a.csv", {1, 0, 0}), b = of("b.csv", {0, 3, 0}), c = of("c.csv", {0, 0, 1e-3});
  CHECK(first_loss(scratch, data, "none") == Catch::Approx((10 * a + 6 * b + 2 * c) / 18).epsilon(1e-12));
  CHECK(of("all.csv", {2, 1, 5}) == Catch::Approx((20 * a + 6 * b + 10 * c) / 36).epsilon(1e-12));
  CHECK(first_loss(scratch, data, "auto") == Catch::Approx((a + b + c) / 3).epsilon(1e-12));
}

TEST_CASE("class weights change nothing about evaluation, and a run says them") {
  const ScratchFolder scratch;
  const std::string data = uneven_pictures(scratch);
  const Outcome outcome =
      run(short_training(data) + Arguments{"--class-weights", "auto", "--out", scratch / "run", "--eval-first"});
  REQUIRE(outcome.code == 0);
  CHECK_THAT(outcome.err, ContainsSubstring("class weights from 0.6 (") && ContainsSubstring(") to 3 ("));
  REQUIRE(run(short_training(data) + Arguments{"--out", scratch / "plain", "--eval-first"}).code == 0);
  const auto loss = [&](const std::string& name) {
    return CsvTable::read(scratch / name + "/val.csv").numbers("loss");
  };
  CHECK(loss("run")[0] == loss("plain")[0]);  // of the same initial weights
  CHECK(loss("run")[1] != loss("plain")[1]);
  const auto description = nlohmann::json::parse(read_text(scratch / "run/dataset.json"));
  CHECK(description["class_weights"] == nlohmann::json({0.6, 1.0, 3.0}));
  // Of sorted pictures the limit takes the first: 10 and 2 of two classes.
  REQUIRE(run(short_training(data) +
              Arguments{"--class-weights", "auto", "--out", scratch / "first", "--no-shuffle", "--limit-train", "12"})
              .code == 0);
  const auto limited = nlohmann::json::parse(read_text(scratch / "first/dataset.json"));
  CHECK(limited["class_weights"] == nlohmann::json({0.6, 3.0, 1.0}));
}

TEST_CASE("a batch whose pictures count nothing teaches nothing, and the training goes on") {
  const ScratchFolder scratch;
  const std::string data = uneven_pictures(scratch);
  const std::string weights = weights_file(scratch / "w.csv", data, {1, 0, 1});
  REQUIRE(run(short_training(data) + Arguments{"--class-weights", weights, "--no-shuffle", "--label-smoothing", "0.1",
                                               "--batch-size", "2", "--out", scratch / "run"})
              .code == 0);
  const std::vector<double> loss = CsvTable::read(scratch / "run/train.csv").numbers("loss");
  for (size_t step = 0; step < 9; ++step) CHECK((loss[step] == 0) == (step >= 5 && step < 8));
}

TEST_CASE("a weighted run goes on in mid-epoch bit for bit, with the weights that it began with") {
  const ScratchFolder scratch;
  const std::string data = uneven_pictures(scratch), weights = weights_file(scratch / "w.csv", data, {0.5, 0, 4});
  const Arguments training = short_training(data) + Arguments{"--batch-size", "3",   "--class-weights",   weights,
                                                              "--cutmix",     "0.5", "--label-smoothing", "0.1"};
  REQUIRE(run(training + Arguments{"--out", scratch / "whole"}).code == 0);
  {
    const AtLoss stop(4, [] { std::raise(SIGTERM); });
    REQUIRE(run(training + Arguments{"--out", scratch / "run"}).code == 143);
  }
  weights_file(scratch / "w.csv", data, {0.5, 0, 4.5});
  const Outcome changed = run({"train", "--resume", scratch / "run"});
  CHECK(changed.code == 3);
  CHECK_THAT(changed.err, ContainsSubstring("class weights are not those"));
  weights_file(scratch / "w.csv", data, {0.5, 0, 4});
  CHECK_THAT(run({"train", "--resume", scratch / "run", "--class-weights", "auto"}).err,
             ContainsSubstring("--class-weights \"auto\""));
  REQUIRE(run({"train", "--resume", scratch / "run"}).code == 0);
  check_same_runs(scratch / "whole", scratch / "run");
  // The configuration of a run is that of another one.
  REQUIRE(run({"train", "--config", scratch / "whole/config.toml", "--out", scratch / "again"}).code == 0);
  check_same_runs(scratch / "whole", scratch / "again");
}

TEST_CASE("files of class weights that are missing or wrong are refused with their place") {
  const ScratchFolder scratch;
  const Outcome missing = run(short_training() + Arguments{"--class-weights", scratch / "none.csv"});
  CHECK(missing.code == 7);
  CHECK_THAT(missing.err, ContainsSubstring("none.csv (--class-weights is none, auto, or a CSV file"));
  std::ofstream(scratch / "w.csv") << "class,weight\nnobody,1\n";
  const Outcome unknown = run(short_training() + Arguments{"--class-weights", scratch / "w.csv"});
  CHECK(unknown.code == 3);
  CHECK_THAT(unknown.err, ContainsSubstring("w.csv:2: there is no class \"nobody\""));
  CHECK(run(short_training() + Arguments{"--class-weights", ""}).code == 2);
  CHECK_THAT(run(short_training() + Arguments{"--task", "detect", "--class-weights", "auto"}).err,
             ContainsSubstring("--class-weights"));
}

TEST_CASE("a balanced sampler draws classes equally often, and its run goes on in mid-epoch bit for bit") {
  const ScratchFolder scratch;
  const std::string data = uneven_pictures(scratch);
  const Arguments training = short_training(data) + Arguments{"--sampler", "balanced"};
  REQUIRE(run(training + Arguments{"--out", scratch / "whole"}).code == 0);
  CHECK(CsvTable::read(scratch / "whole/train.csv").rows() == 10);  // as many batches: 18 pictures, 4 each, twice
  {
    const AtLoss stop(3, [] { std::raise(SIGTERM); });
    REQUIRE(run(training + Arguments{"--out", scratch / "run", "--workers", "2"}).code == 143);
  }
  REQUIRE(run({"train", "--resume", scratch / "run"}).code == 0);
  CHECK(values_of(scratch / "whole/checkpoints/last.safetensors") ==
        values_of(scratch / "run/checkpoints/last.safetensors"));
  CHECK(lasting_columns(scratch / "whole/train.csv") == lasting_columns(scratch / "run/train.csv"));
  REQUIRE(run(short_training(data) + Arguments{"--out", scratch / "plain"}).code == 0);
  CHECK(lasting_columns(scratch / "plain/train.csv") != lasting_columns(scratch / "run/train.csv"));
  CHECK_THAT(run({"train", "--resume", scratch / "run", "--sampler", "shuffle"}).err,
             ContainsSubstring("--sampler \"shuffle\""));
  // An epoch's first draws.
  REQUIRE(run(training + Arguments{"--limit-train", "8", "--epochs", "1", "--out", scratch / "first"}).code == 0);
  CHECK(CsvTable::read(scratch / "first/train.csv").numbers("loss")[0] ==
        CsvTable::read(scratch / "whole/train.csv").numbers("loss")[0]);
  CHECK(CsvTable::read(scratch / "first/train.csv").rows() == 2);
}

TEST_CASE("a balanced sampler is refused where it would not draw, or classes would be weighed twice") {
  CHECK_THAT(run(short_training() + Arguments{"--sampler", "balanced", "--no-shuffle"}).err,
             ContainsSubstring("--no-shuffle cannot be had"));
  CHECK_THAT(run(short_training() + Arguments{"--sampler", "balanced", "--class-weights", "auto"}).err,
             ContainsSubstring("use one of them"));
  CHECK(run(short_training() + Arguments{"--sampler", "even"}).code == 2);
}
