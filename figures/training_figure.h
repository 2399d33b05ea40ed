// Figure 3 of the paper from the epochs.csv of any number of runs: norm, effective step and results against epoch.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

namespace radial {

// What one run, or one published curve of each panel, draws. All vectors have the length of `epoch`; NaN: no value.
struct Curve {
  std::string name;    // in the legend
  std::string colour;  // "#D62728"
  bool published = false;
  double epochs = 0;                                    // that the run was to have, if known: how far the axis goes
  std::vector<double> epoch, lr, norm, effective_step;  // published curves have no lr
  // Further columns, a panel each: "top1" (in per cent), "AP", "train_loss".
  std::map<std::string, std::vector<double>> results = {};
};

// The curves of runs, in their order; a run is its folder or its epochs.csv. Names come from the runs' settings
// ("momentum SGD") or, where there are none, from the folders. The paper's three optimizers have the paper's colours.
// A run that has not finished gives the epochs that it has. Results are the columns of epochs.csv that are named
// ("top5", "val_top5", "train_loss"), or else the one that decides which epoch is best. Throws Error(io) or
// Error(file_format) with the path, Error(usage) for a column that a run does not have.
std::vector<Curve> read_run_curves(std::span<const std::string> runs, std::span<const std::string> columns = {});

// A table epoch,norm_A,norm_B,...,effstep_A,...,top1_A,...: docs/data/figure3_published.csv, or the data of a figure.
std::vector<Curve> read_published_curves(const std::string& csv);

// The column of a run's epochs.csv that decides which epoch is best, "val_top1": what result.json says, or of a run
// that has not ended what its columns tell.
std::string deciding_column(const std::string& run);

// Writes STEM.svg, STEM.png, the script STEM.gp and its data STEM.csv: a panel for the norm, the effective step and
// each result, but for those of which no curve has a number. Throws if there is nothing to draw.
void draw_training_figure(std::span<const Curve> curves, const std::string& stem);

}  // namespace radial
