// The options of tasks that see whole pictures: size, cropping, normalising.
#pragma once

#include <array>

#include "data/transforms.h"
#include "tasks/network_input.h"
#include "train/options.h"

namespace radial {

// On the device and in the dtype of the training.
NetworkInput picture_input(const TrainOptions& train, const std::array<double, 3>& mean,
                           const std::array<double, 3>& std);
// What a loader makes: a GPU gets bytes and normalises them, a quarter of what floats are on their way.
DType picture_dtype(const TrainOptions& train);
// --mean and --std: three numbers, or one for all channels.
void list_statistics(OptionList& list, std::array<double, 3>& mean, std::array<double, 3>& std);
// What training resized to belongs to its size: sets it to 0 where another size was given.
void forget_resize(const OptionList& given, int& resize);
// Error(usage) if the crop is larger than what it is cut from.
void check_crop(int resize, int image_size);

struct PictureOptions {
  int image_size = 224;
  int resize = 0;  // 0: 256/224 of the size
  Augment augment = Augment::standard;
  std::array<double, 3> mean = imagenet_mean, std = imagenet_std;

  void list_options(OptionList& list);
  void resolve();  // fills in `resize`
  void before_overriding(const OptionList& given) { forget_resize(given, resize); }
  void check_sizes() const { check_crop(resize, image_size); }
  TransformOptions transform(bool train) const;  // of training, or of evaluation
  NetworkInput input(const TrainOptions& train) const { return picture_input(train, mean, std); }
  DType sample_dtype(const TrainOptions& train) const { return picture_dtype(train); }
};

}  // namespace radial
