// What the detectors have in common: samples that they read, losses, and boxes that they find.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "data/boxed_pictures.h"
#include "data/image.h"
#include "data/samples.h"
#include "nn/module.h"
#include "train/numbers.h"

namespace radial {

struct Detection {
  int32_t label = 0;
  double score = 0;
  std::array<double, 4> box = {};  // x, y of the upper left corner, width, height; pixels of the file
};

class Detector {
 public:
  virtual ~Detector() = default;
  virtual Module& network() = 0;
  virtual Module& backbone() = 0;                            // of it, under the names of a classifier
  virtual void place(Device device, DType activations) = 0;  // once the network has been moved there
  // Throws Error(usage) if a batch of one picture cannot be trained on, with these frozen.
  virtual void try_one_sample(std::span<const std::string> frozen) const = 0;
  virtual std::vector<Measure> measures() const = 0;  // the loss, then its parts

  // Pictures and targets of a split; the field `extents` (i32 [2]) has width and height of the file's picture.
  virtual std::shared_ptr<const Samples> samples(std::shared_ptr<const BoxedPictures> pictures, bool train) const = 0;
  virtual size_t extents_field() const = 0;

  // The loss of a batch of these samples, and its measures, which are written to `numbers` (float64, on the network's
  // device). Found boxes of each picture, best first, go to `found` unless it is null.
  virtual Tensor loss(const Batch& batch, Tensor& numbers, std::vector<std::vector<Detection>>* found) = 0;
  // What the network gives for pictures as it sees them, [n, image_size, image_size, 3].
  virtual std::vector<Tensor> outputs(const Tensor& pictures) = 0;
  // Of one picture.
  virtual std::vector<Detection> detect(const Image& picture) = 0;
};

}  // namespace radial
