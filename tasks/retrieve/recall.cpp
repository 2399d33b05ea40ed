#include "tasks/retrieve/recall.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/autograd.h"
#include "core/error.h"
#include "core/ops.h"
#include "core/parallel.h"

namespace radial {
namespace {

// similarities [n] of one query, in which `itself` (or -1) does not count.
template <class T>
Rank rank_of(const T* similarities, std::span<const int32_t> labels, int32_t label, int64_t itself) {
  const auto n = static_cast<int64_t>(labels.size());
  const auto of = [&](int64_t i) { return labels[static_cast<size_t>(i)]; };
  Rank rank;
  T best = -std::numeric_limits<T>::infinity();
  int64_t at = n;
  for (int64_t i = 0; i < n; ++i) {
    if (of(i) != label || i == itself || !(similarities[i] > best)) continue;
    best = similarities[i];
    at = i;
  }
  rank.found = at < n;
  if (!rank.found) return rank;
  int64_t nearer = 0, as_near = 0;
  for (int64_t i = 0; i < n; ++i) nearer += (similarities[i] > best && of(i) != label) ? 1 : 0;
  for (int64_t i = 0; i < at; ++i) as_near += (similarities[i] == best && of(i) != label) ? 1 : 0;
  return {.strictly = nearer, .in_order = nearer + as_near, .found = true};
}

}  // namespace

std::vector<Rank> ranks(const Tensor& queries, std::span<const int32_t> query_labels, const Tensor& gallery,
                        std::span<const int32_t> gallery_labels, bool same_pictures) {
  const NoGrad no_grad;
  const int64_t q = queries.dim(0), n = gallery.dim(0);
  check(std::ssize(query_labels) == q && std::ssize(gallery_labels) == n && (!same_pictures || q == n),
        ErrorKind::internal, "recall: ", query_labels.size(), " and ", gallery_labels.size(), " labels of ", q, " and ",
        n, " embeddings");
  std::vector<Rank> found(static_cast<size_t>(q));
  constexpr int64_t block_elements = 1 << 25;  // 128 MB of float32
  const int64_t block = std::clamp<int64_t>(block_elements / std::max<int64_t>(n, 1), 1, 4096);
  for (int64_t begin = 0; begin < q; begin += block) {
    const int64_t end = std::min(begin + block, q);
    const Tensor rows = linear(queries.slice(begin, end), gallery).to(Device{});
    dispatch_float("recall", rows.dtype(), [&]<class T>() {
      const T* similarities = rows.data<T>();
      parallel_for(end - begin, [&](int64_t i) {
        const auto query = static_cast<size_t>(begin + i);
        found[query] =
            rank_of(similarities + i * n, gallery_labels, query_labels[query], same_pictures ? begin + i : int64_t{-1});
      });
    });
  }
  return found;
}

double recall_at(std::span<const Rank> ranks, int64_t k, bool strictly) {
  const auto hits = std::count_if(ranks.begin(), ranks.end(), [&](const Rank& rank) {
    return rank.found && (strictly ? rank.strictly : rank.in_order) < k;
  });
  return ranks.empty() ? 0 : 100 * static_cast<double>(hits) / static_cast<double>(ranks.size());
}

std::vector<Neighbour> nearest(const Tensor& query, const Tensor& gallery, int64_t count) {
  const NoGrad no_grad;
  const std::vector<double> similarities = linear(query, gallery).to_vector();
  std::vector<int64_t> order(similarities.size());
  std::iota(order.begin(), order.end(), int64_t{0});
  const auto first = order.begin() + std::min<int64_t>(count, std::ssize(order));
  const auto of = [&](int64_t i) {
    const double value = similarities[static_cast<size_t>(i)];
    return std::isnan(value) ? -std::numeric_limits<double>::infinity() : value;
  };
  std::partial_sort(order.begin(), first, order.end(),
                    [&](int64_t a, int64_t b) { return of(a) != of(b) ? of(a) > of(b) : a < b; });
  std::vector<Neighbour> neighbours;
  for (auto i = order.begin(); i != first; ++i) neighbours.push_back({*i, similarities[static_cast<size_t>(*i)]});
  return neighbours;
}

}  // namespace radial
