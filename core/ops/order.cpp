#include "core/ops/order.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <type_traits>

#include "core/graph.h"
#include "core/ops/arguments.h"
#include "core/ops/indexing.h"
#include "core/parallel.h"
#include "core/untracked.h"

namespace radial {

namespace {

// Bits that are ordered as the values are: both zeros alike, NaN above all.
template <class T>
auto ordered_bits(T x) {
  using Bits = std::conditional_t<std::is_same_v<T, float>, uint32_t, uint64_t>;
  if (x != x) return ~Bits{0};
  const Bits bits = std::bit_cast<Bits>(x + T(0)), sign = Bits{1} << (8 * sizeof(Bits) - 1);
  const Bits flipped = (Bits{0} - (bits >> (8 * sizeof(Bits) - 1))) | sign;  // all of a negative number
  return static_cast<Bits>(bits ^ flipped);
}

// A value and its index as one number to sort: of equal values the one with the smaller index comes first.
template <class T>
auto sort_key(T x, int64_t index, bool descending) {
  using Key = std::conditional_t<std::is_same_v<T, float>, uint64_t, unsigned __int128>;
  const auto bits = ordered_bits(x);
  return Key{static_cast<decltype(bits)>(descending ? ~bits : bits)} << 32 | static_cast<uint32_t>(index);
}

// The keys of the first k of n values, in order.
template <class Key, class ValueAt>
void first_by_sorting(std::vector<Key>& keys, int64_t n, int64_t k, bool descending, const ValueAt& value_at) {
  for (int64_t r = 0; r < n; ++r) keys.push_back(sort_key(value_at(r), r, descending));
  if (k < n)
    std::partial_sort(keys.begin(), keys.begin() + k, keys.end());
  else
    std::sort(keys.begin(), keys.end());
}

// The same for few of many: they are kept in a heap, the last on top, and most values are seen not to come before it
// without a key. (A NaN compares with nothing.)
template <class Key, class ValueAt>
void first_by_heap(std::vector<Key>& keys, int64_t n, int64_t k, bool descending, const ValueAt& value_at) {
  for (int64_t r = 0; r < k; ++r) keys.push_back(sort_key(value_at(r), r, descending));
  std::make_heap(keys.begin(), keys.end());
  const auto last = [&] { return value_at(static_cast<int64_t>(static_cast<uint32_t>(keys.front()))); };
  auto bound = last();
  for (int64_t r = k; r < n; ++r) {
    const auto value = value_at(r);
    if (descending ? value <= bound : value >= bound) continue;
    const Key key = sort_key(value, r, descending);
    if (key > keys.front()) continue;
    std::pop_heap(keys.begin(), keys.end());
    keys.back() = key;
    std::push_heap(keys.begin(), keys.end());
    bound = last();
  }
  std::sort_heap(keys.begin(), keys.end());
}

// Indices of the first k values of each lane in order.
template <class T>
void order_lanes(int32_t* index, const T* x, const Lanes& lanes, int64_t k, bool descending) {
  if (k == 0) return;
  parallel_ranges(lanes.number(), rows_per_task(lanes.count * 16), [&](int64_t first, int64_t end) {
    std::vector<decltype(sort_key(T(), 0, false))> keys;
    for (int64_t lane = first; lane < end; ++lane) {
      const int64_t o = lane / lanes.inner, i = lane % lanes.inner;
      const auto value_at = [&, from = x + o * lanes.count * lanes.inner + i](int64_t r) {
        return from[r * lanes.inner];
      };
      keys.clear();
      if (k > lanes.count / 8)
        first_by_sorting(keys, lanes.count, k, descending, value_at);
      else
        first_by_heap(keys, lanes.count, k, descending, value_at);
      for (int64_t r = 0; r < k; ++r)
        index[(o * k + r) * lanes.inner + i] =
            static_cast<int32_t>(static_cast<uint32_t>(keys[static_cast<size_t>(r)]));
    }
  });
}

Tensor order_of(const char* op, const Tensor& x, int dim, int64_t k, bool descending) {
  refuse_recording(x.device(), op);
  const Lanes lanes = lanes_along(x.shape(), dim);
  check(lanes.count <= std::numeric_limits<int32_t>::max(), op, ": an index of 32 bits cannot name ", lanes.count,
        " elements");
  Tensor values = Untracked::to(x.detach(), Device{});
  values =
      Untracked::to(values, values.dtype() == DType::f64 || values.dtype() == DType::i32 ? DType::f64 : DType::f32);
  Shape shape = x.shape();
  if (x.rank() > 0) shape.set(dim, k);
  Tensor index = Tensor::empty(shape, DType::i32);
  if (index.numel() > 0)
    dispatch_float(op, values.dtype(),
                   [&]<class T>() { order_lanes(index.data<int32_t>(), values.data<T>(), lanes, k, descending); });
  return Untracked::to(index, x.device());
}

// With the values, which have x's gradient.
Extreme ordered(const char* op, const Tensor& x, int dim, int64_t k, bool descending) {
  const Tensor index = order_of(op, x, dim, k, descending);
  return {x.rank() == 0 ? x.clone() : gather(x, dim, index), index};
}

}  // namespace

Extreme sort(const Tensor& x, int dim, const SortOptions& options) {
  check_defined("sort", {{"x", x}});
  const int d = dim_of("sort", x.shape(), dim);
  return ordered("sort", x, d, x.rank() == 0 ? 1 : x.dim(d), options.descending);
}

Tensor argsort(const Tensor& x, int dim, const SortOptions& options) {
  check_defined("argsort", {{"x", x}});
  const int d = dim_of("argsort", x.shape(), dim);
  return order_of("argsort", x, d, x.rank() == 0 ? 1 : x.dim(d), options.descending);
}

Extreme topk(const Tensor& x, int64_t k, int dim, bool largest) {
  check_defined("topk", {{"x", x}});
  const int d = dim_of("topk", x.shape(), dim);
  const int64_t extent = x.rank() == 0 ? 1 : x.dim(d);
  check(k >= 0 && k <= extent && (x.rank() > 0 || k == 1), "topk: ", k, " of ", extent, " values along dimension ", dim,
        " of ", x.shape());
  return ordered("topk", x, d, k, largest);
}

Tensor nonzero(const Tensor& x) {
  check_defined("nonzero", {{"x", x}});
  refuse_recording(x.device(), "nonzero");
  const std::vector<double> values = x.to_vector();
  std::vector<int32_t> places;
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i] == 0) continue;
    auto rest = static_cast<int64_t>(i);
    const size_t begin = places.size();
    for (int d = x.rank() - 1; d >= 0; --d) {
      places.insert(places.begin() + static_cast<std::ptrdiff_t>(begin), static_cast<int32_t>(rest % x.dim(d)));
      rest /= x.dim(d);
    }
  }
  const auto count = std::count_if(values.begin(), values.end(), [](double value) { return value != 0; });
  return Untracked::to(Tensor::from(places, {count, x.rank()}), x.device());
}

