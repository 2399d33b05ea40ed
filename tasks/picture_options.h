// The options of tasks that see whole pictures: size, cropping, normalising.
#pragma once

#include <array>

#include "data/transforms.h"
#include "tasks/network_input.h"
#include "train/options.h"

namespace radial {

struct PictureOptions {
  int image_size = 224;
  int resize = 0;  // 0: 256/224 of the size
  Augment augment = Augment::standard;
  std::array<double, 3> mean = imagenet_mean, std = imagenet_std;

  void list_options(OptionList& list);
  void resolve();                                       // fills in `resize`
  void before_overriding(const OptionList& given);      // what training resized to belongs to its size
  void check_sizes() const;                             // Error(usage) if the crop is larger than what it is cut from
  TransformOptions transform(bool train) const;         // of training, or of evaluation
  NetworkInput input(const TrainOptions& train) const;  // on the device and in the dtype of the training
  DType sample_dtype(const TrainOptions& train) const;  // a GPU gets bytes, a quarter of what floats are
};

}  // namespace radial
