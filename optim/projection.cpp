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

double along(const RowSums& row, double eps) {
  const double norm = std::sqrt(row.ww) + eps;
  return row.ww == 0 ? 0 : row.wd / (norm * norm);
}

}  // namespace

ProjectionDecision decide_projection(std::span<const RowSums> rows, int64_t row_length,
                                     const ProjectionOptions& options) {
  const auto passes = [&](const RowSums& row) { return orthogonal(row, row_length, options); };
  if (std::all_of(rows.begin(), rows.end(), passes)) {
    ProjectionDecision decision{Projection::channel, {}};
    for (const RowSums& row : rows) decision.along.push_back(along(row, options.eps));
    return decision;
  }
  RowSums layer;
  for (const RowSums& row : rows) {
    layer.ww += row.ww;
    layer.wg += row.wg;
    layer.gg += row.gg;
    layer.wd += row.wd;
  }
  const auto count = static_cast<int64_t>(rows.size());
  if (!orthogonal(layer, count * row_length, options)) return {Projection::none, std::vector<double>(rows.size(), 0.0)};
  return {Projection::layer, std::vector<double>(rows.size(), along(layer, options.eps))};
}

}  // namespace radial
