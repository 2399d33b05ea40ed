// Pictures made larger, or smaller, by interpolation.
#pragma once

#include <cstdint>

#include "core/host_device.h"
#include "core/pair.h"
#include "core/tensor.h"

namespace radial {

enum class Interpolation { nearest, bilinear };

struct UpsampleOptions {
  double scale = 0;  // of both sides, rounded down to whole pixels; or
  Pair size = 0;     // the sides of the result
  Interpolation mode = Interpolation::nearest;
  bool align_corners = false;  // bilinear: the centres of the corner pixels stay where they are, else the edges
};
// x [n, h, w, c] -> [n, oh, ow, c], PyTorch's interpolate: nearest takes the pixel floor(i h / oh), in float32;
// bilinear weights the two neighbours of (i + 0.5) h / oh - 0.5, or of i (h - 1) / (oh - 1) with align_corners. Where a
// scale is given, 1 / scale stands for h / oh. The gradient is gathered in a fixed order.
Tensor upsample(const Tensor& x, const UpsampleOptions& options);

// One side of the pictures: which pixels of x make pixel i of y, and with which weights.
struct UpsampleAxis {
  int64_t from, to;  // extents of x and y
  double step;       // pixels of x for one of y
  double shift;      // pixel i is looked for at i * step + shift
  bool nearest;

  struct Neighbours {
    int64_t first, second;
    double weight;  // of the second; the first has 1 - weight
  };
  RADIAL_HOST_DEVICE Neighbours at(int64_t i) const {
    if (nearest) {
      const auto place = static_cast<int64_t>(static_cast<float>(i) * static_cast<float>(step));
      const int64_t pixel = place < from - 1 ? place : from - 1;
      return {pixel, pixel, 0};
    }
    const double wanted = static_cast<double>(i) * step + shift, place = wanted > 0 ? wanted : 0;
    const int64_t below = static_cast<int64_t>(place), first = below < from - 1 ? below : from - 1;
    return {first, first < from - 1 ? first + 1 : first, place - static_cast<double>(below)};
  }

  // A range of pixels of y that holds all that pixel j of x takes part in (and perhaps a few more).
  struct Range {
    int64_t begin, end;
  };
  RADIAL_HOST_DEVICE Range users(int64_t j) const {
    const auto edge = [this](double place) {
      const double pixel = step > 0 ? (place - shift) / step : 0;
      return pixel < 0 ? int64_t{0} : pixel > static_cast<double>(to) ? to : static_cast<int64_t>(pixel);
    };
    const int64_t first = edge(static_cast<double>(j - 1)), last = edge(static_cast<double>(j + 1)) + 3;
    const bool at_edge = step <= 0 || j == 0, at_end = step <= 0 || j >= from - 1;
    return {at_edge || first < 2 ? 0 : first - 2, at_end || last > to ? to : last};
  }
  // The weight of pixel j of x in pixel i of y.
  RADIAL_HOST_DEVICE double weight(int64_t i, int64_t j) const {
    const Neighbours of = at(i);
    return (of.first == j ? 1 - of.weight : 0) + (of.second == j ? of.weight : 0);
  }
};

struct UpsampleGeometry {
  UpsampleGeometry(const Shape& x, const UpsampleOptions& options);
  int64_t n, c;
  UpsampleAxis rows, columns;
  Shape y_shape() const { return {n, rows.to, columns.to, c}; }
};

}  // namespace radial
