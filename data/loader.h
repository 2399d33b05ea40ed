// Batches of samples in the order of an epoch, made ahead of time by worker threads.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "data/bad_sample.h"
#include "data/orders.h"
#include "data/samples.h"

namespace radial {

struct LoaderOptions {
  int64_t batch_size = 256;  // may be larger than the data
  bool drop_last = false;    // leaves out a last, smaller batch
  uint64_t seed = 0;         // of what readers draw
  int workers = 1;           // threads; 0 makes each batch in next(), in the calling thread
  int prefetch = 2;          // batches that are made ahead; as much memory is held
  OnBadSample on_bad = OnBadSample::error;
  // Of each `share_of` batches in turn only those from share_first to before share_end are made: others make the rest.
  int64_t share_first = 0, share_end = 1, share_of = 1;
};

// What a batch holds follows from (samples, order, options, epoch, number) alone: not from the workers, nor from the
// batches before it, so an epoch can be entered anywhere. What a reader draws follows from (seed, epoch, sample, how
// often the sample came before in this epoch).
//
//   loader.start(epoch);
//   while (auto batch = loader.next()) ...
//
// Memory of a batch is used again once the caller has let go of its tensors. One thread may call a Loader at a time.
class Loader {
 public:
  // Throws Error(usage) for options that make no sense, Error(io) if the system allows no more threads. What
  // samples.reader() throws comes out of here, or with workers out of next().
  Loader(std::shared_ptr<const Samples> samples, const Order& order, const LoaderOptions& options);
  ~Loader();  // in mid-epoch too: unfinished batches are dropped
  Loader(Loader&&) noexcept;

  const Samples& samples() const;
  int64_t size() const;     // samples of an epoch, and
  int64_t batches() const;  // batches, of which LoaderOptions::share_of may leave out some; their numbers stay

  // Goes to batch `first_batch` of an epoch and begins to make batches. May be called at any time.
  void start(int epoch, int64_t first_batch = 0);

  // The next batch, or nothing at the end of the epoch, or at batch `end`. With OnBadSample::error a sample that cannot
  // be used throws its BadSample in place of its batch (the call after that goes on with the next); with skip it is
  // left out, so that a batch may be smaller than batch_size, and a batch that holds nothing else is passed over.
  // Errors of the system, files that are gone, and std::bad_alloc are thrown with either.
  std::optional<Batch> next(int64_t end = std::numeric_limits<int64_t>::max());

  // Samples that were skipped since the Loader was made, in order.
  const std::vector<BadSample::Entry>& bad() const;

 private:
  class Pipeline;
  std::unique_ptr<Pipeline> pipeline_;
};

}  // namespace radial
