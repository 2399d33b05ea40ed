// Each of these is a copy between two boxes of elements (core/ops/strided_copy.h), or a view.
#include "core/ops/shape.h"

#include <algorithm>
#include <numeric>

#include "core/kernels.h"
#include "core/ops.h"
#include "core/ops/arguments.h"
#include "core/ops/broadcast.h"
#include "core/ops/told.h"
#include "core/told_options.h"
#include "core/untracked.h"

namespace radial {

namespace {

using Extents = std::vector<int64_t>;

Extents extents_of(const Shape& shape) { return {shape.begin(), shape.end()}; }
Shape shape_of(const Extents& extents) { return Shape(std::span<const int64_t>(extents)); }

// A box of this shape inside of a tensor of `whole`, `begin` elements along dim from its start.
struct Part {
  std::array<int64_t, Shape::max_rank> strides;
  int64_t first;
  Part(const Shape& whole, int dim, int64_t begin)
      : strides(strides_of(whole)), first(begin * strides[static_cast<size_t>(dim)]) {}
};

Tensor copied(const Tensor& x, const Shape& shape, const StridedCopy& copy) {
  Tensor y = Tensor::empty(shape, x.dtype(), x.device());
  kernels::copy_strided(y, x, copy);
  return y;
}

// x[..., begin : begin + length, ...], a view along dimension 0, without the tape.
Tensor part_of(const Tensor& x, int dim, int64_t begin, int64_t length) {
  if (dim == 0) return Untracked::slice(x, begin, begin + length);
  Shape shape = x.shape();
  shape.set(dim, length);
  const Part part(x.shape(), dim, begin);
  return copied(x, shape, {shape, strides_of(shape), part.strides, 0, part.first});
}

Tensor permuted(const Tensor& x, const std::vector<int>& order) {
  Extents extents;
  StridedCopy copy;
  const auto strides = strides_of(x.shape());
  for (size_t i = 0; i < order.size(); ++i) {
    extents.push_back(x.dim(order[i]));
    copy.from[i] = strides[static_cast<size_t>(order[i])];
  }
  copy.extents = shape_of(extents);
  copy.to = strides_of(copy.extents);
  return copied(x, copy.extents, copy);
}

Tensor flipped(const Tensor& x, const std::vector<int>& dims) {
  StridedCopy copy{x.shape(), strides_of(x.shape()), strides_of(x.shape())};
  for (const int d : dims) {
    int64_t& stride = copy.from[static_cast<size_t>(d)];
    copy.from_first += std::max<int64_t>(x.dim(d) - 1, 0) * stride;
    stride = -stride;
  }
  return copied(x, x.shape(), copy);
}

void check_margins(const char* op, const Tensor& x, const std::vector<Margin>& margins) {
  check_defined(op, {{"x", x}});
  check(static_cast<int>(margins.size()) == x.rank(), op, ": ", margins.size(), " margins for ", x.shape());
  for (const auto& [before, after] : margins)
    check(before >= 0 && after >= 0, op, ": the margins ", before, " and ", after, " must not be negative");
}

Tensor copy_unless_new(const Tensor& y, const Tensor& x) { return y.shares_storage_with(x) ? y.clone() : y; }

}  // namespace

Tensor reshape(const Tensor& x, const Shape& shape) {
  check_defined("reshape", {{"x", x}});
  return x.view(shape);
}

Tensor reshape(const Tensor& x, std::initializer_list<int64_t> extents) {
  check_defined("reshape", {{"x", x}});
  std::vector<int64_t> whole(extents);
  const auto open = std::find(whole.begin(), whole.end(), -1);
  if (open == whole.end()) return x.view(extents);
  *open = 1;
  const int64_t others = Shape(whole).numel();  // refuses a second -1
  check(others > 0 && x.numel() % others == 0, "reshape: ", x.shape(), " has ", x.numel(),
        " elements, which the extents beside -1, ", others, ", do not divide");
  *open = x.numel() / others;
  return x.view(Shape(whole));
}

Tensor flatten(const Tensor& x, int first, int last) {
  check_defined("flatten", {{"x", x}});
  if (x.rank() == 0) return x.view({1});
  const int begin = dim_of("flatten", x.shape(), first), end = dim_of("flatten", x.shape(), last);
  check(begin <= end, "flatten: dimension ", first, " of ", x.shape(), " comes after ", last);
  Extents extents = extents_of(x.shape());
  int64_t product = 1;
  for (int d = begin; d <= end; ++d) product *= x.dim(d);
  extents.erase(extents.begin() + begin, extents.begin() + end + 1);
  extents.insert(extents.begin() + begin, product);
  return x.view(shape_of(extents));
}

Tensor unsqueeze(const Tensor& x, int dim) {
  check_defined("unsqueeze", {{"x", x}});
  const int place = dim < 0 ? dim + x.rank() + 1 : dim;
  check(place >= 0 && place <= x.rank(), "unsqueeze: ", x.shape(), " has no place ", dim);
  Extents extents = extents_of(x.shape());
  extents.insert(extents.begin() + place, 1);
  return x.view(shape_of(extents));
}

Tensor squeeze(const Tensor& x, const Dims& dims) {
  check_defined("squeeze", {{"x", x}});
  Extents extents = extents_of(x.shape());
  const std::vector<int> chosen = dims.of("squeeze", x.shape());
  for (size_t i = chosen.size(); i-- > 0;)
    if (x.dim(chosen[i]) == 1) extents.erase(extents.begin() + chosen[i]);
  return x.view(shape_of(extents));
}

Tensor permute(const Tensor& x, const std::vector<int>& order) {
  check_defined("permute", {{"x", x}});
  std::vector<int> from, back(order.size());
  for (const int d : order) from.push_back(dim_of("permute", x.shape(), d));
  check(static_cast<int>(order.size()) == x.rank(), "permute: ", order.size(), " dimensions for ", x.shape());
  std::vector<int> all = from;
  std::sort(all.begin(), all.end());
  check(std::adjacent_find(all.begin(), all.end()) == all.end(), "permute: a dimension of ", x.shape(),
        " was named twice");
  for (size_t i = 0; i < from.size(); ++i) back[static_cast<size_t>(from[i])] = static_cast<int>(i);
  const ToldOptions told(from);
  return record("permute", permuted(x, from), {x},
                [back](const Tensor& dy, Grads& grads) { grads.give(0, permuted(dy, back)); });
}

Tensor transpose(const Tensor& x, int a, int b) {
  check_defined("transpose", {{"x", x}});
  std::vector<int> order(static_cast<size_t>(x.rank()));
  std::iota(order.begin(), order.end(), 0);
  check(x.rank() > 0, "transpose: a scalar has no dimensions");
  std::swap(order[static_cast<size_t>(dim_of("transpose", x.shape(), a))],
            order[static_cast<size_t>(dim_of("transpose", x.shape(), b))]);
  return permute(x, order);
}

Tensor flip(const Tensor& x, const Dims& dims) {
  check_defined("flip", {{"x", x}});
  return record(
      "flip", flipped(x, dims.of("flip", x.shape())), {x},
      [dims = dims.of("flip", x.shape())](const Tensor& dy, Grads& grads) { grads.give(0, flipped(dy, dims)); });
}

Tensor narrow(const Tensor& x, int dim, int64_t begin, int64_t length) {
  check_defined("narrow", {{"x", x}});
  const int d = dim_of("narrow", x.shape(), dim);
  check(x.rank() > 0 && begin >= 0 && length >= 0 && begin <= x.dim(d) && length <= x.dim(d) - begin,
        "narrow: ", length, " elements from ", begin, " along dimension ", dim, " of ", x.shape());
  const NarrowCall call{d, begin, length};
  const ToldOptions told(call);
  return record("narrow", part_of(x, d, begin, length), {x}, [=](const Tensor& dy, Grads& grads) {
    auto [dx, accumulate] = grads.sink(0);
    if (!accumulate) dx.fill(0);
    const Part part(dx.shape(), d, begin);
    kernels::accumulate_strided(dx, dy, StridedCopy{dy.shape(), part.strides, strides_of(dy.shape()), part.first, 0});
  });
}

Tensor select(const Tensor& x, int dim, int64_t index) {
  check_defined("select", {{"x", x}});
  const int d = dim_of("select", x.shape(), dim);
  check(x.rank() > 0 && index >= -x.dim(d) && index < x.dim(d), "select: no index ", index, " along dimension ", dim,
        " of ", x.shape());
  return squeeze(narrow(x, d, index < 0 ? index + x.dim(d) : index, 1), d);
}

std::vector<Tensor> split(const Tensor& x, std::span<const int64_t> lengths, int dim) {
  check_defined("split", {{"x", x}});
  const int d = dim_of("split", x.shape(), dim);
  check(x.rank() > 0 && std::accumulate(lengths.begin(), lengths.end(), int64_t{0}) == x.dim(d), "split: the lengths ",
        "along dimension ", dim, " of ", x.shape(), " do not add up to its extent");
  for (const int64_t length : lengths) check(length >= 0, "split: a piece of ", length, " of ", x.shape());
  std::vector<Tensor> parts;
  int64_t begin = 0;
  for (const int64_t length : lengths) {
    parts.push_back(part_of(x, d, begin, length));
    begin += length;
  }
  return record("split", parts, std::span(&x, 1),
                [d, lengths = Extents(lengths.begin(), lengths.end())](std::span<const Tensor> dy, Grads& grads) {
                  auto [dx, accumulate] = grads.sink(0);
                  if (!accumulate) dx.fill(0);
                  const auto strides = strides_of(dx.shape());
                  int64_t first = 0;
                  for (size_t i = 0; i < dy.size(); ++i) {
                    Shape piece = dx.shape();
                    piece.set(d, lengths[i]);
                    if (dy[i])
                      kernels::accumulate_strided(dx, dy[i], StridedCopy{piece, strides, strides_of(piece), first, 0});
                    first += lengths[i] * strides[static_cast<size_t>(d)];
                  }
                });
}

std::vector<Tensor> split(const Tensor& x, int64_t length, int dim) {
  check_defined("split", {{"x", x}});
  check(length > 0 && x.rank() > 0, "split: pieces of ", length, " of ", x.shape());
  const int64_t extent = x.dim(dim_of("split", x.shape(), dim));
  Extents lengths;
  for (int64_t begin = 0; begin < extent; begin += length) lengths.push_back(std::min(length, extent - begin));
  if (lengths.empty()) lengths.push_back(0);
  return split(x, std::span<const int64_t>(lengths), dim);
}

Tensor concat(std::span<const Tensor> parts, int dim) {
  check(!parts.empty(), "concat: there is nothing to join");
  for (const Tensor& part : parts) check_defined("concat", {{"one of the parts", part}});
  const Tensor& first = parts.front();
  check(first.rank() > 0, "concat: scalars have no dimension to be joined along; stack() makes one");
  const int d = dim_of("concat", first.shape(), dim);
  Shape shape = first.shape();
  int64_t extent = 0;
  std::vector<int64_t> begins;
  for (const Tensor& part : parts) {
    Shape expected = first.shape();
    if (part.rank() == expected.rank()) expected.set(d, part.dim(d));
    check(part.shape() == expected && part.dtype() == first.dtype(), "concat: ", name_of(first.dtype()), " ",
          first.shape(), " and ", name_of(part.dtype()), " ", part.shape(), " along dimension ", dim);
    begins.push_back(extent);
    extent += part.dim(d);
  }
  shape.set(d, extent);
  Tensor y = Tensor::empty(shape, first.dtype(), first.device());
  std::vector<int64_t> lengths;
  for (size_t i = 0; i < parts.size(); ++i) {
    const Part place(shape, d, begins[i]);
    kernels::copy_strided(y, parts[i],
                          StridedCopy{parts[i].shape(), place.strides, strides_of(parts[i].shape()), place.first, 0});
    lengths.push_back(parts[i].dim(d));
  }
  return record("concat", y, parts, [=](const Tensor& dy, Grads& grads) {
    for (size_t i = 0; i < lengths.size(); ++i)
      if (grads.needs(i)) grads.give(i, part_of(dy, d, begins[i], lengths[i]));
  });
}

Tensor stack(std::span<const Tensor> parts, int dim) {
  check(!parts.empty(), "stack: there is nothing to join");
  std::vector<Tensor> with_dim;
  for (const Tensor& part : parts) {
    check_defined("stack", {{"one of the parts", part}});
    check(part.shape() == parts.front().shape(), "stack: ", parts.front().shape(), " and ", part.shape());
    with_dim.push_back(unsqueeze(part, dim));
  }
  return concat(with_dim, dim < 0 ? dim + parts.front().rank() + 1 : dim);
}

Tensor pad(const Tensor& x, const std::vector<Margin>& margins, double value) {
  check_margins("pad", x, margins);
  Shape shape = x.shape();
  int64_t first = 0;
  for (int d = 0; d < x.rank(); ++d) {
    const auto& [before, after] = margins[static_cast<size_t>(d)];
    shape.set(d, before + x.dim(d) + after);
  }
  const auto strides = strides_of(shape);
  for (size_t d = 0; d < margins.size(); ++d) first += margins[d].before * strides[d];
  check_holds("pad", x.dtype(), value);
  Tensor y = Tensor::full(shape, value, x.dtype(), x.device());
  kernels::copy_strided(y, x, StridedCopy{x.shape(), strides, strides_of(x.shape()), first, 0});
  const PadCall call{margins, value};
  const ToldOptions told(call);
  return record("pad", y, {x}, [strides, first, own = x.shape()](const Tensor& dy, Grads& grads) {
    grads.give(0, copied(dy, own, {own, strides_of(own), strides, 0, first}));
  });
}

Tensor pad_reflect(const Tensor& x, const std::vector<Margin>& margins) {
  check_margins("pad_reflect", x, margins);
  Tensor y = x;
  for (int d = 0; d < x.rank(); ++d) {
    const auto [before, after] = margins[static_cast<size_t>(d)];
    const int64_t extent = x.dim(d);
    if (before == 0 && after == 0) continue;
    check(before < extent && after < extent, "pad_reflect: the margins ", before, " and ", after, " of dimension ", d,
          " must be smaller than its extent in ", x.shape());
    y = concat({flip(narrow(y, d, 1, before), d), y, flip(narrow(y, d, extent - 1 - after, after), d)}, d);
  }
  return copy_unless_new(y, x);
}

Tensor expand(const Tensor& x, const Shape& shape) {
  check_defined("expand", {{"x", x}});
  const int added = shape.rank() - x.rank();
  check(added >= 0, "expand: ", x.shape(), " has more dimensions than ", shape);
  StridedCopy copy{shape, strides_of(shape), {}};
  const auto strides = strides_of(x.shape());
  for (int d = 0; d < shape.rank(); ++d) {
    const int64_t own = d < added ? 1 : x.dim(d - added);
    check(own == shape[d] || own == 1, "expand: ", x.shape(), " cannot become ", shape);
    if (d >= added && own == shape[d]) copy.from[static_cast<size_t>(d)] = strides[static_cast<size_t>(d - added)];
  }
  return record("expand", copied(x, shape, copy), {x},
                [own = x.shape()](const Tensor& dy, Grads& grads) { grads.give(0, sum_to(dy, own)); });
}

Tensor repeat(const Tensor& x, const std::vector<int64_t>& counts) {
  check_defined("repeat", {{"x", x}});
  const int added = static_cast<int>(counts.size()) - x.rank();
  check(added >= 0, "repeat: ", counts.size(), " counts for ", x.shape());
  for (const int64_t count : counts) check(count >= 0, "repeat: ", count, " times");
  Extents extents(static_cast<size_t>(added), 1);
  extents.insert(extents.end(), x.shape().begin(), x.shape().end());
  Tensor y = x.view(shape_of(extents));
  // Along one dimension after the other: [outer, extent, inner] becomes [outer, count, extent, inner].
  for (size_t d = counts.size(); d-- > 0;) {
    if (counts[d] == 1) continue;
    const Lanes lanes = lanes_along(y.shape(), static_cast<int>(d));
    extents[d] *= counts[d];
    const int64_t inner = lanes.count * lanes.inner;
    y = expand(y.view({lanes.outer, 1, inner}), {lanes.outer, counts[d], inner}).view(shape_of(extents));
  }
  return copy_unless_new(y, x);
}

}  // namespace radial
