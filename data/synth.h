// A data set that Radial draws itself, for a first training run without a download.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/random.h"
#include "data/image.h"

namespace radial {

struct SynthOptions {
  int classes = 10;  // at most synth_max_classes
  int train = 500;   // pictures a class
  int val = 100;
  int size = 64;  // pixels, width and height
  uint64_t seed = 0;
  bool png = false;                   // JPEG of quality 92 otherwise
  bool other_classes_in_val = false;  // as many others: for retrieval
  bool digits = false;                // in place of shapes: MNIST-like, white on black, classes "0" to "9"
};

// A class is a shape with a texture: ten of each. Classes that follow one another share the one or the other, so that
// neither is enough to tell them apart; colours tell nothing.
inline constexpr int synth_max_classes = 100;
std::string synth_class_name(int label);  // "striped_disc"

// A picture of the class: the object in any pose, size, colour and light, on a background of other things.
Image draw_synth_picture(int label, int size, Random random);

// Several objects, one to five, before one background, with their boxes: for detection.
struct SynthScene {
  struct Object {
    int label = 0;
    std::array<double, 4> box = {};  // x, y of the upper left corner, width, height: the pixels that it would cover
    double area = 0;                 // of these pixels
  };
  Image image;
  std::vector<Object> objects;
};
SynthScene draw_synth_scene(int classes, int size, Random random);

inline constexpr int synth_digits = 10;
Image draw_synth_digit(int digit, int size, Random random);

// Writes DATA/train/<class>/<number>.jpg and DATA/val/... ; the same options give the same pictures. Throws
// Error(usage) for options out of range or when the folder holds something already, Error(io) when it cannot be
// written.
void write_synth_dataset(const std::filesystem::path& data, const SynthOptions& options);
// Scenes as COCO has them: DATA/train/<number>.jpg and DATA/annotations/instances_train.json, and the same of val;
// options.train and .val count the pictures of all classes together.
void write_synth_scenes(const std::filesystem::path& data, const SynthOptions& options);

}  // namespace radial
