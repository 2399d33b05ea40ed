// radial reproduce
#include <csignal>
#include <filesystem>

#include "core/autograd.h"
#include "io/csv.h"
#include "io/file.h"
#include "tests/apps/command_output.h"
#include "tests/catch.h"
#include "tests/io/scratch_folder.h"

using namespace radial;
using namespace radial::apps;

TEST_CASE("reproduce figure3 trains three times from the same weights, and not again") {
  const ScratchFolder scratch;
  REQUIRE(
      run_radial({"synth", scratch / "data", "--classes", "3", "--train", "8", "--val", "4", "--size", "32"}).code ==
      0);
  const std::vector<std::string> command = {
      "reproduce", "figure3",  "--data", scratch / "data", "--out", scratch / "out", "--arch",
      "convnet",   "--epochs", "3",      "--image-size",   "32",    "--batch-size",  "8",
      "--json"};
  // What killed processes left does not stand in the way.
  for (const char* folder : {"out/gd/checkpoints", "out/sgd/checkpoints", "out/sgd/figures"})
    std::filesystem::create_directories(scratch / folder);
  for (const char* file : {"out/.summary.json.tmp-1-0", "out/gd/checkpoints/.last.safetensors.tmp-1-0",
                           "out/sgd/figures/.training.gp.tmp-1-0", "out/sgd/.env.json.tmp-1-0"})
    put(scratch / file, "half");
  {
    int losses = 0;
    const ForwardObserver stop([&](const char* op, const auto&...) {
      if (std::string(op) == "cross_entropy" && ++losses == 4) std::raise(SIGTERM);
    });
    CHECK(run_radial(command).code == 143);
    CHECK(losses == 4);
  }
  const auto output = run_radial(command);
  REQUIRE(output.code == 0);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(scratch / "out"))
    CHECK(entry.path().string().find(".tmp-") == std::string::npos);
  const auto lines = output.lines();
  REQUIRE(lines.size() == 1);  // nothing of the trainings
  const auto& runs = lines[0]["runs"];
  REQUIRE(runs.size() == 3);
  for (const auto& run : runs) {
    CHECK(run["norm_start"] == runs[0]["norm_start"]);
    CHECK(run["norm_first"].get<double>() == Catch::Approx(run["norm_start"].get<double>()).epsilon(0.1));
  }
  for (const char* optimizer : {"gd", "sgd", "sgdp"})
    CHECK(CsvTable::read(scratch / (std::string("out/") + optimizer + "/epochs.csv")).rows() == 3);
  for (const char* suffix : {".svg", ".png", ".gp", ".csv"})
    CHECK(std::filesystem::exists(scratch / (std::string("out/figure3") + suffix)));
  CHECK(nlohmann::json::parse(read_text(scratch / "out/summary.json"))["runs"] == runs);

  const auto finished = std::filesystem::last_write_time(scratch / "out/sgdp/FINISHED");
  const auto again = run_radial(command);
  CHECK(again.code == 0);
  CHECK(again.out == output.out);
  CHECK(std::filesystem::last_write_time(scratch / "out/sgdp/FINISHED") == finished);

  std::vector<std::string> other = command;
  other.insert(other.end(), {"--lr", "0.2"});
  CHECK(run_radial(other).code == 2);  // those runs had another rate
}

