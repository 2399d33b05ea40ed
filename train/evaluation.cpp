#include "train/evaluation.h"

#include <algorithm>

#include "core/parallel.h"
#include "dist/share.h"
#include "train/together.h"

namespace radial {

// All ranks take as many turns, those with fewer batches some without one, so that they ask `stop` together.
bool for_each_batch(Loader& loader, const EvaluationHooks& hooks, const std::function<void(const Batch&)>& f) {
  Group& group = *hooks.group;
  const int64_t batches = loader.batches(), turns = divide_up(batches, group.size());
  const Share share = share_of(group.rank(), group.size(), batches);
  loader.start(0, share.first);
  for (int64_t i = 0; i < turns; ++i) {
    if (hooks.stop && hooks.stop()) return false;
    const int64_t end = std::min(share.first + i + 1, share.end);
    together(group, [&] {
      if (const auto batch = loader.next(end)) f(*batch);
    });
    if (hooks.progress) hooks.progress(std::min((i + 1) * group.size(), batches), batches);
  }
  return true;
}

}  // namespace radial
