// The figure's inputs (runs in every state, published tables) and its four files.
#include "figures/training_figure.h"

#include <cmath>
#include <filesystem>
#include <fstream>

#include "core/error.h"
#include "io/csv.h"
#include "io/file.h"
#include "tests/catch.h"
#include "tests/io/scratch_folder.h"

namespace fs = std::filesystem;
using namespace radial;

namespace {

constexpr const char* header = "epoch,lr,train_loss,train_top1,val_top1,val_top5,norm,effective_step\n";

// A run with the records of some epochs and, where `optimizer` is given, settings.
std::string make_run(const std::string& folder, int epochs, const std::string& optimizer = "",
                     const std::string& momentum = "0.9") {
  fs::create_directories(folder);
  std::ofstream csv(folder + "/epochs.csv");
  csv << header;
  for (int epoch = 1; epoch <= epochs; ++epoch)
    csv << epoch << "," << (epoch <= 4 ? 0.1 : 0.01) << ",2.1,20," << 20 + epoch << ",70," << 1.2 + 0.01 * epoch << ","
        << (epoch <= 4 ? 0.003 : 0.00003) << "\n";
  if (!optimizer.empty())
    std::ofstream(folder + "/config.toml")
        << "[train]\noptimizer = \"" << optimizer << "\"\nmomentum = " << momentum << "\nepochs = 12\n";
  return folder;
}

}  // namespace

TEST_CASE("runs are named and coloured by their settings") {
  const ScratchFolder scratch;
  const std::vector<std::string> runs = {make_run(scratch / "a", 6, "gd"),    make_run(scratch / "b", 6, "sgd"),
                                         make_run(scratch / "c", 2, "sgdp"),  make_run(scratch / "d", 6, "sgd", "0.95"),
                                         make_run(scratch / "e", 6, "adamp"), make_run(scratch / "plain", 6)};
  const auto curves = read_run_curves(runs);
  REQUIRE(curves.size() == 6);
  CHECK(curves[0].name == "vanilla SGD");
  CHECK(curves[1].name == "momentum SGD");
  CHECK(curves[2].name == "SGDP");
  CHECK(curves[3].name == "momentum SGD (momentum 0.95)");
  CHECK(curves[4].name == "AdamP");
  CHECK(curves[5].name == "plain");
  CHECK(curves[0].colour == "#D62728");  // the paper's red, orange and green
  CHECK(curves[1].colour == "#FF9408");
  CHECK(curves[2].colour == "#2CA02C");
  CHECK(curves[2].epoch.size() == 2);  // not finished
  CHECK(curves[2].epochs == 12);
  CHECK(curves[1].norm[1] == Catch::Approx(1.22));
  CHECK(curves[1].results.at("top1")[5] == 26);
}

TEST_CASE("two runs never look alike") {
  const ScratchFolder scratch;
  const std::vector<std::string> runs = {make_run(scratch / "first", 3, "sgdp"),
                                         make_run(scratch / "second", 3, "sgdp")};
  const auto curves = read_run_curves(runs);
  CHECK(curves[0].name == "SGDP, first");
  CHECK(curves[1].name == "SGDP, second");
  CHECK(curves[0].colour != curves[1].colour);
}

TEST_CASE("a run may be given as folder with a slash or as file") {
  const ScratchFolder scratch;
  make_run(scratch / "name", 2);
  CHECK(read_run_curves(std::vector<std::string>{scratch / "name/"})[0].name == "name");
  CHECK(read_run_curves(std::vector<std::string>{scratch / "name/epochs.csv"})[0].name == "name");
}

TEST_CASE("what cannot be drawn is said with its path") {
  const ScratchFolder scratch;
  using Catch::Matchers::ContainsSubstring;
  const std::vector<std::string> missing = {scratch / "nowhere"};
  CHECK_THROWS_WITH(read_run_curves(missing), ContainsSubstring("nowhere"));

  fs::create_directories(scratch / "old");
  std::ofstream(scratch / "old/epochs.csv") << "epoch,lr\n1,0.1\n";
  const std::vector<std::string> old = {scratch / "old"};
  CHECK_THROWS_WITH(read_run_curves(old), ContainsSubstring("old/epochs.csv") && ContainsSubstring("norm"));

  std::ofstream(scratch / "published.csv") << "epoch,loss\n1,2\n";
  CHECK_THROWS_WITH(read_published_curves(scratch / "published.csv"), ContainsSubstring("published.csv"));

  const std::vector<std::string> fresh = {make_run(scratch / "fresh", 0, "gd")};
  CHECK_THROWS_WITH(draw_training_figure(read_run_curves(fresh), scratch / "figure"), ContainsSubstring("no run"));
}

