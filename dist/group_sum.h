// The sum of terms that several ranks have: the same bits as in one process.
#pragma once

#include <span>

#include "dist/group.h"
#include "dist/share.h"
#include "dist/tree_sum.h"

namespace radial {

// mine: this rank's terms, those of shares[rank]; shares are in order and leave no gap, the first begins with 0. All
// ranks have lists of tensors of the same shapes and dtype (float32 or float64), on any device; where a rank has no
// term, `like` says which. Returns what one TreeSum of all terms would.
//
// Each rank sums a slice of all elements: it gets the slice of each rank's nodes, follows the tree, and hands the sum
// to all. 2 (R - 1) / R of the tensors' bytes go in and out of each rank, as in a ring, where shares are subtrees (a
// power of two of terms for each rank); more where they are not.
std::vector<Tensor> group_sum(Group& group, TreeSum& mine, std::span<const Share> shares, std::span<const Tensor> like);

}  // namespace radial
