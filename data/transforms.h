// From a decoded picture to the network's input: which part is taken (framing), resizing, mirroring, changing colours
// and shapes at random, normalising.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/ops/normalize_pictures.h"
#include "core/random.h"
#include "data/color_jitter.h"
#include "data/image.h"
#include "data/resize.h"
#include "io/options.h"

namespace radial {

// What training does to a picture; evaluation is Resize + CenterCrop always.
//   standard  RandomResizedCrop (area 0.08 to 1, aspect 3/4 to 4/3) and a flip
//   crop      4 black pixels around it, a random crop, a flip
//   flip      a flip
//   none      nothing
// Except with standard, a picture that already has the network's size is taken as it is, in evaluation too, and any
// other is brought to that size by Resize + CenterCrop first.
enum class Augment { standard, crop, flip, none };

const Choices<Augment>& augment_names();

// What training does to the square afterwards: RandAugment (data/rand_augment.h), or nothing.
enum class AutoAugment { none, randaugment };

const Choices<AutoAugment>& auto_augment_names();

// The defaults of grey pictures: the means of ImageNet's three.
inline constexpr double grey_mean = 0.449, grey_std = 0.226;

struct TransformOptions {
  int image_size = 224;  // width and height that the network sees
  int resize = 0;        // the short side before CenterCrop; 0 for 256/224 of image_size, rounded down
  Augment augment = Augment::standard;
  bool train = true;
  AutoAugment auto_augment = AutoAugment::none;
  ColorJitter color_jitter = {};
  double lighting = 0;                                             // standard deviation of its alphas (data/lighting.h)
  double random_erase = 0;                                         // probability (data/random_erase.h)
  std::array<double, 3> mean = imagenet_mean, std = imagenet_std;  // for values from 0 to 1; of greys the first
  int channels = 3;                                                // 1: the picture is made grey before all else

  int short_side() const { return resize > 0 ? resize : image_size * 256 / 224; }
};

// How the square that the network sees is taken from a picture: `crop` of the picture is resized to width x height; the
// pixels of its part `window` go to (x, y) of the square, which is black elsewhere; then the square is mirrored if
// `flip`.
struct Framing {
  Box crop;
  int width = 0;
  int height = 0;
  Box window;
  int x = 0;
  int y = 0;
  bool flip = false;
};

// The framing of a picture of the given size. Training draws from `random`; evaluation does not.
Framing frame_picture(int width, int height, const TransformOptions& options, Random& random);

// The parts of it, with torchvision's rounding.
Box random_resized_crop(int width, int height, Random& random);
Framing resize_and_center_crop(int width, int height, int short_side, int size);

// Turns pictures into [image_size, image_size, channels] values (x / 255 - mean) / std, or bytes x. Training goes in
// torchvision's order: framing, RandAugment, colours, light, erasing. All work on bytes, so that a GPU, which
// normalises them, sees the same as a CPU; what is erased has the mean's colour, to the nearest byte. It keeps its
// buffers from picture to picture and belongs to one thread; the result is a function of the picture, the options and
// `random` alone.
class PictureTransform {
 public:
  explicit PictureTransform(const TransformOptions& options);

  void run(const Image& image, Random random, float* out);
  void run(const Image& image, Random random, double* out);   // normalised in double
  void run(const Image& image, Random random, uint8_t* out);  // not normalised

 private:
  const std::vector<uint8_t>& square(const Image& image, Random& random);  // [image_size, image_size, channels]
  void frame(const Image& image, Random& random);
  void augment(Random& random);

  TransformOptions options_;
  Resizer resizer_;
  Image grey_, square_;
  std::vector<uint8_t> one_channel_;
  float scale_[3];
  float shift_[3];
  std::array<double, 3 * 256> exact_;  // exact_[3 * value + channel]
};

}  // namespace radial
