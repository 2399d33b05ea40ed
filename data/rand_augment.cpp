#include "data/rand_augment.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "core/error.h"
#include "data/affine.h"
#include "data/enhance.h"

namespace radial {
namespace {

struct Operation {
  std::string name;
  bool is_signed;
  std::function<double(double share, int width, int height)> strength;  // share: magnitude / 30
  std::function<void(Image& image, double strength)> apply;
};

// From 0, or `begin`, to `end`; in float, as torchvision has it.
auto up_to(double end, double begin = 0) {
  return [=](double share, int, int) {
    const float step = (static_cast<float>(end) - static_cast<float>(begin)) / 30;
    return static_cast<double>(static_cast<float>(begin) + step * static_cast<float>(30 * share));
  };
}

double nothing(double, int, int) { return 0; }

constexpr double longest_move = 150.0 / 331;  // of the side

const std::vector<Operation>& operations() {
  static const std::vector<Operation> all = {
      {"Identity", false, nothing, [](Image&, double) {}},
      {"ShearX", true, up_to(0.3), shear_x},
      {"ShearY", true, up_to(0.3), shear_y},
      {"TranslateX", true, [](double share, int width, int) { return up_to(longest_move * width)(share, 0, 0); },
       [](Image& image, double pixels) { translate(image, static_cast<int>(pixels), 0); }},
      {"TranslateY", true, [](double share, int, int height) { return up_to(longest_move * height)(share, 0, 0); },
       [](Image& image, double pixels) { translate(image, 0, static_cast<int>(pixels)); }},
      {"Rotate", true, up_to(30), rotate},
      {"Brightness", true, up_to(0.9), [](Image& image, double more) { adjust_brightness(image, 1 + more); }},
      {"Color", true, up_to(0.9), [](Image& image, double more) { adjust_saturation(image, 1 + more); }},
      {"Contrast", true, up_to(0.9), [](Image& image, double more) { adjust_contrast(image, 1 + more); }},
      {"Sharpness", true, up_to(0.9), [](Image& image, double more) { adjust_sharpness(image, 1 + more); }},
      {"Posterize", false, [](double share, int, int) { return 8 - std::nearbyint(4 * share); },
       [](Image& image, double bits) { posterize(image, static_cast<int>(bits)); }},
      {"Solarize", false, up_to(0, 255), solarize},
      {"AutoContrast", false, nothing, [](Image& image, double) { autocontrast(image); }},
      {"Equalize", false, nothing, [](Image& image, double) { equalize(image); }},
  };
  return all;
}

const Operation& operation(const std::string& name) {
  const auto found =
      std::find_if(operations().begin(), operations().end(), [&](const Operation& one) { return one.name == name; });
  check(found != operations().end(), ErrorKind::internal, "RandAugment has no operation ", name);
  return *found;
}

}  // namespace

const std::vector<std::string>& rand_augment_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const Operation& one : operations()) list.push_back(one.name);
    return list;
  }();
  return names;
}

double rand_augment_strength(const std::string& name, int magnitude, int width, int height) {
  return operation(name).strength(magnitude / 30.0, width, height);
}

bool is_signed(const std::string& name) { return operation(name).is_signed; }

void apply_operation(Image& image, const std::string& name, double strength) { operation(name).apply(image, strength); }

void rand_augment(Image& image, Random& random) {
  for (int i = 0; i < rand_augment_operations; ++i) {
    const Operation& one = operations()[static_cast<size_t>(random.below(std::ssize(operations())))];
    double strength = one.strength(rand_augment_magnitude / 30.0, image.width, image.height);
    if (one.is_signed && random.below(2) == 1) strength = -strength;
    one.apply(image, strength);
  }
}

}  // namespace radial
