// How well scores rank what has a tag before what has not.
#pragma once

#include <cstdint>
#include <span>

namespace radial {

// Scores and targets (0 or 1) of n sounds and some tags, [n, tags] row after row. NaN scores make a NaN.

// Of one tag: the share of pairs of a sound with and one without it in which the first has the higher score; equal
// scores count half. NaN where all have it or none.
double roc_auc(std::span<const double> scores, std::span<const float> targets);
// Average precision: sum over distinct scores, from the highest, of (recall_i - recall_(i-1)) precision_i. NaN where
// none has the tag.
double average_precision(std::span<const double> scores, std::span<const float> targets);

struct TagMetrics {
  double roc_auc = 0, pr_auc = 0;  // means over the tags that some have and some have not; 0 if there are none
  double f1 = 0;                   // mean over the sounds of 2 |P and G| / (|P| + |G|), P: scores above `threshold`; 0
                                   // where both are empty: scikit-learn's average="samples"
};
TagMetrics tag_metrics(std::span<const double> scores, std::span<const float> targets, int64_t tags, double threshold);

}  // namespace radial
