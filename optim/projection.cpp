#include "optim/projection.h"

#include <algorithm>
#include <cmath>

namespace radial {

namespace {

bool orthogonal(const RowSums& row, int64_t length, const ProjectionOptions& options) {
  if (options.test == ProjectionTest::always) return true;
  if (options.test == ProjectionTest::printed) return row.wg < options.delta;
  const double norms = std::max(std::sqrt(row.ww), options.eps) * std::max(std::sqrt(row.gg), options.eps);
  return std::abs(row.wg) / norms < options.delta / std::sqrt(static_cast<double>(length));
}

}  // namespace

RowSums layer_sums(std::span<const RowSums> rows) {
  RowSums layer;
  for (const RowSums& row : rows) layer += row;
  return layer;
}

Projection decide_projection(std::span<const RowSums> rows, int64_t row_length, const ProjectionOptions& options) {
  const auto passes = [&](const RowSums& row) { return orthogonal(row, row_length, options); };
  if (std::all_of(rows.begin(), rows.end(), passes)) return Projection::channel;
  const auto count = static_cast<int64_t>(rows.size());
  return orthogonal(layer_sums(rows), count * row_length, options) ? Projection::layer : Projection::none;
}

double along(double ww, double wd, double eps) {
  const double norm = std::sqrt(ww) + eps;
  return ww == 0 ? 0 : wd / (norm * norm);
}

}  // namespace radial
