// --tensorboard: event files beside the CSV files, with each step once however often a training was stopped.
#include <cmath>

#include "io/protocol_buffers.h"
#include "tests/apps/training.h"
#include "tests/io/event_records.h"

using Catch::Matchers::ContainsSubstring;
using namespace radial;
namespace fs = std::filesystem;

namespace {

Arguments watched_training() { return short_training() + Arguments{"--tensorboard", "--layers-every", "3"}; }

std::string events_of(const std::string& run) { return run + "/tensorboard"; }

// Without those that hold times and rates.
Curves lasting_curves(const std::string& run) {
  Curves curves = curves_in(events_of(run));
  for (const char* tag : {"train/images_per_second", "train/data_wait", "val/seconds"}) {
    CHECK(curves.contains(tag));
    curves.erase(tag);
  }
  return curves;
}

std::vector<std::pair<int64_t, float>> column_as_curve(const CsvTable& table, const std::vector<double>& steps,
                                                       const std::string& name) {
  std::vector<std::pair<int64_t, float>> curve;
  for (size_t row = 0; row < table.rows(); ++row)
    if (const double value = table.numbers(name)[row]; !std::isnan(value))
      curve.emplace_back(static_cast<int64_t>(steps[row]), static_cast<float>(value));
  return curve;
}

}  // namespace

TEST_CASE("TensorBoard gets what the CSV files hold") {
  const ScratchFolder scratch;
  const std::string folder = scratch / "run";
  const Outcome outcome = run(watched_training() + Arguments{"--eval-first", "--ema-decay", "0.9", "--out", folder});
  if (!writes_protocol_buffers()) {
    CHECK(outcome.code == 2);
    CHECK_THAT(outcome.err, ContainsSubstring("libprotobuf-dev"));
    return;
  }
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  Curves curves = curves_in(events_of(folder));
  const auto take = [&](const std::string& tag) {
    const auto curve = curves[tag];
    curves.erase(tag);
    return curve;
  };
  const CsvTable train = CsvTable::read(folder + "/train.csv"), val = CsvTable::read(folder + "/val.csv");
  for (const std::string& name : train.columns())
    if (name != "step" && name != "epoch")
      CHECK(take("train/" + name) == column_as_curve(train, train.numbers("step"), name));
  for (const std::string& name : val.columns())
    if (name != "epoch") CHECK(take("val/" + name) == column_as_curve(val, {0, 8, 16}, name));

  const CsvTable layers = CsvTable::read(folder + "/layers.csv");
  std::map<std::string, std::vector<std::pair<int64_t, float>>> expected;
  for (size_t row = 0; row < layers.rows(); ++row)
    for (const char* name : {"norm", "effective_step", "ema_norm"})
      if (const double value = layers.numbers(name)[row]; !std::isnan(value))
        expected[std::string(name) + "/" + layers.texts("layer")[row]].emplace_back(
            static_cast<int64_t>(layers.numbers("step")[row]), static_cast<float>(value));
  CHECK(expected.at("norm/conv1.weight").size() == 5);  // steps 3, 6, ... 15
  CHECK(curves == expected);
}

TEST_CASE("a run that goes on has each step once in its event files") {
  if (!writes_protocol_buffers()) return;
  const ScratchFolder scratch;
  const std::string folder = scratch / "run", last = folder + "/checkpoints/last.safetensors";
  REQUIRE(run(watched_training() + Arguments{"--out", scratch / "whole"}).code == 0);
  SECTION("stopped by a signal in mid-epoch") {
    {
      const AtLoss stop(6, [] { std::raise(SIGTERM); });
      REQUIRE(run(watched_training() + Arguments{"--out", folder}).code == 143);
    }
    REQUIRE(run({"train", "--resume", folder}).code == 0);
    const auto files = event_files_in(events_of(folder));
    REQUIRE(files.size() == 2);
    const auto records = event_records(files[1]);
    CHECK(records.at(1).integer(2) == state_of(scratch / "whole")["step"].get<int64_t>() - 9);  // step 7 of 16
    CHECK(records.at(1).one(7).message().integer(1) == 1);                                      // START
  }
  SECTION("killed after events were written that no checkpoint knows") {
    std::string before;
    {
      const AtLoss keep(20, [&] { before = content_of(last); });  // in the second epoch
      REQUIRE(run(watched_training() + Arguments{"--out", folder}).code == 0);
    }
    fs::remove(folder + "/FINISHED");
    put(last, before);
    REQUIRE(run({"train", "--resume", folder}).code == 0);
    CHECK(event_files_in(events_of(folder)).size() == 2);
  }
  SECTION("killed before anything was saved, and once more") {
    std::string before;
    {
      const AtLoss keep(3, [&] { before = content_of(last); });
      REQUIRE(run(watched_training() + Arguments{"--out", folder}).code == 0);
    }
    for (int i = 0; i < 2; ++i) {  // files that no checkpoint knows are left over
      fs::remove(folder + "/FINISHED");
      put(last, before);
      REQUIRE(run({"train", "--resume", folder}).code == 0);
    }
    CHECK(event_files_in(events_of(folder)).size() == 1);
  }
  check_same_runs(scratch / "whole", folder);
  CHECK(lasting_curves(folder) == lasting_curves(scratch / "whole"));
}

TEST_CASE("event files may begin, end and vanish between two parts of a training") {
  if (!writes_protocol_buffers()) return;
  const ScratchFolder scratch;
  const std::string folder = scratch / "run";
  REQUIRE(run(short_training() + Arguments{"--epochs", "1", "--out", folder}).code == 0);
  CHECK(!fs::exists(events_of(folder)));
  REQUIRE(run({"train", "--resume", folder, "--epochs", "2", "--tensorboard"}).code == 0);
  CHECK(curves_in(events_of(folder))["train/loss"].front().first == 9);
  const auto files = event_files_in(events_of(folder));
  REQUIRE(run({"train", "--resume", folder, "--epochs", "3", "--no-tensorboard"}).code == 0);
  CHECK(event_files_in(events_of(folder)) == files);
  REQUIRE(run({"train", "--resume", folder, "--epochs", "4", "--tensorboard"}).code == 0);
  const auto loss = curves_in(events_of(folder))["train/loss"];
  CHECK(loss.size() == 16);
  CHECK((loss[7].first == 16 && loss[8].first == 25));

  std::string damaged = content_of(files[0]);
  damaged[damaged.size() / 2] ^= 1;
  const std::string whole = content_of(files[0]);
  put(files[0], damaged);
  const Outcome refused = run({"train", "--resume", folder, "--epochs", "5"});
  CHECK(refused.code == 4);
  CHECK_THAT(refused.err, ContainsSubstring(files[0]) && ContainsSubstring("events were changed"));
  fs::remove_all(events_of(folder));
  REQUIRE(run({"train", "--resume", folder, "--epochs", "5"}).code == 0);
  CHECK(curves_in(events_of(folder))["train/loss"].front().first == 33);
}
