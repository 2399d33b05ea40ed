#include "dist/tree_sum.h"

#include <utility>

#include "core/error.h"
#include "core/kernels.h"

namespace radial {
namespace {

void add_tensors_to(std::vector<Tensor>& sums, std::vector<Tensor>& values) {
  check(sums.size() == values.size(), ErrorKind::internal, "tree sum: ", sums.size(), " and ", values.size(),
        " tensors");
  for (size_t i = 0; i < sums.size(); ++i)
    if (!sums[i])
      sums[i] = std::move(values[i]);
    else if (values[i])
      kernels::accumulate(sums[i], values[i], 1.0);
}

}  // namespace

void TreeSum::add(TreeNode node) {
  nodes_.push_back(std::move(node));
  join();
}

// The last node with its neighbour before it, as often as there is one.
void TreeSum::join() {
  while (nodes_.size() > 1) {
    TreeNode &left = nodes_[nodes_.size() - 2], &right = nodes_.back();
    if (left.level != right.level || left.index % 2 != 0 || right.index != left.index + 1) return;
    add_tensors_to(left.values, right.values);
    ++left.level;
    left.index /= 2;
    nodes_.pop_back();
  }
}

std::vector<Tensor> TreeSum::total() {
  while (nodes_.size() > 1) {
    ++nodes_.back().level;
    nodes_.back().index /= 2;
    join();
  }
  return nodes_.empty() ? std::vector<Tensor>() : std::exchange(nodes_, {}).front().values;
}

}  // namespace radial
