// Reductions along dimensions: one kernel forward, one backward, over lanes [outer, count, inner].
#include <algorithm>
#include <limits>

#include "core/kernels.h"
#include "core/ops.h"
#include "core/ops/arguments.h"

namespace radial {

namespace {

using Kind = Reduction::Kind;

// The tensor that is reduced, and the dimensions of it, which lie side by side.
struct Arranged {
  Tensor x;
  Lanes lanes;
  Shape result;  // with keepdim or without
};

Arranged arrange(const char* op, const Tensor& x, const Dims& dims, bool keepdim) {
  check_defined(op, {{"x", x}});
  check(is_float(x.dtype()), op, ": x must be floating-point but is ", name_of(x.dtype()));
  const std::vector<int> chosen = dims.of(op, x.shape());
  std::vector<bool> reduced(static_cast<size_t>(x.rank()), false);
  for (const int d : chosen) reduced[static_cast<size_t>(d)] = true;
  std::vector<int64_t> left;
  std::vector<int> order;  // those that stay, then the others
  for (int d = 0; d < x.rank(); ++d) {
    if (!reduced[static_cast<size_t>(d)])
      order.push_back(d), left.push_back(x.dim(d));
    else if (keepdim)
      left.push_back(1);
  }
  const Shape result{std::span<const int64_t>(left)};
  if (chosen.empty()) return {x, {}, result};  // a scalar
  const int first = chosen.front(), last = chosen.back() + 1;
  bool together = true;
  for (int d = first; d < last; ++d) together &= reduced[static_cast<size_t>(d)] || x.dim(d) == 1;
  if (together) return {x, lanes_along(x.shape(), first, last), result};
  const int stay = static_cast<int>(order.size());
  order.insert(order.end(), chosen.begin(), chosen.end());
  const Tensor y = permute(x, order);
  return {y, lanes_along(y.shape(), stay, x.rank()), result};
}

Extreme reduce(const char* op, const Arranged& a, Reduction reduction, bool with_index) {
  const Tensor& x = a.x;
  const bool extreme = reduction.kind == Kind::max || reduction.kind == Kind::min;
  reduction.lanes = a.lanes;
  check(!extreme || a.lanes.count <= std::numeric_limits<int32_t>::max(), op, ": ", a.lanes.count,
        " elements are more than an index of 32 bits can name");
  Tensor y = Tensor::empty(a.result, extreme ? x.dtype() : accumulator_of(x.dtype()), x.device());
  const bool recorded = x.requires_grad() && grad_enabled();
  Tensor kept;  // index, mean, or y itself
  if (extreme && (with_index || recorded)) kept = Tensor::empty(a.result, DType::i32, x.device());
  if (reduction.kind == Kind::variance && recorded) kept = empty_like(y);
  if (y.numel() > 0) kernels::reduce_lanes(OpName{op}, y, kept, x, reduction);
  if (reduction.kind == Kind::logsumexp) kept = y;
  const bool of_values = reduction.kind == Kind::logsumexp || reduction.kind == Kind::variance;
  Tensor recorded_y = record(op, y, {x},
                             [op, reduction, kept, values = of_values ? x.detach() : Tensor(), shape = x.shape(),
                              dtype = x.dtype()](const Tensor& dy, Grads& grads) {
                               Tensor dx = Tensor::empty(shape, dtype, dy.device());
                               if (dx.numel() > 0)
                                 kernels::reduce_lanes_backward(OpName{op}, dx, dy, values, kept, reduction);
                               grads.give(0, dx);
                             });
  return {recorded_y, extreme ? kept : Tensor()};
}

bool all_of(const Tensor& x, const Dims& dims, const char* op) {
  return static_cast<int>(dims.of(op, x.shape()).size()) == x.rank();
}

Tensor total(const char* op, const Tensor& x, const Dims& dims, bool keepdim, bool average) {
  check_defined(op, {{"x", x}});
  if (all_of(x, dims, op) && is_float(x.dtype())) {  // the same bits as without dims
    const Tensor y = average ? mean(x) : sum(x);
    return keepdim ? y.view(arrange(op, x, dims, true).result) : y;
  }
  const Arranged a = arrange(op, x, dims, keepdim);
  return reduce(op, a, {Kind::sum, {}, average ? 1 / static_cast<double>(a.lanes.count) : 1}, false).value;
}

Extreme extreme(const char* op, const Tensor& x, const Dims& dims, bool keepdim, Kind kind, bool with_index) {
  const Arranged a = arrange(op, x, dims, keepdim);
  check(a.lanes.count > 0, op, ": there is nothing to choose from in ", x.shape());
  return reduce(op, a, {kind, {}}, with_index);
}

}  // namespace

Tensor sum(const Tensor& x, const Dims& dims, bool keepdim) { return total("sum", x, dims, keepdim, false); }
Tensor mean(const Tensor& x, const Dims& dims, bool keepdim) { return total("mean", x, dims, keepdim, true); }

Tensor logsumexp(const Tensor& x, const Dims& dims, bool keepdim) {
  return reduce("logsumexp", arrange("logsumexp", x, dims, keepdim), {Kind::logsumexp, {}}, false).value;
}

Tensor var(const Tensor& x, const Dims& dims, const VarianceOptions& options) {
  const Arranged a = arrange("var", x, dims, options.keepdim);
  const int64_t by = std::max<int64_t>(a.lanes.count - (options.unbiased ? 1 : 0), 0);
  return reduce("var", a, {Kind::variance, {}, 1 / static_cast<double>(by)}, false).value;
}

Tensor max(const Tensor& x, const Dims& dims, bool keepdim) {
  return extreme("max", x, dims, keepdim, Kind::max, false).value;
}
Tensor min(const Tensor& x, const Dims& dims, bool keepdim) {
  return extreme("min", x, dims, keepdim, Kind::min, false).value;
}
Extreme max_with_index(const Tensor& x, const Dims& dims, bool keepdim) {
  return extreme("max", x, dims, keepdim, Kind::max, true);
}
Extreme min_with_index(const Tensor& x, const Dims& dims, bool keepdim) {
  return extreme("min", x, dims, keepdim, Kind::min, true);
}
Tensor argmax(const Tensor& x, const Dims& dims, bool keepdim) {
  return extreme("argmax", x.detach(), dims, keepdim, Kind::max, true).index;
}
Tensor argmin(const Tensor& x, const Dims& dims, bool keepdim) {
  return extreme("argmin", x.detach(), dims, keepdim, Kind::min, true).index;
}

}  // namespace radial
