// From a decoded picture to the network's input: which part is taken (framing), resizing, mirroring, normalising.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/ops/normalize_pictures.h"
#include "core/random.h"
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

struct TransformOptions {
  int image_size = 224;  // width and height that the network sees
  int resize = 0;        // the short side before CenterCrop; 0 for 256/224 of image_size, rounded down
  Augment augment = Augment::standard;
  bool train = true;
  std::array<double, 3> mean = imagenet_mean, std = imagenet_std;  // for values from 0 to 1

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

// Turns pictures into [image_size, image_size, 3] values (x / 255 - mean) / std, or bytes x. It keeps its buffers from
// picture to picture and belongs to one thread; the result is a function of the picture, the options and `random`
// alone.
class PictureTransform {
 public:
  explicit PictureTransform(const TransformOptions& options);

  void run(const Image& image, Random random, float* out);
  void run(const Image& image, Random random, double* out);   // normalised in double
  void run(const Image& image, Random random, uint8_t* out);  // not normalised

 private:
  const std::vector<uint8_t>& square(const Image& image, Random& random);

  TransformOptions options_;
  Resizer resizer_;
  std::vector<uint8_t> square_;
  float scale_[3];
  float shift_[3];
  std::array<double, 3 * 256> exact_;  // exact_[3 * value + channel]
};

}  // namespace radial