TEST_CASE("the published curves are those of the paper") {
  const auto curves = read_published_curves(RADIAL_SOURCE_DIR "/docs/data/figure3_published.csv");
  REQUIRE(curves.size() == 3);
  CHECK(curves[1].name == "momentum");
  REQUIRE(curves[1].epoch.size() == 100);
  CHECK(curves[1].norm[29] == Catch::Approx(3.9047).margin(1e-4));
  CHECK(curves[2].effective_step[30] == Catch::Approx(0.000253).margin(1e-6));
  CHECK(std::isnan(curves[0].results.at("top1")[0]));  // the figure starts later
  CHECK(curves[2].results.at("top1")[99] == Catch::Approx(69.01).margin(0.01));
}

TEST_CASE("a figure is two pictures, a script and its data") {
  const ScratchFolder scratch;
  const std::vector<std::string> runs = {make_run(scratch / "gd", 6, "gd"), make_run(scratch / "sgdp", 4, "sgdp"),
                                         make_run(scratch / "under_score {x}", 6)};
  auto curves = read_run_curves(runs);
  const bool with_published = GENERATE(false, true);
  if (with_published)
    for (const Curve& curve : read_published_curves(RADIAL_SOURCE_DIR "/docs/data/figure3_published.csv"))
      curves.push_back(curve);
  draw_training_figure(curves, scratch / "out/figure3");

  const std::string svg = read_text(scratch / "out/figure3.svg");
  for (const char* text : {"vanilla SGD", "SGDP", "under_score {x}", "Weight norm", "Effective step size"})
    CHECK(svg.find(text) != std::string::npos);
  CHECK((svg.find("published") != std::string::npos) == with_published);
  CHECK(read_text(scratch / "out/figure3.png").starts_with("\x89PNG"));
  CHECK(read_text(scratch / "out/figure3.gp").find("set logscale y") != std::string::npos);  // 0.003 to 0.00003

  const auto table = CsvTable::read(scratch / "out/figure3.csv");
  CHECK(table.rows() == (with_published ? 100 : 6));
  CHECK(table.numbers("norm_vanilla SGD")[5] == Catch::Approx(1.26));
  CHECK(std::isnan(table.numbers("norm_SGDP")[5]));
  CHECK(table.has("top1_sgdp (published)") == with_published);
}

TEST_CASE("a norm that hardly changes has ticks that can be read") {
  const ScratchFolder scratch;
  Curve curve;
  curve.name = "still";
  curve.colour = "#1F77B4";
  curve.epoch = {1, 2, 3};
  curve.norm = {0.81318429, 0.81318428, 0.81318430};
  draw_training_figure({&curve, 1}, scratch / "still");
  const std::string script = read_text(scratch / "still.gp");
  const size_t at = script.find("set yrange [0.81");
  REQUIRE(at != std::string::npos);
  double low = 0, high = 0;
  REQUIRE(std::sscanf(script.c_str() + at, "set yrange [%lf:%lf]", &low, &high) == 2);
  CHECK(low == Catch::Approx(0.81318429 * (1 - 0.5e-3)));
  CHECK(high == Catch::Approx(0.81318429 * (1 + 0.5e-3)));
  curve.norm = {0.81, 0.82, 0.83};
  draw_training_figure({&curve, 1}, scratch / "moving");
  CHECK_THAT(read_text(scratch / "moving.gp"), !Catch::Matchers::ContainsSubstring("set yrange [0.8"));
}

TEST_CASE("a figure draws the result that decides, or the columns that are named") {
  const ScratchFolder scratch;
  const std::string run = make_run(scratch / "run", 4, "sgd");
  const std::vector<std::string> runs = {run};
  CHECK(read_run_curves(runs)[0].results.begin()->first == "top1");  // the first of evaluation's
  std::ofstream(run + "/result.json") << R"({"decides": "val_top5"})";
  CHECK(read_run_curves(runs)[0].results.begin()->first == "top5");

  const auto curves = read_run_curves(runs, std::vector<std::string>{"val_top1", "train_loss", "top5"});
  REQUIRE(curves[0].results.size() == 3);
  CHECK(curves[0].results.at("train_loss")[0] == 2.1);
  CHECK(curves[0].results.at("top5")[3] == 70);
  draw_training_figure(curves, scratch / "wide");
  const CsvTable table = CsvTable::read(scratch / "wide.csv");
  for (const char* column : {"norm_momentum SGD", "top1_momentum SGD", "top5_momentum SGD", "train_loss_momentum SGD"})
    CHECK(table.has(column));

  CHECK_THROWS_WITH(read_run_curves(runs, std::vector<std::string>{"val_top2"}),
                    Catch::Matchers::ContainsSubstring("val_top2 (did you mean val_top"));
}
