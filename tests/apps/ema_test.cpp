// --ema-decay: averages of the weights, evaluated, saved and measured beside them.
#include <cmath>

#include "tests/apps/training.h"

using Catch::Matchers::ContainsSubstring;
using namespace radial;

namespace {

Arguments averaging(const std::string& decay) { return short_training() + Arguments{"--ema-decay", decay}; }

bool is_weight(const std::string& name) { return !name.starts_with("optimizer.") && !name.starts_with("ema."); }

std::map<std::string, std::vector<double>> averages_of(const std::string& run) {
  return values_of(run + "/checkpoints/ema.safetensors");
}

}  // namespace

TEST_CASE("averages follow weights and running statistics") {
  const ScratchFolder scratch;
  // An epoch is a step, and each has a checkpoint.
  const Arguments training = averaging("0.75") + Arguments{"--limit-train", "4", "--keep", "9"};
  REQUIRE(run(training + Arguments{"--epochs", "0", "--out", scratch / "none"}).code == 0);
  REQUIRE(run(training + Arguments{"--epochs", "3", "--out", scratch / "run"}).code == 0);
  auto average = values_of(scratch / "none/checkpoints/last.safetensors");
  std::erase_if(average, [](const auto& named) { return !is_weight(named.first); });
  for (const char* epoch : {"epoch1", "epoch2", "epoch3"})
    for (const auto& [name, now] : values_of(scratch / "run/checkpoints/" + epoch + ".safetensors"))
      for (size_t i = 0; is_weight(name) && i < now.size(); ++i)
        average.at(name)[i] += 0.25 * (now[i] - average.at(name)[i]);
  const auto written = averages_of(scratch / "run");
  REQUIRE(written.size() == average.size());
  double moved = 0;
  const auto weights = values_of(scratch / "run/checkpoints/best.safetensors");
  for (const auto& [name, values] : written)
    for (size_t i = 0; i < values.size() && name.find("num_batches") == std::string::npos; ++i) {
      CHECK(values[i] == Catch::Approx(average.at(name)[i]).epsilon(1e-5).margin(1e-7));
      moved += std::abs(values[i] - weights.at(name)[i]);
    }
  CHECK(moved > 0.01);  // they are not the weights
}

TEST_CASE("averages are evaluated beside the weights, measured and written as weights") {
  const ScratchFolder scratch;
  REQUIRE(run(averaging("0.9") + Arguments{"--eval-first", "--layers-every", "1", "--out", scratch / "run"}).code == 0);
  const CsvTable val = CsvTable::read(scratch / "run/val.csv");
  CHECK(val.columns() == Arguments{"epoch", "loss", "top1", "top5", "seconds", "ema_loss", "ema_top1", "ema_top5"});
  CHECK(val.numbers("loss")[0] == val.numbers("ema_loss")[0]);  // before training they are the weights
  CHECK(val.numbers("loss")[2] != val.numbers("ema_loss")[2]);
  const CsvTable epochs = CsvTable::read(scratch / "run/epochs.csv");
  CHECK(epochs.columns().back() == "ema_top5");
  CHECK(epochs.numbers("ema_top1")[1] == val.numbers("ema_top1")[2]);
  CHECK(result_of(scratch / "run")["last"]["ema_loss"] == val.numbers("ema_loss")[2]);

  const Outcome evaluation =
      run({"evaluate", small_pictures(), "--weights", scratch / "run/checkpoints/ema.safetensors", "--json"});
  REQUIRE(evaluation.code == 0);
  const auto found = nlohmann::json::parse(evaluation.out);
  CHECK(found["loss"].get<double>() == Catch::Approx(val.numbers("ema_loss")[2]));
  CHECK(found["top1"] == val.numbers("ema_top1")[2]);

  const CsvTable layers = CsvTable::read(scratch / "run/layers.csv");
  REQUIRE(layers.columns().back() == "ema_norm");
  const auto averages = averages_of(scratch / "run");
  size_t compared = 0;
  for (size_t row = 0; row < layers.texts("layer").size(); ++row) {
    if (layers.numbers("step")[row] != 16) continue;
    double squares = 0;
    for (const double x : averages.at(layers.texts("layer")[row])) squares += x * x;
    CHECK(layers.numbers("ema_norm")[row] == Catch::Approx(std::sqrt(squares)).margin(1e-12));
    ++compared;
  }
  CHECK(compared > 5);
  CHECK(run({"figure", scratch / "run", "--column", "ema_top1", "--out", scratch / "figure.svg"}).code == 0);
}

TEST_CASE("a training with averages goes on in mid-epoch bit for bit") {
  const ScratchFolder scratch;
  REQUIRE(run(averaging("0.9") + Arguments{"--out", scratch / "whole"}).code == 0);
  {
    const AtLoss stop(6, [] { std::raise(SIGTERM); });
    REQUIRE(run(averaging("0.9") + Arguments{"--out", scratch / "run"}).code == 143);
  }
  CHECK_THAT(run({"train", "--resume", scratch / "run", "--ema-decay", "0.5"}).err, ContainsSubstring("--ema-decay"));
  REQUIRE(run({"train", "--resume", scratch / "run"}).code == 0);
  check_same_runs(scratch / "whole", scratch / "run");
  CHECK(averages_of(scratch / "whole") == averages_of(scratch / "run"));
}

TEST_CASE("averages change no bit of a training, and a decay of 0 is no average") {
  const ScratchFolder scratch;
  REQUIRE(run(short_training() + Arguments{"--out", scratch / "without"}).code == 0);
  REQUIRE(run(averaging("0") + Arguments{"--out", scratch / "with"}).code == 0);
  const auto weights = values_of(scratch / "without/checkpoints/best.safetensors");
  CHECK(values_of(scratch / "with/checkpoints/best.safetensors") == weights);
  const CsvTable val = CsvTable::read(scratch / "with/val.csv");
  for (size_t row = 0; row < 2; ++row)  // average + (value - average) is rounded
    CHECK(val.numbers("ema_loss")[row] == Catch::Approx(val.numbers("loss")[row]).epsilon(1e-5));
  CHECK(!std::filesystem::exists(scratch / "without/checkpoints/ema.safetensors"));
  CHECK(run(averaging("1")).code == 2);
  CHECK(run(averaging("-0.1")).code == 2);
}
