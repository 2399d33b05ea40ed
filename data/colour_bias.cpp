#include "data/colour_bias.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

#include "core/error.h"
#include "core/random.h"

namespace radial {
namespace {

constexpr std::array<std::array<uint8_t, 3>, bias_colours> colours = {{{255, 0, 0},
                                                                       {0, 255, 0},
                                                                       {0, 0, 255},
                                                                       {225, 225, 0},
                                                                       {225, 0, 225},
                                                                       {0, 255, 255},
                                                                       {255, 128, 0},
                                                                       {255, 0, 128},
                                                                       {128, 0, 255},
                                                                       {128, 128, 128}}};

template <class T>
void shuffle(std::vector<T>& list, Random& random) {
  for (size_t i = list.size(); i > 1; --i)
    std::swap(list[i - 1], list[static_cast<size_t>(random.below(static_cast<int64_t>(i)))]);
}

}  // namespace

std::vector<int32_t> biased_colours(std::span<const int32_t> labels, int classes, double rho, uint64_t seed) {
  check(classes >= 2 && classes <= bias_colours, ErrorKind::dataset, "bias: there are ", classes,
        " classes but colours for 2 to ", bias_colours);
  std::vector<std::vector<size_t>> of_class(static_cast<size_t>(classes));
  for (size_t i = 0; i < labels.size(); ++i) of_class.at(static_cast<size_t>(labels[i])).push_back(i);
  std::vector<int32_t> colour(labels.begin(), labels.end());
  for (int own = 0; own < classes; ++own) {
    std::vector<size_t>& samples = of_class[static_cast<size_t>(own)];
    Random random(seed, Stream::draw, 0, static_cast<uint64_t>(own));
    shuffle(samples, random);
    std::vector<int32_t> others(static_cast<size_t>(classes - 1));
    std::iota(others.begin(), others.end(), own + 1);
    for (int32_t& other : others) other %= classes;
    shuffle(others, random);
    const auto kept = static_cast<size_t>(std::floor(static_cast<double>(samples.size()) * rho));
    const size_t left = samples.size() - kept, piece = (left + others.size() - 1) / others.size();
    for (size_t i = 0; i < left; ++i) colour[samples[kept + i]] = others[i / piece];
  }
  return colour;
}

void paint_background(Image& image, int32_t colour) {
  const auto& background = colours.at(static_cast<size_t>(colour));
  for (size_t at = 0; at + 2 < image.pixels.size(); at += 3) {
    uint8_t* pixel = image.pixels.data() + at;
    if (pixel[0] != 0 || pixel[1] != 0 || pixel[2] != 0)
      std::fill_n(pixel, 3, uint8_t{255});
    else
      std::copy(background.begin(), background.end(), pixel);
  }
}

}  // namespace radial