TEST_CASE("reproduce lemma: the recursion is exact, the lemma is off by the radial gradient") {
  const ScratchFolder scratch;
  REQUIRE(
      run_radial({"synth", scratch / "data", "--classes", "3", "--train", "8", "--val", "4", "--size", "16"}).code ==
      0);
  const std::vector<std::string> more =
      GENERATE(std::vector<std::string>{}, std::vector<std::string>{"--nesterov", "--weight-decay", "0.01"});
  std::vector<std::string> command = {
      "reproduce", "lemma",        "--data", scratch / "data", "--out", scratch / "out", "--arch",
      "convnet",   "--image-size", "16",     "--batch-size",   "4",     "--steps",       "9",
      "--json"};
  command.insert(command.end(), more.begin(), more.end());
  const auto output = run_radial(command);
  REQUIRE(output.code == 0);
  const auto lines = output.lines();
  REQUIRE(lines.size() == 1);
  const auto& runs = lines[0]["runs"];
  REQUIRE(runs.size() == 3);
  for (const auto& run : runs) {
    CHECK(run["recursion_error"].get<double>() < 1e-12);
    CHECK(run["radial_gradient_largest"].get<double>() >= run["radial_gradient_median"].get<double>());
  }
  CHECK(runs[1]["eps"] == 1e-5);
  CHECK(runs[2]["eps"] == 1e-12);
  // eps is why gradients are not quite orthogonal to their weights.
  CHECK(runs[2]["radial_gradient_median"].get<double>() < 1e-3 * runs[1]["radial_gradient_median"].get<double>());
  CHECK(runs[2]["lemma_error"].get<double>() < runs[1]["lemma_error"].get<double>());
  const CsvTable table = CsvTable::read(scratch / "out/lemma.csv");
  CHECK(table.rows() % (3 * 10) == 0);  // steps 0 to 9 of each layer
  for (const char* file : {"lemma.svg", "lemma.png", "lemma.gp", "summary.json"})
    CHECK(std::filesystem::exists(scratch / (std::string("out/") + file)));
}

TEST_CASE("reproduce table2 grows cell by cell, over stops and folders") {
  const ScratchFolder scratch;
  REQUIRE(
      run_radial({"synth", scratch / "data", "--classes", "3", "--train", "8", "--val", "4", "--size", "32"}).code ==
      0);
  const auto command = [&](const std::string& out, const std::vector<std::string>& more) {
    std::vector<std::string> words = {
        "reproduce", "table2",       "--data", scratch / "data", "--out", scratch / out, "--image-size",
        "32",        "--batch-size", "8",      "--epochs",       "2",     "--json"};
    words.insert(words.end(), more.begin(), more.end());
    return run_radial(words);
  };
  const std::vector<std::string> two = {"--only", "resnet18.sgd", "resnet18_no_decay.adamp"};
  {
    int losses = 0;
    const ForwardObserver stop([&](const char* op, const auto&...) {
      if (std::string(op) == "cross_entropy" && ++losses == 8) std::raise(SIGTERM);  // the steps that are timed first
    });
    CHECK(command("out", two).code == 143);
  }
  CHECK(std::filesystem::exists(scratch / "out/resnet18.sgd.0/checkpoints/last.safetensors"));
  CHECK_FALSE(std::filesystem::exists(scratch / "out/table.csv"));
  const auto output = command("out", two);
  REQUIRE(output.code == 0);
  REQUIRE(output.lines().size() == 1);  // nothing of the trainings
  const nlohmann::json entries = output.lines()[0]["entries"];
  REQUIRE(entries.size() == 8);
  for (const auto& entry : entries)
    CHECK(entry["runs"] == ((entry["row"] == "resnet18" && entry["optimizer"] == "sgd") ||
                                    (entry["row"] == "resnet18_no_decay" && entry["optimizer"] == "adamp")
                                ? 1
                                : 0));
  CHECK(entries[0]["published"] == 70.28);
  CHECK(entries[0]["top1"] == CsvTable::read(scratch / "out/resnet18.sgd.0/epochs.csv").numbers("val_top1").back());
  CHECK(CsvTable::read(scratch / "out/table.csv").rows() == 2);
  for (const char* file : {"table.md", "resnet18.svg", "resnet18_no_decay.png"})
    CHECK(std::filesystem::exists(scratch / (std::string("out/") + file)));

  // Whoever has table.csv needs neither the runs nor to train again.
  std::filesystem::remove_all(scratch / "out/resnet18.sgd.0");
  CHECK(command("out", two).lines()[0]["entries"] == entries);
  const auto elsewhere = command("elsewhere", {"--results", scratch / "out", "--only", "resnet18.sgd"});
  CHECK(elsewhere.code == 0);
  CHECK(elsewhere.lines()[0]["entries"] == entries);
  CHECK_FALSE(std::filesystem::exists(scratch / "elsewhere/resnet18.sgd.0"));
  // A folder of tables has them by their names.
  std::filesystem::create_directory(scratch / "tables");
  std::filesystem::copy(scratch / "out/table.csv", scratch / "tables/table2.csv");
  const auto list_all = command("again", {"--results", scratch / "tables", "--list", "--only", "resnet18.sgd"}).lines();
  CHECK(list_all.at(0)["finished"] == true);
  CHECK(command("out", {"--lr", "0.2"}).code == 2);  // those cells had another rate

  const auto list = command("out", {"--list", "--only", "resnet18"}).lines();
  REQUIRE(list.size() == 4);
  CHECK(list[0]["part"] == "resnet18.sgd.0");
  CHECK(list[0]["finished"] == true);
  CHECK(list[1]["finished"] == false);
  CHECK(list[1]["minutes"] > 0);
  CHECK(run_radial({"reproduce", "table1", "--list", "--json"}).lines().size() == 16);  // without pictures
  CHECK(run_radial({"reproduce", "table1"}).code == 2);
  CHECK(run_radial({"reproduce", "table1", "--list", "--only", "resnet99"}).code == 2);
}

