// The test for scale invariance and what it decides (paper, section 2).
#pragma once

#include <span>
#include <vector>

#include "optim/optimizer.h"
#include "optim/options.h"
#include "optim/update_loops.h"

namespace radial {

struct ProjectionDecision {
  Projection view = Projection::none;
  std::vector<double> along;  // a row: <w, d> / (||w|| + eps)^2 of the view's row it lies in, what Pi_w takes from d
};

// Tries the channel view (rows of dimension 0), then the layer view (all of the tensor as one row); the first that
// passes the test is projected along. A row of zeros in w or g counts as orthogonal and is left as it is.
ProjectionDecision decide_projection(std::span<const RowSums> rows, int64_t row_length,
                                     const ProjectionOptions& options);

}  // namespace radial
