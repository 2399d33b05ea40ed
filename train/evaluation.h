// What an evaluation is given and what it finds.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "data/loader.h"
#include "dist/group.h"

namespace radial {

struct EvaluationHooks {
  Group* group = &world();          // its ranks share out the batches
  std::function<bool()> stop = {};  // asked before each batch
  std::function<void(int64_t batch, int64_t batches)> progress = {};
  std::string predictions = {};   // a file for what was found of each sample; "": none (TaskFacts::writes_predictions)
  std::string per_class = {};     // a folder for what was found of each class (TaskFacts::writes_classes)
  std::string ground_truth = {};  // a file for what was to be found, in the same format (detection)
};

struct Evaluation {
  int64_t samples = 0;
  std::vector<double> values;    // of the task's results, in their order; rates in per cent
  std::vector<double> ema = {};  // the same of the averaged weights, with --ema-decay (Trainer::validate)
};

// Calls f for each batch of the loader's epoch 0 that is this rank's: each comes to one of them, those of a rank before
// those of the next. So what is found is to be gathered, by gathered(), joined_ranks() or joined_rows(). False if
// `stop` said so; what f throws on one rank all throw.
bool for_each_batch(Loader& loader, const EvaluationHooks& hooks, const std::function<void(const Batch&)>& f);

}  // namespace radial
