#include "dist/group_sum.h"

#include <algorithm>

#include "core/error.h"
#include "core/parallel.h"

namespace radial {
namespace {

constexpr int64_t elements_at_once = 1 << 24;  // of all slices: bounds the memory beside the tensors
constexpr int64_t slice_unit = 16;             // elements, of which a slice has a multiple: vectors fit into it

// The nodes that a TreeSum has of these terms.
std::vector<TreeNode> shape_of(const Share& share) {
  TreeSum sum;
  for (int64_t term = share.first; term < share.end; ++term) sum.add(term, {});
  return sum.nodes();
}

// Which tensors any rank has a value of.
std::vector<char> present_anywhere(Group& group, const TreeSum& mine, size_t tensors) {
  std::string own(tensors, '0');
  for (const TreeNode& node : mine.nodes())
    for (size_t i = 0; i < node.values.size(); ++i)
      if (node.values[i]) own[i] = '1';
  std::vector<char> present(tensors, 0);
  for (const std::string& of_rank : group.gather(own)) {
    check(of_rank.size() == tensors, ErrorKind::internal, "group sum: a rank has ", of_rank.size(),
          " tensors, another ", tensors);
    for (size_t i = 0; i < tensors; ++i) present[i] = static_cast<char>(present[i] | (of_rank[i] == '1'));
  }
  return present;
}

// The tensors of a node as one of so many elements, on the device. What is missing is -0, which leaves any number as it
// is that it is added to, -0 too.
Tensor flat(const std::vector<Tensor>& values, std::span<const Tensor> like, const std::vector<char>& present,
            int64_t elements, Device device) {
  Tensor all = Tensor::empty({elements}, like.front().dtype(), device);
  int64_t at = 0;
  for (size_t i = 0; i < like.size(); ++i) {
    if (present[i] == 0) continue;
    const int64_t n = like[i].numel();
    Tensor part = all.slice(at, at + n);
    if (i < values.size() && values[i])
      part.copy_from(values[i].to(device).view({n}));
    else
      part.fill(-0.0);
    at += n;
  }
  if (at < elements) all.slice(at, elements).fill(-0.0);
  return all;
}

// One range of the elements: [first, end) of each rank's nodes goes in, of `total` comes out. Slices are of one size.
class Exchange {
 public:
  Exchange(Group& group, std::span<const Share> shares, DType dtype) : group_(group), dtype_(dtype) {
    for (const Share& share : shares) shapes_.push_back(shape_of(share));
    for (const auto& shape : shapes_) rounds_ = std::max(rounds_, shape.size());
  }

  void run(std::span<const Tensor> nodes, Tensor& total, int64_t first, int64_t end) {
    const int64_t n = (end - first) / group_.size(), own = first + group_.rank() * n;
    std::vector<std::vector<Tensor>> received(shapes_.size());  // of each rank: the slice of each node
    for (size_t round = 0; round < rounds_; ++round) get(nodes, received, round, first, n);
    TreeSum sum;
    for (size_t rank = 0; rank < shapes_.size(); ++rank)
      for (size_t i = 0; i < shapes_[rank].size(); ++i)
        sum.add({shapes_[rank][i].level, shapes_[rank][i].index, {received[rank][i]}});
    total.slice(own, own + n).copy_from(sum.total().front());
    group_.all_gather(static_cast<std::byte*>(total.bytes_data()) + first * bytes(), n * bytes());
  }

 private:
  int64_t bytes() const { return static_cast<int64_t>(size_of(dtype_)); }  // of an element

  // Node number `round` of each rank that has so many: n elements for each, the first rank's from `first` on.
  void get(std::span<const Tensor> nodes, std::vector<std::vector<Tensor>>& received, size_t round, int64_t first,
           int64_t n) {
    int64_t ranks = 0;
    for (const auto& shape : shapes_) ranks += round < shape.size() ? 1 : 0;
    Tensor buffer = Tensor::empty({ranks * n}, dtype_, group_.memory());
    std::vector<Piece> sent, arriving;
    int64_t at = 0;
    for (size_t rank = 0; rank < shapes_.size(); ++rank) {
      const int64_t slice = first + static_cast<int64_t>(rank) * n;
      sent.push_back({slice * bytes(), round < nodes.size() ? n * bytes() : 0});
      const bool comes = round < shapes_[rank].size();
      arriving.push_back({at * bytes(), comes ? n * bytes() : 0});
      if (!comes) continue;
      received[rank].push_back(buffer.slice(at, at + n));
      at += n;
    }
    const std::byte* from = round < nodes.size() ? static_cast<const std::byte*>(nodes[round].bytes_data()) : nullptr;
    group_.all_to_all(from, sent, static_cast<std::byte*>(buffer.bytes_data()), arriving);
  }

  Group& group_;
  const DType dtype_;
  std::vector<std::vector<TreeNode>> shapes_;
  size_t rounds_ = 0;  // most nodes that a rank has
};

}  // namespace

std::vector<Tensor> group_sum(Group& group, TreeSum& mine, std::span<const Share> shares,
                              std::span<const Tensor> like) {
  if (group.size() == 1) return mine.total();
  const std::vector<char> present = present_anywhere(group, mine, like.size());
  int64_t elements = 0;
  for (size_t i = 0; i < like.size(); ++i) elements += present[i] != 0 ? like[i].numel() : 0;
  std::vector<Tensor> sums(like.size());
  if (elements == 0) return sums;

  const int64_t unit = slice_unit * group.size();
  elements = divide_up(elements, unit) * unit;
  std::vector<Tensor> nodes;
  for (const TreeNode& node : mine.nodes()) nodes.push_back(flat(node.values, like, present, elements, group.memory()));
  Tensor total = Tensor::empty({elements}, like.front().dtype(), group.memory());
  Exchange exchange(group, shares, total.dtype());
  const int64_t most = divide_up(elements_at_once, unit) * unit;
  for (int64_t first = 0; first < elements; first += most)
    exchange.run(nodes, total, first, std::min(first + most, elements));

  int64_t at = 0;
  for (size_t i = 0; i < like.size(); ++i) {
    if (present[i] == 0) continue;
    const int64_t n = like[i].numel();
    sums[i] = Tensor::empty(like[i].shape(), like[i].dtype(), like[i].device());
    sums[i].copy_from(total.slice(at, at + n).view(like[i].shape()));
    at += n;
  }
  return sums;
}

}  // namespace radial
