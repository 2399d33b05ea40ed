// Recall@K: how often one of the K nearest pictures is of the same class. Exact: all similarities are computed.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/tensor.h"

namespace radial {

// How near the first picture of a query's class is.
struct Rank {
  int64_t strictly = 0;  // pictures of other classes that are strictly more similar than the most similar of its own
  int64_t in_order = 0;  // and those that are as similar but come before it in the gallery
  bool found = false;    // the gallery has one of its class
};

// Of each query [q, d] in the gallery [n, d]; similarity is the scalar product. Embeddings of one dtype and device,
// labels on the host. same_pictures: query i is picture i of the gallery, which is left out for it. Takes blocks of
// rows, so that memory stays bounded. A similarity that is NaN finds nothing.
std::vector<Rank> ranks(const Tensor& queries, std::span<const int32_t> query_labels, const Tensor& gallery,
                        std::span<const int32_t> gallery_labels, bool same_pictures);

// Per cent of the ranks that are found within the first k. Pictures that are equally similar count in the gallery's
// order (as a stable sort has them), or, `strictly`, not at all: In-Shop's rule, which its authors' code has.
double recall_at(std::span<const Rank> ranks, int64_t k, bool strictly);

// The `count` nearest of the gallery to one query [1, d], the most similar first; of equal ones the first.
struct Neighbour {
  int64_t index = 0;
  double similarity = 0;
};
std::vector<Neighbour> nearest(const Tensor& query, const Tensor& gallery, int64_t count);

}  // namespace radial
