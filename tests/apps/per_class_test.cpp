// evaluate --per-class: what it writes, where, and what it refuses.
#include <nlohmann/json.hpp>

#include "tests/apps/training.h"

using Catch::Matchers::ContainsSubstring;
using namespace radial;
namespace fs = std::filesystem;

namespace {

double sum_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum;
}

}  // namespace

TEST_CASE("evaluate --per-class writes tables and a figure into the run, which fit what it prints") {
  const ScratchFolder scratch;
  const std::string folder = scratch / "run";
  REQUIRE(run(short_training() + Arguments{"--out", folder}).code == 0);
  const CommandOutput plain = run_radial({"evaluate", small_pictures(), "--weights", folder, "--json"});
  const CommandOutput output = run_radial({"evaluate", small_pictures(), "--weights", folder, "--per-class", "--json"});
  REQUIRE(output.code == 0);
  REQUIRE(output.lines().size() == 1);
  for (const char* key : {"images", "loss", "top1", "top5"}) CHECK(output.lines()[0][key] == plain.lines()[0][key]);
  const CsvTable classes = CsvTable::read(folder + "/classes.csv"),
                 confusion = CsvTable::read(folder + "/confusion.csv");
  CHECK(classes.numbers("images") == std::vector<double>{4, 4, 4});
  CHECK(sum_of(classes.numbers("top1")) / 3 == Catch::Approx(output.lines()[0]["top1"].get<double>()));
  double right = 0, all = 0;
  const std::vector<std::string>& names = classes.texts("class");
  for (size_t k = 0; k < names.size(); ++k) {
    const std::vector<double> answers = confusion.numbers(names[k]);
    right += answers[k];
    all += sum_of(answers);
    CHECK(classes.numbers("recall")[k] == answers[k] / 4);
  }
  CHECK(all == 12);
  CHECK(100 * right / 12 == Catch::Approx(output.lines()[0]["top1"].get<double>()));
  for (const char* file : {"/classes.svg", "/classes.png", "/classes.gp"}) CHECK(fs::file_size(folder + file) > 1000);

  // Part of the pictures, of the other split, elsewhere; in batches of another size.
  REQUIRE(run({"evaluate", small_pictures(), "--weights", folder, "--per-class", "--split", "train", "--limit", "20",
               "--batch-size", "7", "--out", scratch / "a/b"})
              .code == 0);
  CHECK(sum_of(CsvTable::read(scratch / "a/b/classes.csv").numbers("images")) == 20);
  CHECK(sum_of(CsvTable::read(folder + "/classes.csv").numbers("images")) == 12);
}

TEST_CASE("outputs beyond the folders are rows without pictures") {
  const ScratchFolder scratch;
  const std::string folder = scratch / "run";
  REQUIRE(run(short_training() + Arguments{"--out", folder, "--classes", "5", "--epochs", "1"}).code == 0);
  REQUIRE(run({"evaluate", small_pictures(), "--weights", folder, "--per-class"}).code == 0);
  const CsvTable classes = CsvTable::read(folder + "/classes.csv");
  CHECK(classes.numbers("images") == std::vector<double>{4, 4, 4, 0, 0});
  CHECK(classes.texts("class")[4] == "4");
  CHECK(classes.numbers("recall")[4] == 0);
}

TEST_CASE("evaluate --per-class refuses what has no classes, and asks where to write") {
  const ScratchFolder scratch;
  const std::string folder = scratch / "run";
  REQUIRE(run(short_training() + Arguments{"--out", folder, "--epochs", "1"}).code == 0);
  const std::string best = folder + "/checkpoints/best.safetensors";
  const Arguments evaluate = {"evaluate", small_pictures(), "--weights", best};
  const Outcome nowhere = run(evaluate + Arguments{"--per-class"});
  CHECK(nowhere.code == 2);
  CHECK_THAT(nowhere.err, ContainsSubstring("use --out DIR"));
  CHECK(run(evaluate + Arguments{"--per-class", "--out", scratch / "here"}).code == 0);
  CHECK(fs::exists(scratch / "here/confusion.csv"));
  CHECK_THAT(run(evaluate + Arguments{"--out", scratch / "x"}).err, ContainsSubstring("without --per-class"));
  const Outcome file = run(evaluate + Arguments{"--per-class", "--out", best});
  CHECK(file.code == 7);
  CHECK_THAT(file.err, ContainsSubstring("best.safetensors"));
  REQUIRE(run({"train", small_pictures(), "--task", "retrieve", "--arch", "resnet18", "--image-size", "32", "--epochs",
               "0", "--embedding", "8", "--device", "cpu", "--out", scratch / "retrieval"})
              .code == 0);
  const Outcome other = run({"evaluate", small_pictures(), "--weights", scratch / "retrieval", "--per-class"});
  CHECK(other.code == 2);
  CHECK_THAT(other.err, ContainsSubstring("--task retrieve writes no --per-class"));
}
