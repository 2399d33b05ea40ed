#include "tasks/picture_options.h"

#include "core/error.h"
#include "train/precision.h"

namespace radial {

void list_statistics(OptionList& list, std::array<double, 3>& mean, std::array<double, 3>& std) {
  list.add("mean", mean, "Of red, green and blue, or one of all, subtracted from values of 0 to 1", within(-1e6, 1e6));
  list.add("std", std, "Of red, green and blue, or one of all, divided by", within(1e-6, 1e6));
}

NetworkInput picture_input(const TrainOptions& train, const std::array<double, 3>& mean,
                           const std::array<double, 3>& std) {
  NetworkInput input{device_from(train.device, train.dtype), activations_dtype(train.dtype), {}};
  for (size_t c = 0; c < 3; ++c) {
    input.pictures.mean[c] = mean[c];
    input.pictures.inv_std[c] = 1 / std[c];
  }
  return input;
}

DType picture_dtype(const TrainOptions& train) {
  const bool on_gpu = device_from(train.device, train.dtype).type == DeviceType::cuda;
  return on_gpu ? DType::u8 : activations_dtype(train.dtype);
}

void forget_resize(const OptionList& given, int& resize) {
  const auto has = [&](const char* name) { return given.find(name) != nullptr && given.find(name)->given; };
  if (has("image-size") && !has("resize")) resize = 0;
}

void check_crop(int resize, int image_size) {
  check(resize >= image_size, "train: --resize ", resize, " is smaller than --image-size ", image_size,
        ", which is cut out of it");
}

void PictureOptions::list_options(OptionList& list) {
  list.group("Pictures");
  list.add("image-size", image_size, "Width and height that the network sees", within(1, 1 << 15));
  list.add("resize", resize, "Short side before the centre crop in evaluation; 0: 256/224 of the size", at_least(0));
  list.add_choice("augment", augment, augment_names(),
                  "standard (random resized crop, flip), crop (pad 4, random crop, flip), flip, none");
  list_statistics(list, mean, std);
}

void PictureOptions::resolve() {
  if (resize == 0) resize = transform(false).short_side();
}

TransformOptions PictureOptions::transform(bool train) const {
  return {.image_size = image_size, .resize = resize, .augment = augment, .train = train, .mean = mean, .std = std};
}

}  // namespace radial
