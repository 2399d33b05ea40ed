#include "optim/projection.h"

#include <algorithm>

namespace radial {

RowSums layer_sums(std::span<const RowSums> rows) {
  RowSums layer;
  for (const RowSums& row : rows) layer += row;
  return layer;
}

Projection decide_projection(std::span<const RowSums> rows, int64_t row_length, const ProjectionOptions& options) {
  const bool every_row =
      std::all_of(rows.begin(), rows.end(), [&](const RowSums& row) { return orthogonal(row, row_length, options); });
  return decide_projection(every_row, layer_sums(rows), static_cast<int64_t>(rows.size()) * row_length, options);
}

}  // namespace radial
