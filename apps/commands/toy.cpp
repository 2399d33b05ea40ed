// radial toy: the paper's two-dimensional example, in numbers and as a figure.
#include <algorithm>
#include <filesystem>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "apps/commands/commands.h"
#include "core/error.h"
#include "figures/toy_animation.h"
#include "io/atomic_file.h"
#include "io/csv.h"
#include "io/folder.h"
#include "io/json_lines.h"

namespace radial::apps {
namespace {

namespace fs = std::filesystem;

struct ToyOptions {
  std::vector<double> momentum = {0.9, 0.95, 0.99};
  int iterations = 500;
  std::vector<int> at;  // empty: 491, or the last
  std::string out;
  bool animate = false, json = false;
};

void print_points(const ToyRun& run, const ToyOptions& options) {
  for (const int iteration : options.at) {
    const ToyPoint& point = run.points[static_cast<size_t>(iteration)];
    if (options.json) {
      print_json_line({{"momentum", run.momentum},
                       {"optimizer", run.optimizer},
                       {"iteration", iteration},
                       {"loss", point.loss},
                       {"norm", point.norm}});
    } else {
      fmt::print("{:>8g}  {:<9} {:>9}  {:>7.4f}  {:>6.2f}\n", run.momentum, run.optimizer, iteration, point.loss,
                 point.norm);
    }
  }
}

void write_out(const std::vector<ToyRun>& runs, const std::string& folder, bool animate) {
  make_folders(folder);
  CsvWriter csv((fs::path(folder) / "toy.csv").string(),
                {"momentum", "optimizer", "iteration", "x", "y", "loss", "norm"});
  for (const ToyRun& run : runs) {
    for (const ToyPoint& p : run.points) csv.row({run.momentum, run.optimizer, p.iteration, p.x, p.y, p.loss, p.norm});
  }
  csv.sync();
  draw_toy_figure(runs, "toy.csv", (fs::path(folder) / "toy").string());
  if (animate) write_atomically((fs::path(folder) / "toy-animated.svg").string(), toy_animation(runs));
}

int run_toy_command(const ToyOptions& given) {
  ToyOptions options = given;
  check(!options.animate || !options.out.empty(), "toy: --animate needs --out, the folder for toy-animated.svg");
  if (options.at.empty()) options.at = {std::min(491, options.iterations - 1)};
  for (const int iteration : options.at) {
    check(iteration >= 0 && iteration < options.iterations, "toy: --at ", iteration, " is not in [0, ",
          options.iterations, "), the iterations that are made");
  }
  std::vector<ToyRun> runs;
  for (const double momentum : options.momentum) {
    for (const std::string& optimizer : toy_optimizers())
      runs.push_back(
          {momentum, optimizer, run_toy(optimizer, {.momentum = momentum, .iterations = options.iterations})});
  }
  if (!options.json)
    fmt::print("{:>8}  {:<9} {:>9}  {:>7}  {:>6}\n", "momentum", "optimizer", "iteration", "loss", "norm");
  for (const ToyRun& run : runs) print_points(run, options);
  if (!options.out.empty()) write_out(runs, options.out, options.animate);
  return 0;
}

void list_toy_options(OptionList& list, ToyOptions& options) {
  list.add("momentum", options.momentum, "Momenta", within(0, 0.999999));
  list.add("iterations", options.iterations, "Iterations", at_least(1));
  list.add("at", options.at, "Iterations to print: the loss before and the norm after each (491, or the last)");
  list.add("out", options.out, "Folder for toy.csv and the figure").type = "DIR";
  list.add("animate", options.animate, "Also toy-animated.svg, in which the paths grow");
  add_json(list, options.json, "A JSON object a line instead of a table");
}

}  // namespace

Command toy_command() {
  return command("toy", "Run the paper's 2D example: what momentum does to the norm of a scale-invariant weight",
                 list_toy_options, run_toy_command);
}

}  // namespace radial::apps
