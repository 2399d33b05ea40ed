#include "data/transforms.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "data/enhance.h"
#include "data/lighting.h"
#include "data/rand_augment.h"
#include "data/random_erase.h"
#include "data/row_kernels.h"

namespace radial {
namespace {

constexpr double min_area = 0.08, max_area = 1, min_aspect = 3.0 / 4, max_aspect = 4.0 / 3;
constexpr int crop_padding = 4;

// Python's round(): halves go to the even neighbour.
int round_half_even(double value) { return static_cast<int>(std::nearbyint(value)); }

// CenterCrop along one axis: where `size` pixels begin in `length`, or, if there are fewer, where these go in the
// square.
struct Centered {
  int begin, count, at;
  Centered(int length, int size)
      : begin(length > size ? round_half_even((length - size) / 2.0) : 0),
        count(std::min(length, size)),
        at(length < size ? (size - length) / 2 : 0) {}
};

// Moves the content of the square by (dx, dy); what leaves it is lost.
void shift_content(Framing& framing, int dx, int dy, int size) {
  const auto shift = [size](int by, int& at, int& begin, int& count) {
    const int low = std::max(at + by, 0), high = std::min(at + by + count, size);
    begin += low - (at + by);
    count = high - low;
    at = low;
  };
  shift(dx, framing.x, framing.window.x, framing.window.width);
  shift(dy, framing.y, framing.window.y, framing.window.height);
}

}  // namespace

const Choices<Augment>& augment_names() {
  static const Choices<Augment> names = {
      {"standard", Augment::standard}, {"crop", Augment::crop}, {"flip", Augment::flip}, {"none", Augment::none}};
  return names;
}

const Choices<AutoAugment>& auto_augment_names() {
  static const Choices<AutoAugment> names = {{"none", AutoAugment::none}, {"randaugment", AutoAugment::randaugment}};
  return names;
}

Box random_resized_crop(int width, int height, Random& random) {
  const double area = static_cast<double>(width) * height;
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double target = area * random.uniform(min_area, max_area);
    const double aspect = std::exp(random.uniform(std::log(min_aspect), std::log(max_aspect)));
    const int w = round_half_even(std::sqrt(target * aspect)), h = round_half_even(std::sqrt(target / aspect));
    if (w <= 0 || w > width || h <= 0 || h > height) continue;
    const auto y = static_cast<int>(random.below(height - h + 1)), x = static_cast<int>(random.below(width - w + 1));
    return {x, y, w, h};
  }
  // A very long or very high picture: the middle, as much of it as the limits of the aspect allow.
  const double aspect = static_cast<double>(width) / height;
  Box box{0, 0, width, height};
  if (aspect < min_aspect) box.height = std::max(round_half_even(width / min_aspect), 1);
  if (aspect > max_aspect) box.width = std::max(round_half_even(height * max_aspect), 1);
  box.x = (width - box.width) / 2;
  box.y = (height - box.height) / 2;
  return box;
}

Framing resize_and_center_crop(int width, int height, int short_side, int size) {
  const int64_t small = std::min(width, height), large = std::max(width, height);
  const int64_t long_side = short_side * large / small;
  check(long_side <= max_picture_pixels, ErrorKind::dataset, "resize: a picture of ", width, "x", height,
        " is too long and narrow to be resized to a short side of ", short_side);
  Framing framing;
  framing.crop = {0, 0, width, height};
  framing.width = width <= height ? short_side : static_cast<int>(long_side);
  framing.height = width <= height ? static_cast<int>(long_side) : short_side;
  const Centered across(framing.width, size), down(framing.height, size);
  framing.window = {across.begin, down.begin, across.count, down.count};
  framing.x = across.at;
  framing.y = down.at;
  return framing;
}

Framing frame_picture(int width, int height, const TransformOptions& options, Random& random) {
  const int size = options.image_size;
  const Box whole{0, 0, size, size};
  Framing framing;
  if (options.train && options.augment == Augment::standard) {
    framing = {random_resized_crop(width, height, random), size, size, whole};
  } else if (options.augment != Augment::standard && width == size && height == size) {
    framing = {whole, size, size, whole};
  } else {
    framing = resize_and_center_crop(width, height, options.short_side(), size);
  }
  if (!options.train) return framing;
  if (options.augment == Augment::crop) {
    const auto dy = static_cast<int>(random.below(2 * crop_padding + 1)) - crop_padding;
    const auto dx = static_cast<int>(random.below(2 * crop_padding + 1)) - crop_padding;
    shift_content(framing, dx, dy, size);
  }
  if (options.augment != Augment::none) framing.flip = random.uniform() < 0.5;
  return framing;
}

