// radial figure
#include <filesystem>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "apps/cli/command.h"
#include "apps/cli/option_checks.h"
#include "apps/figures/training_figure.h"
#include "core/error.h"

namespace radial::apps {
namespace {

struct FigureOptions {
  std::vector<std::string> runs;
  std::string out, published;
};

int run_figure(const FigureOptions& options) {
  std::vector<Curve> curves = read_run_curves(options.runs);
  if (!options.published.empty())
    for (const Curve& curve : read_published_curves(options.published)) curves.push_back(curve);
  std::filesystem::path out = options.out.empty() ? "figure3.svg" : options.out;
  const std::string extension = out.extension().string();
  check(extension == ".svg" || extension == ".png", "figure: --out is ", out.string(), " but must end in .svg or .png");
  const std::string stem = std::filesystem::path(out).replace_extension().string();
  draw_training_figure(curves, stem);
  const std::string other = stem + (extension == ".svg" ? ".png" : ".svg");
  fmt::print("{}\n{}\n{}\n{}\n", out.string(), other, stem + ".gp", stem + ".csv");
  return 0;
}

}  // namespace

void add_figure(CLI::App& root, Chosen& chosen) {
  auto options = std::make_shared<FigureOptions>();
  CLI::App* command = root.add_subcommand(
      "figure", "Draw norm, effective step and accuracy against epoch (Figure 3 of the paper) for any number of runs");
  command->add_option("runs", options->runs, "Run folders, or epochs.csv files")->required()->type_name("RUN");
  command->add_option("--out", options->out, "Figure to write; SVG, PNG, script and data are kept side by side")
      ->check(not_empty())
      ->type_name("FILE")
      ->default_str("figure3.svg");
  command
      ->add_option("--published", options->published, "Published curves, drawn thin (docs/data/figure3_published.csv)")
      ->type_name("CSV");
  command->callback([&chosen, options] { chosen.run = [options] { return run_figure(*options); }; });
}

}  // namespace radial::apps
