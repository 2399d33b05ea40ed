// radial toy: the paper's two-dimensional example, in numbers and as a figure.
#include <algorithm>
#include <filesystem>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "apps/cli/command.h"
#include "apps/cli/option_checks.h"
#include "apps/figures/toy_figure.h"
#include "core/error.h"
#include "io/csv.h"
#include "io/json_lines.h"

namespace radial::apps {
namespace {

namespace fs = std::filesystem;

struct ToyOptions {
  std::vector<double> momentum = {0.9, 0.95, 0.99};
  int iterations = 500;
  std::vector<int> at = {491};
  std::string out;
  bool json = false;
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

void write_out(const std::vector<ToyRun>& runs, const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  check(!error, ErrorKind::io, "toy: ", folder, " cannot be made: ", error.message());
  CsvWriter csv((fs::path(folder) / "toy.csv").string(),
                {"momentum", "optimizer", "iteration", "x", "y", "loss", "norm"});
  for (const ToyRun& run : runs) {
    for (const ToyPoint& p : run.points) csv.row({run.momentum, run.optimizer, p.iteration, p.x, p.y, p.loss, p.norm});
  }
  csv.sync();
  draw_toy_figure(runs, "toy.csv", (fs::path(folder) / "toy").string());
}

int run_toy_command(const ToyOptions& options) {
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
  if (!options.out.empty()) write_out(runs, options.out);
  return 0;
}

}  // namespace

void add_toy(CLI::App& root, Chosen& chosen) {
  auto options = std::make_shared<ToyOptions>();
  CLI::App* command = root.add_subcommand(
      "toy", "Run the paper's 2D example: what momentum does to the norm of a scale-invariant weight");
  command->add_option("--momentum", options->momentum, "Momenta")
      ->delimiter(',')
      ->check(within(0, 0.999999))
      ->capture_default_str();
  command->add_option("--iterations", options->iterations, "Iterations")->check(at_least(1))->capture_default_str();
  const CLI::Option* at =
      command
          ->add_option("--at", options->at,
                       "Iterations to print: the loss before and the norm after each (491, or the last)")
          ->delimiter(',');
  command->add_option("--out", options->out, "Folder for toy.csv and the figure")->check(not_empty())->type_name("DIR");
  command->add_flag("--json,!--no-json", options->json, "A JSON object a line instead of a table");
  command->callback([&chosen, options, at] {
    if (at->count() == 0) options->at = {std::min(491, options->iterations - 1)};
    chosen.run = [options] { return run_toy_command(*options); };
  });
}

}  // namespace radial::apps
