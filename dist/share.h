// How the batches of a step, or of an evaluation, are shared out: each rank has a run of them, in the order of ranks.
#pragma once

#include <cstdint>

namespace radial {

struct Share {
  int64_t first = 0, end = 0;
  int64_t size() const { return end - first; }
};

// As equal as it can be.
constexpr Share share_of(int rank, int ranks, int64_t all) { return {rank * all / ranks, (rank + 1) * all / ranks}; }

// Of it, what is below `end`.
constexpr Share clipped(const Share& share, int64_t end) {
  return {share.first < end ? share.first : end, share.end < end ? share.end : end};
}

}  // namespace radial
