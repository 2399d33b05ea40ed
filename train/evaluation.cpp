#include "train/evaluation.h"

#include <algorithm>

#include "dist/share.h"
#include "train/together.h"

namespace radial {
namespace {

// All ranks take as many turns, those with fewer batches some without one, so that they ask `stop` together.
bool for_each_of(const Share& share, int64_t turns, Loader& loader, const EvaluationHooks& hooks,
                 const std::function<void(const Batch&)>& f) {
  loader.start(0, share.first);
  for (int64_t i = 0; i < turns; ++i) {
    if (hooks.stop && hooks.stop()) return false;
    const int64_t end = std::min(share.first + i + 1, share.end);
    together(world(), [&] {
      if (const auto batch = loader.next(end)) f(*batch);
    });
    if (hooks.progress)
      hooks.progress(std::min((i + 1) * loader.batches() / turns, loader.batches()), loader.batches());
  }
  return true;
}

}  // namespace

bool for_each_batch(Loader& loader, const EvaluationHooks& hooks, const std::function<void(const Batch&)>& f) {
  return for_each_of({0, loader.batches()}, loader.batches(), loader, hooks, f);
}

bool for_each_own_batch(Loader& loader, const EvaluationHooks& hooks, const std::function<void(const Batch&)>& f) {
  const int ranks = world().size();
  int64_t most = 0;
  for (int rank = 0; rank < ranks; ++rank) most = std::max(most, share_of(rank, ranks, loader.batches()).size());
  return for_each_of(share_of(world().rank(), ranks, loader.batches()), most, loader, hooks, f);
}

}  // namespace radial
