#include "core/ops/indexing.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>

#include "core/autograd.h"
#include "core/kernels.h"
#include "core/ops/arguments.h"
#include "core/ops/shape.h"
#include "core/parallel.h"
#include "core/untracked.h"

namespace radial {

namespace {

void check_index(const char* op, const Tensor& index, int64_t extent) {
  check(index.dtype() == DType::i32, op, ": the indices must be int32 but are ", name_of(index.dtype()));
  check(extent <= std::numeric_limits<int32_t>::max(), op, ": an index of 32 bits cannot name ", extent, " elements");
  if (index.device().type != DeviceType::cpu) return;
  const int32_t* values = index.data<int32_t>();
  std::atomic<bool> good = true;
  parallel_ranges(index.numel(), elements_per_task, [&](int64_t begin, int64_t end) {
    uint32_t most = 0;  // a negative one is above all others
    for (int64_t i = begin; i < end; ++i) most = std::max(most, static_cast<uint32_t>(values[i]));
    if (most >= extent) good = false;
  });
  for (int64_t i = 0; !good && i < index.numel(); ++i)
    check(values[i] >= 0 && values[i] < extent, op, ": index ", values[i], " is not in [0, ", extent, ")");
}

Tensor gathered(const Tensor& x, const Tensor& index, const Indexed& g, const Shape& shape) {
  Tensor y = Tensor::empty(shape, x.dtype(), x.device());
  if (y.numel() > 0) kernels::gather_indexed(y, x, index, g);
  return y;
}

// Adds y to zeros of this shape, or to what is there.
Tensor scattered(const Tensor& y, const Tensor& index, const Indexed& g, const Shape& shape, const Tensor& there = {}) {
  const DType wide = accumulator_of(y.dtype());
  Tensor x = there ? Untracked::to(there, wide) : Tensor::zeros(shape, wide, y.device());
  if (there && x.shares_storage_with(there)) x = Untracked::clone(x);
  if (y.numel() > 0) kernels::scatter_add_indexed(x, y, index, g);
  return Untracked::to(x, y.dtype());
}

// index: the tape's, [picked] or [outer, picked, inner]
Tensor picked(const char* op, const Tensor& x, const Tensor& index, const Indexed& g, const Shape& shape) {
  return record(op, gathered(x, index, g, shape), {x}, [index, g, own = x.shape()](const Tensor& dy, Grads& grads) {
    grads.give(0, scattered(dy, index, g, own));
  });
}

}  // namespace

Tensor gather(const Tensor& x, int dim, const Tensor& index) {
  check_defined("gather", {{"x", x}, {"index", index}});
  check(x.rank() == index.rank() && x.rank() > 0, "gather: x is ", x.shape(), " but index ", index.shape());
  const int d = dim_of("gather", x.shape(), dim);
  check_index("gather", index, x.dim(d));
  Tensor part = x;
  for (int i = 0; i < x.rank(); ++i) {
    if (i == d || index.dim(i) == x.dim(i)) continue;
    check(index.dim(i) < x.dim(i), "gather: index ", index.shape(), " is larger than x ", x.shape(), " in dimension ",
          i);
    part = narrow(part, i, 0, index.dim(i));
  }
  return picked("gather", part, index, {lanes_along(part.shape(), d), index.dim(d), false}, index.shape());
}

Tensor index_select(const Tensor& x, int dim, const Tensor& index) {
  check_defined("index_select", {{"x", x}, {"index", index}});
  check(x.rank() > 0 && index.rank() == 1, "index_select: x is ", x.shape(), ", index ", index.shape());
  const int d = dim_of("index_select", x.shape(), dim);
  check_index("index_select", index, x.dim(d));
  Shape shape = x.shape();
  shape.set(d, index.dim(0));
  return picked("index_select", x, index, {lanes_along(x.shape(), d), index.dim(0), true}, shape);
}

Tensor scatter_add(const Tensor& x, int dim, const Tensor& index, const Tensor& source) {
  check_defined("scatter_add", {{"x", x}, {"index", index}, {"source", source}});
  check(x.rank() > 0 && is_float(x.dtype()), "scatter_add: x is ", name_of(x.dtype()), " ", x.shape());
  const int d = dim_of("scatter_add", x.shape(), dim);
  Shape expected = x.shape();
  if (source.rank() == x.rank()) expected.set(d, source.dim(d));
  check(source.shape() == expected && index.shape() == expected && source.dtype() == x.dtype(), "scatter_add: x is ",
        name_of(x.dtype()), " ", x.shape(), ", source ", name_of(source.dtype()), " ", source.shape(), ", index ",
        index.shape());
  check_index("scatter_add", index, x.dim(d));
  const Indexed g{lanes_along(x.shape(), d), source.dim(d), false};
  return record("scatter_add", scattered(source, index, g, x.shape(), x.detach()), {x, source},
                [index, g, expected](const Tensor& dy, Grads& grads) {
                  if (grads.needs(0)) grads.give(0, dy);
                  if (grads.needs(1)) grads.give(1, gathered(dy, index, g, expected));
                });
}

Tensor embedding(const Tensor& weight, const Tensor& index, std::optional<int> padding_index) {
  check_defined("embedding", {{"weight", weight}, {"index", index}});
  check(weight.rank() == 2, "embedding: weight must be [n, d] but is ", weight.shape());
  check(index.rank() < Shape::max_rank, "embedding: index ", index.shape(), " leaves no room for a dimension");
  check_index("embedding", index, weight.dim(0));
  check(!padding_index || (*padding_index >= 0 && *padding_index < weight.dim(0)), "embedding: the padding_index ",
        padding_index.value_or(0), " is no row of ", weight.shape());
  std::vector<int64_t> extents(index.shape().begin(), index.shape().end());
  extents.push_back(weight.dim(1));
  return picked("embedding", weight, index,
                {lanes_along(weight.shape(), 0), index.numel(), true, padding_index.value_or(-1)},
                Shape(std::span<const int64_t>(extents)));
}

Tensor one_hot(const Tensor& index, int64_t classes, DType dtype) {
  check_defined("one_hot", {{"index", index}});
  check(index.rank() < Shape::max_rank && classes > 0, "one_hot: ", classes, " classes of index ", index.shape());
  check_index("one_hot", index, classes);
  std::vector<int64_t> extents(index.shape().begin(), index.shape().end());
  extents.push_back(classes);
  Tensor y = Tensor::empty(Shape(std::span<const int64_t>(extents)), dtype, index.device());
  if (y.numel() > 0) kernels::one_hot(y, index);
  return y;
}

Tensor arange(double begin, double end, double step, DType dtype, Device device) {
  const double count = std::ceil((end - begin) / step);
  check(step != 0 && count >= 0 && count < 0x1p62, "arange: from ", begin, " to ", end, " in steps of ", step);
  Tensor y = Tensor::empty({static_cast<int64_t>(count)}, dtype, device);
  if (y.numel() == 0) return y;
  check_holds("arange", dtype, begin);
  check_holds("arange", dtype, step);
  check_holds("arange", dtype, begin + static_cast<double>(y.numel() - 1) * step);
  kernels::arange(y, begin, step);
  return y;
}

Tensor arange(int64_t end, DType dtype, Device device) { return arange(0, static_cast<double>(end), 1, dtype, device); }

Tensor cumsum(const Tensor& x, int dim) {
  check_defined("cumsum", {{"x", x}});
  const Lanes lanes = lanes_along(x.shape(), dim_of("cumsum", x.shape(), dim));
  const auto summed = [lanes](const Tensor& from, bool backwards) {
    Tensor y = empty_like(from);
    if (y.numel() > 0) kernels::cumsum(y, from, lanes, backwards);
    return y;
  };
  return record("cumsum", summed(x, false), {x},
                [summed](const Tensor& dy, Grads& grads) { grads.give(0, summed(dy, true)); });
}

}  // namespace radial
