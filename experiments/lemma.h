// Lemmas 2.1 and 2.2 of the paper, along real trainings: the growth of |w|^2 that is measured, that the exact recursion
// says, and that the lemma says, which takes gradients to be orthogonal to their weights (analysis/norm_growth.h).
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "analysis/norm_growth.h"
#include "experiments/experiment.h"

namespace radial {

struct LemmaRun {
  std::string name;  // "gd", "sgd", "sgd-small-eps"
  double eps = 0;    // of batch norm
  std::vector<GrowthPoint> points = {};
};

struct Lemma {
  std::string data, out = "lemma";
  int steps = 60;
  double small_eps = 1e-12;

  static const std::vector<std::string>& options();  // of a training, for all runs
  void list_options(OptionList& list, Settings& shown) const;

  std::vector<std::string> runs() const;
  // Throws NonFiniteLoss if it diverges.
  LemmaRun train(const std::string& run, const OptionList& command_line, RunListener& listener) const;
};

// What a run shows, over all steps and layers.
struct LemmaRow {
  std::string run;
  double eps = 0;
  double recursion = 0, lemma = 0;                          // largest | |w|^2 said - measured | / measured
  double radial_gradient = 0, largest_radial_gradient = 0;  // median and largest |w.g| / (|w| |g|)
  double growth = 0;                                        // |w_T|^2 - |w_0|^2, median over layers
  double growth_by_steps = 0;  // the same divided by the sum of the squared steps: 1 for vanilla SGD
};
LemmaRow summarise(const LemmaRun& run);

// The corollary: how many times as much as with vanilla SGD |w|^2 grows in T steps with momentum, if all |p| are equal.
double corollary_ratio(double momentum, int64_t steps);

nlohmann::ordered_json lemma_json(const std::vector<LemmaRow>& rows, double momentum, int64_t steps);
std::string lemma_table(const std::vector<LemmaRow>& rows, double momentum, int64_t steps);

void write_lemma_csv(const std::vector<LemmaRun>& runs, const std::string& path);
// STEM.svg, .png, .gp from `csv` beside them.
void draw_lemma_figure(const std::vector<LemmaRun>& runs, const std::string& csv, const std::string& stem);

}  // namespace radial
