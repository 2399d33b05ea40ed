// Loss and accuracy of a model on pictures.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "data/loader.h"
#include "nn/module.h"

namespace radial::apps {

// Sums over pictures, so that means are exact whatever the size of the last batch.
struct Score {
  int64_t images = 0;
  double loss = 0;   // sum over pictures
  int64_t top1 = 0;  // pictures whose class has the highest logit
  int64_t top5 = 0;  // ... one of the five highest (of all, if there are fewer classes)

  void add(const Tensor& logits, const Tensor& labels, double mean_loss);
  Score& operator+=(const Score& other);
  double mean_loss() const;
  double top1_percent() const;
  double top5_percent() const;
};

// Rows whose label has one of the k highest logits; of equal ones the first class counts. NaN is never right.
int64_t count_correct(const Tensor& logits, const Tensor& labels, int k);

struct EvaluationHooks {
  std::function<bool()> stop = {};  // asked before each batch
  std::function<void(int64_t batch, int64_t batches)> progress = {};
};

// Cross entropy (without label smoothing) and accuracy over the first epoch of the loader, in evaluation mode; the
// model is in its former mode afterwards. Nothing if `stop` said so.
std::optional<Score> evaluate(Module& model, Loader& loader, const EvaluationHooks& hooks = {});

}  // namespace radial::apps
