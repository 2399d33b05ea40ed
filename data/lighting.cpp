#include "data/lighting.h"

#include <algorithm>
#include <cmath>

namespace radial {
namespace {

constexpr double eigenvalues[3] = {0.2175, 0.0188, 0.0045};
constexpr double eigenvectors[3][3] = {  // of red, green and blue
    {-0.5675, 0.7192, 0.4009},
    {-0.5808, -0.0045, -0.8140},
    {-0.5836, -0.6948, 0.4203}};

}  // namespace

std::array<double, 3> light_of(const std::array<double, 3>& alpha) {
  std::array<double, 3> light{};
  for (size_t c = 0; c < 3; ++c)
    for (size_t k = 0; k < 3; ++k) light[c] += alpha[k] * eigenvalues[k] * eigenvectors[c][k];
  return light;
}

void add_lighting(Image& image, double deviation, Random& random) {
  std::array<double, 3> alpha;
  for (double& one : alpha) one = deviation * random.normal();
  const std::array<double, 3> light = light_of(alpha);
  for (size_t i = 0; i < image.pixels.size(); ++i)
    image.pixels[i] =
        static_cast<uint8_t>(std::clamp(std::nearbyint(image.pixels[i] + 255 * light[i % 3]), 0.0, 255.0));
}

}  // namespace radial
