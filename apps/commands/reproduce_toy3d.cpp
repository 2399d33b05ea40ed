// radial reproduce toy3d: the example on a sphere, in numbers and as a figure.
#include <filesystem>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "apps/commands/reproduce.h"
#include "figures/toy3d_figure.h"
#include "io/csv.h"
#include "io/folder.h"
#include "io/json_lines.h"

namespace radial::apps {
namespace {

namespace fs = std::filesystem;

struct Toy3dOptions {
  std::string out = "toy3d";
  bool json = false;
};

// |w| at the end of the paths that the paper draws.
double published_norm(const std::string& optimizer) {
  return optimizer == "momentum" ? 3.162 : optimizer == "momentum+l2" ? 0.836 : 1.121;
}

void print_ends(const std::vector<SphereRun>& runs, bool json) {
  if (!json) fmt::print("{:<12} {:>7} {:>7} {:>7} {:>15}\n", "optimizer", "psi", "phi", "norm", "published norm");
  for (const SphereRun& run : runs) {
    const SpherePoint& end = run.points.back();
    if (json)
      print_json_line({{"optimizer", run.optimizer},
                       {"iteration", end.iteration},
                       {"psi", end.psi},
                       {"phi", end.phi},
                       {"norm", end.norm},
                       {"published_norm", published_norm(run.optimizer)}});
    else
      fmt::print("{:<12} {:>7.4f} {:>7.4f} {:>7.4f} {:>15.3f}\n", run.optimizer, end.psi, end.phi, end.norm,
                 published_norm(run.optimizer));
  }
}

int run_reproduce_toy3d(const Toy3dOptions& options) {
  std::vector<SphereRun> runs;
  for (const std::string& optimizer : toy3d_optimizers()) runs.push_back({optimizer, run_toy3d(optimizer)});
  make_folders(options.out);
  CsvWriter csv((fs::path(options.out) / "toy3d.csv").string(),
                {"optimizer", "iteration", "x", "y", "z", "psi", "phi", "norm", "loss"});
  for (const SphereRun& run : runs)
    for (const SpherePoint& p : run.points)
      csv.row({run.optimizer, p.iteration, p.x, p.y, p.z, p.psi, p.phi, p.norm, p.loss});
  csv.sync();
  const std::string stem = (fs::path(options.out) / "toy3d").string();
  draw_toy3d_figure(runs, "toy3d.csv", stem);
  print_ends(runs, options.json);
  if (!options.json) fmt::print("{}.svg\n{}.png\n", stem, stem);
  return 0;
}

void list_toy3d_options(OptionList& list, Toy3dOptions& options) {
  list.add("out", options.out, "Folder for toy3d.csv and the figure").type = "DIR";
  add_json(list, options.json, "A JSON object a line instead of a table");
}

}  // namespace

Command reproduce_toy3d_command() {
  return command("toy3d", "Momentum, weight decay and the projection on a sphere (first version of the paper)",
                 list_toy3d_options, run_reproduce_toy3d);
}

}  // namespace radial::apps
