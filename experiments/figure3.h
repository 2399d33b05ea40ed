// Figure 3 of the paper: what vanilla SGD, momentum SGD and SGDP do to norms, effective steps and accuracy, in runs
// from the same initial weights. Their settings: figure3.toml.
#pragma once

#include <string>
#include <vector>

#include "experiments/experiment.h"
#include "experiments/figure3_summary.h"

namespace radial {

struct Figure3 {
  std::string data, out = "figure3";
  std::string published;  // curves that are drawn thin
  bool full = false;      // the paper's setting

  // Those of a training that may be changed, for all runs; the values are those that the runs have otherwise.
  static const std::vector<std::string>& options();
  void list_options(OptionList& list, Settings& shown) const;

  std::vector<std::string> runs() const;             // "gd", "sgd", "sgdp"
  std::string folder(const std::string& run) const;  // out/gd
  void plan(PlannedRun& planned, const std::string& run, const OptionList& command_line) const;

  // Draws OUT/figure3.svg and .png; the rows of the runs.
  std::vector<Figure3Row> draw(const Settings& of_a_run) const;
  std::string stem() const;  // of the figure's files
};

}  // namespace radial
