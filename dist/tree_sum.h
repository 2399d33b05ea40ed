// Sums of many terms in one fixed binary tree over their numbers: the same bits wherever the terms were made, and in
// whatever pieces they arrive.
//
//   0   1   2   3   4      terms
//    \ /     \ /   /
//    0-1     2-3  /
//       \   /    /
//        0-3    /          what has no neighbour rises
//          \   /
//           0-4
#pragma once

#include <cstdint>
#include <vector>

#include "core/tensor.h"

namespace radial {

// The sum of the terms [index << level, (index + 1) << level): a complete subtree, or at the end of the terms as much
// of it as there is.
struct TreeNode {
  int level = 0;
  int64_t index = 0;
  std::vector<Tensor> values = {};
};

// Lists of tensors are summed one by one. A tensor that is undefined counts nothing: its sum with another is that one.
class TreeSum {
 public:
  // Nodes come in the order of their terms, without gaps. Their tensors are written to, and must be nobody else's.
  void add(TreeNode node);
  void add(int64_t term, std::vector<Tensor> values) { add({0, term, std::move(values)}); }

  // As few as the terms so far allow: fewer than two of each level.
  const std::vector<TreeNode>& nodes() const { return nodes_; }
  // The sum of all terms, where the first was number 0; none of no terms.
  std::vector<Tensor> total();

 private:
  void join();

  std::vector<TreeNode> nodes_;  // in order
};

}  // namespace radial
