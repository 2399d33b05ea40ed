// Batches of pictures in the order of an epoch, made ahead of time by worker threads.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "core/dtype.h"
#include "core/tensor.h"
#include "data/bad_picture.h"
#include "data/image_folder.h"
#include "data/transforms.h"

namespace radial {

struct LoaderOptions {
  TransformOptions transform = {};  // with transform.train saying whether pictures are augmented
  int64_t batch_size = 256;         // memory is taken for no more pictures than there are
  bool shuffle = true;              // a new order each epoch; otherwise the order of the folder
  bool drop_last = false;           // leaves out a last, smaller batch
  int64_t limit = 0;                // takes the first `limit` pictures of the epoch's order; 0 for all
  uint64_t seed = 0;
  DType dtype = DType::f32;  // f32, f64, or u8: bytes that somebody else normalises
  int workers = 1;           // threads; 0 makes each batch in next(), in the calling thread
  int prefetch = 2;          // batches that are made ahead; as much memory is held
  OnBadImage on_bad_image = OnBadImage::error;
};

struct Batch {
  Tensor images;                 // [n, size, size, 3], normalised unless they are bytes
  Tensor labels;                 // [n], i32
  std::vector<int64_t> indices;  // of the samples in the folder
  int64_t number = 0;            // in the epoch, from 0
};

// Numbers 0 to n - 1 in the order of an epoch: shuffled by (seed, epoch) alone, or as they are.
std::vector<int64_t> epoch_order(int64_t n, bool shuffle, uint64_t seed, int epoch);

// What a batch holds follows from (folder, options, epoch, number) alone: not from the workers, nor from the batches
// before it, so an epoch can be entered anywhere. A picture's augmentation follows from (seed, epoch, index).
//
//   loader.start(epoch);
//   while (auto batch = loader.next()) ...
//
// Memory of a batch is used again once the caller has let go of its tensors. One thread may call a Loader at a time.
class Loader {
 public:
  // Keeps a reference to the folder. Throws Error(usage) for options that make no sense, Error(io) if the system allows
  // no more threads.
  Loader(const ImageFolder& folder, const LoaderOptions& options);
  ~Loader();  // in mid-epoch too: unfinished batches are dropped
  Loader(Loader&&) noexcept;

  int64_t images() const;   // of an epoch
  int64_t batches() const;  // of an epoch

  // Goes to batch `first_batch` of an epoch and begins to make batches. May be called at any time.
  void start(int epoch, int64_t first_batch = 0);

  // The next batch, or nothing at the end of the epoch, or at batch `end`. With OnBadImage::error a picture that cannot
  // be used throws its BadPicture in place of its batch (the call after that goes on with the next); with skip it is
  // left out, so that n may be smaller than batch_size, and a batch that holds nothing else is passed over. Errors of
  // the system, files that are gone, and std::bad_alloc are thrown with either.
  std::optional<Batch> next(int64_t end = std::numeric_limits<int64_t>::max());

  // Pictures that were skipped since the Loader was made, in order.
  const std::vector<BadImage>& bad_images() const;

 private:
  class Pipeline;
  std::unique_ptr<Pipeline> pipeline_;
};

}  // namespace radial
