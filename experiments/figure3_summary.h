// Figure 3 in numbers: what the runs of `radial reproduce figure3` show about norms, effective steps and accuracy.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "analysis/growth_law.h"
#include "figures/training_figure.h"

namespace radial {

// One run. Norms and effective steps are means over the steps of an epoch (columns of epochs.csv).
struct Figure3Row {
  std::string optimizer;  // gd, sgd, sgdp
  std::string name;       // in the figure
  double norm_start = 0;  // of the initial weights
  double norm_first = 0, norm_last = 0;
  double step_first = 0, step_before_drop = 0, step_last = 0;  // before_drop: the last epoch at the full learning rate
  double top1_last = 0, top1_best = 0;                         // per cent, on val
  std::optional<GrowthLaw> law = {};                           // of the norm over the epochs at the full learning rate
  bool law_from_start = false;                                 // they begin with the first

  double growth() const { return norm_last - norm_start; }
};

// Throws Error(file_format) if the run has no epoch.
Figure3Row summarise_run(const std::string& optimizer, const Curve& curve, double norm_start);

// The rows and what the paper claims of them: how many times the norm of momentum grows by what the other two grow by,
// and the share of their effective step that momentum's has when the learning rate first drops.
nlohmann::ordered_json figure3_json(std::span<const Figure3Row> rows);
std::string figure3_table(std::span<const Figure3Row> rows);

}  // namespace radial
