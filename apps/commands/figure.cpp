// radial figure
#include <filesystem>

#include <fmt/core.h>

#include "apps/commands/commands.h"
#include "core/error.h"
#include "figures/training_figure.h"

namespace radial::apps {
namespace {

struct FigureOptions {
  std::vector<std::string> runs;
  std::vector<std::string> columns;
  std::string out = "figure3.svg", published;
};

int run_figure(const FigureOptions& options) {
  std::vector<Curve> curves = read_run_curves(options.runs, options.columns);
  if (!options.published.empty())
    for (const Curve& curve : read_published_curves(options.published)) curves.push_back(curve);
  const std::filesystem::path out = options.out;
  const std::string extension = out.extension().string();
  check(extension == ".svg" || extension == ".png", "figure: --out is ", out.string(), " but must end in .svg or .png");
  const std::string stem = std::filesystem::path(out).replace_extension().string();
  draw_training_figure(curves, stem);
  const std::string other = stem + (extension == ".svg" ? ".png" : ".svg");
  fmt::print("{}\n{}\n{}\n{}\n", out.string(), other, stem + ".gp", stem + ".csv");
  return 0;
}

void list_figure_options(OptionList& list, FigureOptions& options) {
  list.add_argument("runs", options.runs, "RUN", "Run folders, or epochs.csv files").required = true;
  list.add("out", options.out, "Figure to write; SVG, PNG, script and data are kept side by side").type = "FILE";
  list.add("column", options.columns,
           "Columns of epochs.csv to draw, a panel each: top5, train_loss (default: the result that decides)")
      .type = "NAME";
  list.add("published", options.published, "Published curves, drawn thin (docs/data/figure3_published.csv)").type =
      "CSV";
}

}  // namespace

Command figure_command() {
  return command("figure",
                 "Draw norm, effective step and accuracy against epoch (Figure 3 of the paper) for any number of runs",
                 list_figure_options, run_figure);
}

}  // namespace radial::apps
