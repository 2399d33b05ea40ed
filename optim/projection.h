// The test for scale invariance and what it decides (paper, section 2). What works on plain values is for host and
// device.
#pragma once

#include <cmath>
#include <cstdint>
#include <span>

#include "core/host_device.h"
#include "optim/options.h"

namespace radial {

// Along which view the update of a parameter is projected.
enum class Projection : int32_t { none = 0, channel = 1, layer = 2 };

constexpr const char* name_of(Projection projection) {
  switch (projection) {
    case Projection::channel:
      return "channel";
    case Projection::layer:
      return "layer";
    default:
      return "none";
  }
}

// Sums over a row, in double: ||w||^2, <w, g>, ||g||^2.
struct RowSums {
  double ww = 0, wg = 0, gg = 0;

  RADIAL_HOST_DEVICE RowSums& operator+=(const RowSums& other) {
    ww += other.ww;
    wg += other.wg;
    gg += other.gg;
    return *this;
  }
};

// Whether a row of `length` elements counts as orthogonal to its gradient. A row of zeros in w or g does.
RADIAL_HOST_DEVICE inline bool orthogonal(const RowSums& row, int64_t length, const ProjectionOptions& options) {
  if (options.test == ProjectionTest::always) return true;
  if (options.test == ProjectionTest::printed) return row.wg < options.delta;
  const auto at_least_eps = [&](double norm) { return norm < options.eps ? options.eps : norm; };
  const double norms = at_least_eps(std::sqrt(row.ww)) * at_least_eps(std::sqrt(row.gg));
  return std::abs(row.wg) / norms < options.delta / std::sqrt(static_cast<double>(length));
}

// The channel view (rows of dimension 0) where every row is orthogonal, else the layer view (all elements as one row)
// where that is.
RADIAL_HOST_DEVICE inline Projection decide_projection(bool every_row, const RowSums& layer, int64_t elements,
                                                       const ProjectionOptions& options) {
  if (every_row) return Projection::channel;
  return orthogonal(layer, elements, options) ? Projection::layer : Projection::none;
}

// <w, d> / (||w|| + eps)^2: what Pi_w takes from the direction d along w; 0 where w is zero.
RADIAL_HOST_DEVICE inline double along(double ww, double wd, double eps) {
  const double norm = std::sqrt(ww) + eps;
  return ww == 0 ? 0 : wd / (norm * norm);
}

// Those of the whole tensor as one row.
RowSums layer_sums(std::span<const RowSums> rows);

// From the sums of all rows.
Projection decide_projection(std::span<const RowSums> rows, int64_t row_length, const ProjectionOptions& options);

}  // namespace radial