TEST_CASE("reproduce figure4 and table4 have two numbers of each cell") {
  const ScratchFolder scratch;
  struct Case {
    const char *name, *cell, *measure, *other;
  };
  const Case c = GENERATE(Case{"figure4", "linf.adamp", "attacked", "clean"},
                          Case{"table4", "rho_990.adamp", "unbiased", "biased"});
  REQUIRE(run_radial({"synth", scratch / "data", "--task", "rebias", "--classes", "3", "--train", "8", "--val", "4"})
              .code == 0);
  const auto output = run_radial({"reproduce", c.name, "--data", scratch / "data", "--out", scratch / "out", "--only",
                                  c.cell, "--image-size", "8", "--batch-size", "8", "--epochs", "2", "--json"});
  REQUIRE(output.code == 0);
  const nlohmann::json entries = output.lines()[0]["entries"];
  REQUIRE(entries.size() == 16);
  CHECK(entries[2]["measure"] == c.measure);
  CHECK(entries[3]["measure"] == c.other);
  const std::string cell = c.cell;
  for (const auto& entry : entries) {
    const std::string own = entry["row"].get<std::string>() + "." + entry["optimizer"].get<std::string>();
    CHECK(entry["runs"] == (own == cell ? 1 : 0));
    if (own == cell) CHECK(entry.contains(entry["measure"].get<std::string>()));
  }
  const std::string figure = scratch / ("out/" + cell.substr(0, cell.find('.')));
  CHECK(std::filesystem::exists(figure + ".svg"));
  const std::string curve = c.measure == std::string("attacked") ? "attacked_top1_AdamP" : "unbiased_AdamP";
  CHECK((CsvTable::read(figure + ".csv").has(curve) && CsvTable::read(figure + ".csv").has(curve + " (published)")));
  CHECK(CsvTable::read(scratch / "out/table.csv").has(std::string("best_") + c.other));
}

TEST_CASE("reproduce --list says what there is") {
  const auto list = run_radial({"reproduce", "--list", "--json"}).lines();
  REQUIRE(list.size() == 10);
  CHECK(list[1]["name"] == "table1");
  CHECK(list[1]["minutes"] > 0);
  CHECK(run_radial({"reproduce"}).code == 2);
}

TEST_CASE("reproduce toy3d says where the paths end, beside the paper's") {
  const ScratchFolder scratch;
  const auto output = run_radial({"reproduce", "toy3d", "--out", scratch / "sphere", "--json"});
  REQUIRE(output.code == 0);
  const auto lines = output.lines();
  REQUIRE(lines.size() == 3);
  for (const auto& line : lines)
    CHECK(line["norm"].get<double>() == Catch::Approx(line["published_norm"].get<double>()).epsilon(0.15));
  CHECK(CsvTable::read(scratch / "sphere/toy3d.csv").rows() == 603);
  CHECK(std::filesystem::exists(scratch / "sphere/toy3d.svg"));
}

TEST_CASE("toy --animate writes the moving picture beside the still one") {
  const ScratchFolder scratch;
  CHECK(run_radial({"toy", "--animate"}).code == 2);  // where?
  CHECK(run_radial({"toy", "--iterations", "20", "--animate", "--out", scratch / "toy"}).code == 0);
  CHECK(read_text(scratch / "toy/toy-animated.svg").ends_with("</svg>\n"));
  CHECK(std::filesystem::exists(scratch / "toy/toy.svg"));
}
