// Colours and light of CenterNet's training pictures, changed at random.
#pragma once

#include <cstdint>

#include "core/random.h"

namespace radial {

// Pixels of 0 to 1, three channels, blue first or last. In random order, with a = 1 + U(-0.4, 0.4) each: brightness a
// p; contrast a p + (1 - a) mean(g); saturation a p + (1 - a) g; g is the grey that the picture had before. Then a
// colour along the axes of ImageNet's colours is added to all pixels. Nothing is cut off.
template <class T>
void change_colors(T* pixels, int64_t count, bool blue_first, Random& random);

}  // namespace radial