PictureTransform::PictureTransform(const TransformOptions& options) : options_(options) {
  check(options.image_size > 0, "transform: the image size is ", options.image_size, " but must be positive");
  check(options.channels == 1 || options.channels == 3, "transform: pictures have 3 channels, or 1, but got ",
        options.channels);
  check(options.channels == 3 || options.lighting == 0, "transform: grey pictures have no colour of the light");
  for (size_t c = 0; c < 3; ++c) {
    const size_t from = options.channels == 1 ? 0 : c;
    const double mean = options.mean[from], std = options.std[from];
    check(std > 0, "transform: the standard deviation of channel ", c, " is ", std, " but must be positive");
    scale_[c] = static_cast<float>(1 / (255 * std));
    shift_[c] = static_cast<float>(-mean / std);
    for (size_t value = 0; value < 256; ++value) {
      exact_[3 * value + c] = (static_cast<double>(value) / 255 - mean) / std;
    }
  }
}

// The picture as the network will see it, before it is normalised.
const std::vector<uint8_t>& PictureTransform::square(const Image& image, Random& random) {
  if (options_.channels == 3) {
    frame(image, random);
    if (options_.train) augment(random);
    return square_.pixels;
  }
  grey_ = image;
  make_grey(grey_);
  frame(grey_, random);
  if (options_.train) augment(random);
  one_channel_.resize(square_.pixels.size() / 3);
  for (size_t i = 0; i < one_channel_.size(); ++i) one_channel_[i] = square_.pixels[3 * i];
  return one_channel_;
}

void PictureTransform::frame(const Image& image, Random& random) {
  const Framing framing = frame_picture(image.width, image.height, options_, random);
  const int64_t size = options_.image_size, row_bytes = 3 * size;
  const Box& window = framing.window;
  const bool black_border = window.width < size || window.height < size;
  if (black_border) std::fill(square_.pixels.begin(), square_.pixels.end(), uint8_t{0});
  square_.resize(options_.image_size, options_.image_size);
  if (window.width <= 0 || window.height <= 0) return;
  const int64_t x = framing.flip ? size - framing.x - window.width : framing.x;
  resizer_.run(image, framing.crop, framing.width, framing.height, window, framing.flip,
               square_.pixels.data() + framing.y * row_bytes + 3 * x, row_bytes);
}

// What is off draws nothing.
void PictureTransform::augment(Random& random) {
  if (options_.auto_augment == AutoAugment::randaugment) rand_augment(square_, random);
  if (options_.color_jitter.on()) jitter_colors(square_, options_.color_jitter, random);
  if (options_.lighting > 0) add_lighting(square_, options_.lighting, random);
  if (options_.random_erase > 0 && random.uniform() < options_.random_erase) {
    std::array<uint8_t, 3> mean;
    for (size_t c = 0; c < 3; ++c)
      mean[c] = static_cast<uint8_t>(std::clamp(std::nearbyint(255 * options_.mean[c]), 0.0, 255.0));
    erase(square_, draw_erased_box(square_.width, square_.height, random), mean);
  }
}

void PictureTransform::run(const Image& image, Random random, float* out) {
  const std::vector<uint8_t>& pixels = square(image, random);
  detail::normalise_row(pixels.data(), std::ssize(pixels), scale_, shift_, out);
}

void PictureTransform::run(const Image& image, Random random, double* out) {
  const std::vector<uint8_t>& pixels = square(image, random);
  for (size_t i = 0; i < pixels.size(); ++i) out[i] = exact_[3 * size_t{pixels[i]} + i % 3];
}

void PictureTransform::run(const Image& image, Random random, uint8_t* out) {
  const std::vector<uint8_t>& pixels = square(image, random);
  std::copy(pixels.begin(), pixels.end(), out);
}

}  // namespace radial
