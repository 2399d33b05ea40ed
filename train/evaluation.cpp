#include "train/evaluation.h"

namespace radial {

bool for_each_batch(Loader& loader, const EvaluationHooks& hooks, const std::function<void(const Batch&)>& f) {
  loader.start(0);
  while (auto batch = loader.next()) {
    if (hooks.stop && hooks.stop()) return false;
    f(*batch);
    if (hooks.progress) hooks.progress(batch->number + 1, loader.batches());
  }
  return true;
}

}  // namespace radial
