// radial summary: which runs make a row, and what stands in it.
#include <cmath>

#include "tests/apps/training.h"

using Catch::Matchers::ContainsSubstring;
using namespace radial;

TEST_CASE("runs that differ in the seed alone become a row") {
  const ScratchFolder scratch;
  std::vector<std::string> runs;
  const auto train = [&](const Arguments& more) {
    runs.push_back(scratch / std::to_string(runs.size()));
    REQUIRE(run(short_training() + Arguments{"--epochs", "1", "--out", runs.back()} + more).code == 0);
  };
  train({"--seed", "1"});
  train({"--seed", "2", "--workers", "2", "--keep", "1"});  // where and how long is no difference
  train({"--seed", "1", "--lr", "0.01"});
  train({"--seed", "2", "--epochs", "2"});
  const Outcome table = run(Arguments{"summary"} + Arguments(runs));
  REQUIRE(table.code == 0);
  CHECK_THAT(table.out, ContainsSubstring("lr = 0.05, epochs = 1: n = 2, seeds 1, 2"));
  CHECK_THAT(table.out, ContainsSubstring("lr = 0.01, epochs = 1: n = 1, seed 1"));

  const CommandOutput output = run_radial(Arguments{"summary", "--json"} + runs);
  const auto lines = output.lines();
  REQUIRE(lines.size() == 3);
  CHECK(lines[0]["n"] == 2);
  CHECK(lines[0]["seeds"] == nlohmann::json({1, 2}));
  CHECK(lines[0]["runs"] == nlohmann::json({runs[0], runs[1]}));
  CHECK(lines[1]["differs"] == nlohmann::json({"lr = 0.01", "epochs = 1"}));
  CHECK(lines[2]["differs"] == nlohmann::json({"lr = 0.05", "epochs = 2"}));
  const double a = result_of(runs[0])["last"]["val_loss"], b = result_of(runs[1])["last"]["val_loss"];
  const auto& loss = lines[0]["results"]["last.val_loss"];
  CHECK(loss["n"] == 2);
  CHECK(loss["mean"].get<double>() == Catch::Approx((a + b) / 2));
  CHECK(loss["std"].get<double>() == Catch::Approx(std::abs(a - b) / std::sqrt(2.0)));
  CHECK(lines[0]["results"].contains("best.val_top1"));
  CHECK(lines[1]["results"]["last.val_loss"]["std"].is_null());
}

TEST_CASE("a training that was made twice counts once, and other pictures are another row") {
  const ScratchFolder scratch;
  const std::string a = scratch / "a", b = scratch / "b", c = scratch / "c", pictures = scratch / "pictures";
  const Arguments small = {"--epochs", "1"};
  REQUIRE(run(short_training() + small + Arguments{"--out", a}).code == 0);
  REQUIRE(run(short_training() + small + Arguments{"--out", b}).code == 0);
  std::filesystem::copy(small_pictures(), pictures, std::filesystem::copy_options::recursive);
  const auto classes = std::filesystem::directory_iterator(pictures + "/train");
  const std::filesystem::path first = *std::filesystem::directory_iterator(classes->path());
  const std::filesystem::path other =
      *std::filesystem::directory_iterator(pictures + "/val/" + classes->path().filename().string());
  std::filesystem::copy_file(other, first, std::filesystem::copy_options::overwrite_existing);
  REQUIRE(run(short_training(pictures) + small + Arguments{"--seed", "1", "--out", c}).code == 0);
  const Outcome outcome = run({"summary", a, b, a + "/", c});
  CHECK(outcome.code == 0);
  CHECK_THAT(outcome.err, ContainsSubstring(b + " has the settings and the seed of " + a));
  CHECK_THAT(outcome.out, ContainsSubstring("data = " + small_pictures() + ": n = 1, seed 0"));
  CHECK_THAT(outcome.out, ContainsSubstring("data = " + pictures + ": n = 1, seed 1"));
}

TEST_CASE("an epoch 0 that nobody evaluated has no results") {
  const ScratchFolder scratch;
  REQUIRE(run(short_training() + Arguments{"--epochs", "0", "--out", scratch / "none"}).code == 0);
  const Outcome outcome = run({"summary", scratch / "none"});
  CHECK(outcome.code == 0);
  CHECK_THAT(outcome.out, !ContainsSubstring("val_top1"));
}

TEST_CASE("runs that have not finished are named, others are an error") {
  const ScratchFolder scratch;
  const std::string whole = scratch / "whole", stopped = scratch / "stopped";
  REQUIRE(run(short_training() + Arguments{"--out", whole}).code == 0);
  stop_in_first_epoch(stopped);
  const Outcome outcome = run({"summary", whole, stopped});
  CHECK(outcome.code == 0);
  CHECK_THAT(outcome.err, ContainsSubstring(stopped + " has not finished"));
  CHECK_THAT(outcome.out, ContainsSubstring("n = 1, seed 0"));
  CHECK(run({"summary", stopped}).code == 2);
  CHECK(run({"summary", scratch / "nothing"}).code == 7);
  CHECK_THAT(run({"summary", small_pictures()}).err, ContainsSubstring("is no run"));
}