Tensor nms(const Tensor& boxes, const Tensor& scores, double iou_threshold) {
  check_defined("nms", {{"boxes", boxes}, {"scores", scores}});
  check(boxes.rank() == 2 && boxes.dim(1) == 4 && scores.shape() == Shape{boxes.dim(0)}, "nms: boxes are ",
        boxes.shape(), " but must be [n, 4], scores ", scores.shape());
  const std::vector<int32_t> order = [&] {
    const Tensor index = Untracked::to(argsort(scores, 0, {.descending = true}), Device{});
    return std::vector<int32_t>(index.data<int32_t>(), index.data<int32_t>() + index.numel());
  }();
  const std::vector<double> corners = boxes.detach().to_vector();
  const auto corner = [&](int32_t box, size_t which) { return corners[4 * static_cast<size_t>(box) + which]; };
  const auto area = [&](int32_t box) { return (corner(box, 2) - corner(box, 0)) * (corner(box, 3) - corner(box, 1)); };
  const auto overlap = [&](int32_t a, int32_t b) {
    const double width = std::min(corner(a, 2), corner(b, 2)) - std::max(corner(a, 0), corner(b, 0));
    const double height = std::min(corner(a, 3), corner(b, 3)) - std::max(corner(a, 1), corner(b, 1));
    const double both = std::max(width, 0.0) * std::max(height, 0.0);
    return both / (area(a) + area(b) - both);
  };
  std::vector<bool> gone(order.size(), false);
  std::vector<int32_t> kept;
  for (size_t i = 0; i < order.size(); ++i) {
    if (gone[i]) continue;
    kept.push_back(order[i]);
    for (size_t j = i + 1; j < order.size(); ++j)
      if (!gone[j] && overlap(order[i], order[j]) > iou_threshold) gone[j] = true;
  }
  return Untracked::to(Tensor::from(kept, {static_cast<int64_t>(kept.size())}), boxes.device());
}

}  // namespace radial
