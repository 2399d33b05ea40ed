// The test for scale invariance and what it decides (paper, section 2).
#pragma once

#include <span>

#include "optim/optimizer.h"
#include "optim/options.h"
#include "optim/update_loops.h"

namespace radial {

// Those of the whole tensor as one row.
RowSums layer_sums(std::span<const RowSums> rows);

// Tries the channel view (rows of dimension 0), then the layer view (all of the tensor as one row); the first that
// passes the test is projected along. A row of zeros in w or g counts as orthogonal.
Projection decide_projection(std::span<const RowSums> rows, int64_t row_length, const ProjectionOptions& options);

// <w, d> / (||w|| + eps)^2: what Pi_w takes from the direction d along w; 0 where w is zero.
double along(double ww, double wd, double eps);

}  // namespace radial
