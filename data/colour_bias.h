// Biased MNIST (Bahng et al., "Learning de-biased representations with biased representations", ICML 2020): white
// pictures on a coloured background, whose colour most of the time is that of the class.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "data/image.h"

namespace radial {

inline constexpr int bias_colours = 10;  // so many classes at most

// The colour of each sample. Of the n samples of a class, floor(n rho) keep the class's own colour; which ones they
// are, the seed decides. The others are cut into pieces of ceil(others / (classes - 1)), the last perhaps smaller, and
// each piece gets one of the other colours, which come in an order of the seed's; where the others are few, some
// colours get nothing. labels: each in [0, classes); 2 to 10 classes: Error(dataset). rho in [0, 1].
std::vector<int32_t> biased_colours(std::span<const int32_t> labels, int classes, double rho, uint64_t seed);

// Every pixel that is not black becomes white, the others get the colour.
void paint_background(Image& image, int32_t colour);

}  // namespace radial
