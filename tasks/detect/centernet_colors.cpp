#include "tasks/detect/centernet_colors.h"

#include <algorithm>
#include <array>
#include <vector>

namespace radial {

namespace {

constexpr double strength = 0.4, light_deviation = 0.1;
constexpr std::array<double, 3> bgr_grey = {0.114, 0.587, 0.299};
constexpr std::array<double, 3> eigenvalues = {0.2141788, 0.01817699, 0.00341571};
constexpr double eigenvectors[3][3] = {{-0.58752847, -0.69563484, 0.41340352},  // of blue, green, red
                                       {-0.5832747, 0.00994535, -0.81221408},
                                       {-0.56089297, 0.71832671, 0.41158938}};
enum Change { brightness, contrast, saturation };
constexpr Change orders[6][3] = {{brightness, contrast, saturation}, {brightness, saturation, contrast},
                                 {contrast, brightness, saturation}, {contrast, saturation, brightness},
                                 {saturation, brightness, contrast}, {saturation, contrast, brightness}};

}  // namespace

template <class T>
void change_colors(T* pixels, int64_t count, bool blue_first, Random& random) {
  const auto channel = [&](int c) { return static_cast<size_t>(blue_first ? c : 2 - c); };
  std::vector<T> grey(static_cast<size_t>(count));
  double sum = 0;
  for (int64_t i = 0; i < count; ++i) {
    double value = 0;
    for (int c = 0; c < 3; ++c) value += bgr_grey[channel(c)] * static_cast<double>(pixels[3 * i + c]);
    grey[static_cast<size_t>(i)] = static_cast<T>(value);
    sum += value;
  }
  const double mean = count > 0 ? sum / static_cast<double>(count) : 0;
  for (const Change change : orders[random.below(6)]) {
    const double a = 1 + random.uniform(-strength, strength);
    const auto factor = static_cast<T>(a), rest = static_cast<T>(1 - a), level = static_cast<T>((1 - a) * mean);
    for (int64_t i = 0; i < count; ++i) {
      const T shift = change == brightness ? T(0) : change == contrast ? level : rest * grey[static_cast<size_t>(i)];
      for (int c = 0; c < 3; ++c) pixels[3 * i + c] = factor * pixels[3 * i + c] + shift;
    }
  }
  std::array<double, 3> alpha{};
  for (double& one : alpha) one = light_deviation * random.normal();
  for (int c = 0; c < 3; ++c) {
    double light = 0;
    for (size_t k = 0; k < 3; ++k) light += eigenvectors[channel(c)][k] * eigenvalues[k] * alpha[k];
    for (int64_t i = 0; i < count; ++i) pixels[3 * i + c] += static_cast<T>(light);
  }
}

template void change_colors(float*, int64_t, bool, Random&);
template void change_colors(double*, int64_t, bool, Random&);

}  // namespace radial
