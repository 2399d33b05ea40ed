// Noise of the light (Krizhevsky et al., NeurIPS 2012): one colour is added to all pixels.
#pragma once

#include <array>

#include "core/random.h"
#include "data/image.h"

namespace radial {

// The colour, for values of 0 to 1: sum over k of alpha_k eigenvalue_k eigenvector_k, those of ImageNet's colours.
std::array<double, 3> light_of(const std::array<double, 3>& alpha);

// With alpha ~ N(0, deviation), to the nearest grey level and cut to 0 .. 255.
void add_lighting(Image& image, double deviation, Random& random);

}  // namespace radial
