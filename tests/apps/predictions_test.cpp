// evaluate --predictions of classifiers: beside what evaluate and predict print.
#include <fstream>

#include <nlohmann/json.hpp>

#include "tests/apps/training.h"

using Catch::Matchers::ContainsSubstring;
using namespace radial;
namespace fs = std::filesystem;

TEST_CASE("evaluate --predictions has the answers of evaluate and predict") {
  const ScratchFolder scratch;
  const std::string folder = scratch / "run", file = scratch / "predictions.csv";
  REQUIRE(run(short_training() + Arguments{"--out", folder}).code == 0);
  const Arguments evaluate = {"evaluate", small_pictures(), "--weights", folder, "--json"};
  const CommandOutput output = run_radial(evaluate + Arguments{"--predictions", file, "--per-class"});
  REQUIRE(output.code == 0);
  CHECK(output.lines()[0]["loss"] == run_radial(evaluate).lines()[0]["loss"]);
  const CsvTable table = CsvTable::read(file);
  CHECK(table.columns() == std::vector<std::string>{"file", "class", "predicted", "probability"});
  REQUIRE(table.rows() == 12);
  const std::vector<double> probabilities = table.numbers("probability");
  const CommandOutput predicted =
      run_radial(Arguments{"predict", "--weights", folder, "--json"} + Arguments(table.texts("file")));
  REQUIRE(predicted.code == 0);
  int right = 0;
  for (size_t i = 0; i < table.rows(); ++i) {
    const std::string &picture = table.texts("file")[i], &answer = table.texts("predicted")[i],
                      &name = table.texts("class")[i];
    CHECK(fs::path(picture).parent_path().filename() == name);
    if (i > 0) CHECK(table.texts("file")[i - 1] < picture);
    right += answer == name;
    const auto best = predicted.lines()[i]["predictions"][0];
    CHECK(best["class"] == answer);
    CHECK(probabilities[i] == Catch::Approx(best["probability"].get<double>()).epsilon(1e-5));
  }
  CHECK(output.lines()[0]["top1"].get<double>() == Catch::Approx(100.0 * right / 12));

  REQUIRE(run(evaluate + Arguments{"--predictions", file, "--split", "train", "--limit", "7"}).code == 0);
  CHECK(CsvTable::read(file).rows() == 7);
}

TEST_CASE("predictions name pictures as they are called, and are there whole or not at all") {
  const ScratchFolder scratch;
  const std::string data = scratch / "odd, \"quoted\"", folder = scratch / "run", file = scratch / "predictions.csv";
  fs::copy(small_pictures(), data, fs::copy_options::recursive);
  REQUIRE(run(short_training(data) + Arguments{"--out", folder, "--epochs", "1"}).code == 0);
  const Arguments evaluate = {"evaluate", data, "--weights", folder};
  REQUIRE(run(evaluate + Arguments{"--predictions", file}).code == 0);
  const CsvTable table = CsvTable::read(file);
  for (const std::string& name : table.texts("file")) CHECK(fs::exists(name));
  const std::string before = read_text(file);

  const Outcome nowhere = run(evaluate + Arguments{"--predictions", scratch / "none/predictions.csv"});
  CHECK(nowhere.code == 7);
  CHECK_THAT(nowhere.err, ContainsSubstring("none/predictions.csv: No such file"));
  std::ofstream(table.texts("file")[0]) << "no picture";
  CHECK(run(evaluate + Arguments{"--predictions", file}).code == 3);
  CHECK(read_text(file) == before);
  REQUIRE(run(evaluate + Arguments{"--predictions", file, "--on-bad-image", "skip"}).code == 0);
  CHECK(CsvTable::read(file).rows() == table.rows() - 1);
}

TEST_CASE("rebias writes predictions of its biased pictures, adversarial none") {
  const ScratchFolder scratch;
  const std::string file = scratch / "predictions.csv";
  REQUIRE(run({"train", small_pictures(), "--task", "rebias", "--arch", "rebias_conv7_half", "--image-size", "8",
               "--epochs", "1", "--batch-size", "7", "--threads", "1", "--device", "cpu", "--out", scratch / "rebias"})
              .code == 0);
  const CommandOutput output =
      run_radial({"evaluate", small_pictures(), "--weights", scratch / "rebias", "--predictions", file, "--json"});
  REQUIRE(output.code == 0);
  const CsvTable table = CsvTable::read(file);
  int right = 0;
  for (size_t i = 0; i < table.rows(); ++i) right += table.texts("class")[i] == table.texts("predicted")[i];
  CHECK(table.rows() == 12);
  CHECK(output.lines()[0]["biased"].get<double>() == Catch::Approx(100.0 * right / 12));

  Arguments adversarial = short_training() + Arguments{"--task", "adversarial", "--attack-steps", "1", "--epochs", "1"};
  REQUIRE(run(adversarial + Arguments{"--out", scratch / "adversarial"}).code == 0);
  const Outcome refused =
      run({"evaluate", small_pictures(), "--weights", scratch / "adversarial", "--predictions", file});
  CHECK(refused.code == 2);
  CHECK_THAT(refused.err, ContainsSubstring("--task adversarial writes no --predictions"));
}

TEST_CASE("a flat val that is evaluated without labels is told of the options for it") {
  const ScratchFolder scratch;
  const std::string data = scratch / "flat";
  REQUIRE(run(short_training() + Arguments{"--out", scratch / "run", "--epochs", "1"}).code == 0);
  fs::create_directories(data + "/val");
  fs::copy(small_pictures() + "/train", data + "/train", fs::copy_options::recursive);
  int number = 0;
  for (const auto& entry : fs::recursive_directory_iterator(small_pictures() + "/val"))
    if (entry.is_regular_file()) fs::copy(entry.path(), data + "/val/" + std::to_string(++number) + ".jpg");
  for (const Arguments& words : {Arguments{"evaluate", data, "--weights", scratch / "run"},
                                 short_training(data) + Arguments{"--out", scratch / "other"}}) {
    const Outcome refused = run(words);
    CHECK(refused.code == 3);
    CHECK_THAT(refused.err, ContainsSubstring("flat/val holds no folders") && ContainsSubstring("--val-labels FILE") &&
                                ContainsSubstring("--class-map"));
  }
  CHECK(run({"evaluate", data, "--weights", scratch / "run", "--split", "train"}).code == 0);
}
