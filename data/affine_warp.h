// A picture under an affine map, with the bytes of OpenCV 4's warpAffine(INTER_LINEAR): coordinates to 1/32 pixel,
// black outside.
#pragma once

#include <array>

#include "data/image.h"

namespace radial {

// (x, y) -> (xx x + xy y + x0, yx x + yy y + y0); pixel i has its centre at i.
struct AffineMap {
  double xx = 1, xy = 0, x0 = 0;
  double yx = 0, yy = 1, y0 = 0;

  std::array<double, 2> operator()(double x, double y) const { return {xx * x + xy * y + x0, yx * x + yy * y + y0}; }
  AffineMap inverse() const;
};

// CenterNet's: (center_x, center_y) goes to the middle of width x height, and `side` pixels become `width`.
AffineMap centering_map(double center_x, double center_y, double side, int width, int height);

// Pixel (u, v) of the result is the source at map^-1 (u, v).
void warp_affine(const Image& source, const AffineMap& map, int width, int height, Image& result);

}  // namespace radial
