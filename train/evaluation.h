// Loss and accuracy of a model on pictures.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "data/loader.h"
#include "nn/module.h"
#include "train/network_input.h"

namespace radial::apps {

// Sums over pictures, so that means are exact whatever the size of the last batch.
struct Score {
  int64_t images = 0;
  double loss = 0;   // sum over pictures
  int64_t top1 = 0;  // pictures whose class has the highest logit
  int64_t top5 = 0;  // ... one of the five highest (of all, if there are fewer classes)

  Score& operator+=(const Score& other);
  double mean_loss() const;
  double top1_percent() const;
  double top5_percent() const;
};

// Scores of batches that their device keeps until they are asked for: a GPU would have to wait for each number that is
// read at once.
class PendingScores {
 public:
  explicit PendingScores(Device device);

  void add(const Tensor& logits, const Tensor& labels, const Tensor& loss);  // loss: the mean over the batch
  int64_t batches() const { return static_cast<int64_t>(pictures_.size()); }
  // Those that were added since, a batch each, in order. Waits for the device.
  std::vector<Score> take();

 private:
  Tensor numbers_;                 // f64 [capacity, 3]: rows of score_batch; grows
  std::vector<int64_t> pictures_;  // of each batch
};

// After how many steps or batches their numbers are read: at once on a CPU, where they are at hand.
int64_t steps_between_readings(Device device);

struct EvaluationHooks {
  std::function<bool()> stop = {};  // asked before each batch
  std::function<void(int64_t batch, int64_t batches)> progress = {};
};

// Cross entropy (without label smoothing) and accuracy over the first epoch of the loader, in evaluation mode; the
// model is in its former mode afterwards. `input` is the model's. Nothing if `stop` said so.
std::optional<Score> evaluate(Layer& model, Loader& loader, const NetworkInput& input,
                              const EvaluationHooks& hooks = {});

}  // namespace radial::apps
