// Elements and slices that indices name.
#include <algorithm>

#include "core/ops.h"
#include "tests/op_case_table.h"

namespace radial {

namespace {

// In [0, extent), with repetitions.
Tensor indices(const Shape& shape, int64_t extent) {
  Tensor index = Tensor::empty(shape, DType::i32);
  for (int64_t i = 0; i < index.numel(); ++i)
    index.data<int32_t>()[i] = static_cast<int32_t>((i * 7919 + i / 3) % extent);
  return index;
}

}  // namespace

void add_indexing_cases(OpCaseTable& table) {
  const std::vector<std::pair<Shape, int>> shapes = {
      {{1}, 0},       {{7}, 0},        {{700}, 0},        {{5, 3}, 0},    {{5, 3}, 1},
      {{2, 5, 3}, 1}, {{33, 2, 4}, 0}, {{2, 3, 4, 5}, 2}, {{40, 300}, 0}, {{3, 40, 65}, 1}};
  for (const auto& [shape, dim] : shapes) {
    const int64_t extent = shape[dim], n = extent + extent / 2 + 1;
    Shape picked = shape, smaller = shape;
    picked.set(dim, n);
    for (int d = 0; d < shape.rank(); ++d) smaller.set(d, d == dim ? n : std::max<int64_t>(1, shape[d] - 1));
    const Tensor index = indices(picked, extent), few = indices(smaller, extent), slices = indices({n}, extent);
    const Tensor x = uniform("x", shape);
    table.add(
        text("gather ", dim), {x},
        [=, dim = dim](const Inputs& in) { return gather(in[0], dim, index.to(in[0].device())); }, n);
    table.add(
        text("gather of a part ", dim), {x},
        [=, dim = dim](const Inputs& in) { return gather(in[0], dim, few.to(in[0].device())); }, n);
    table.add(
        text("index_select ", dim), {x},
        [=, dim = dim](const Inputs& in) { return index_select(in[0], dim, slices.to(in[0].device())); }, n);
    table.add(
        text("scatter_add ", dim), {x, uniform("source", picked)},
        [=, dim = dim](const Inputs& in) { return scatter_add(in[0], dim, index.to(in[0].device()), in[1]); }, n);
    table.add(
        text("cumsum ", dim), {x}, [dim = dim](const Inputs& in) { return cumsum(in[0], dim); }, extent);
    const Tensor values = distinct(shape);
    table.add(text("sort ", dim), {values},
              [dim = dim](const Inputs& in) { return sort(in[0], dim, {.descending = true}).value; });
    table.cases.back().on_host = true;
    table.add_constant(text("argsort ", dim), {values}, [dim = dim](const Inputs& in) { return argsort(in[0], dim); });
    table.cases.back().on_host = true;
    table.add(text("topk ", dim), {values},
              [dim = dim](const Inputs& in) { return topk(in[0], (in[0].dim(dim) + 1) / 2, dim).value; });
    table.cases.back().on_host = true;
  }
  for (const Shape& shape : {Shape{1}, Shape{7}, Shape{5, 3}, Shape{2, 3, 4, 5}}) {
    table.add_constant("nonzero", {uniform("x", shape)}, [](const Inputs& in) { return nonzero(greater(in[0], 0)); });
    table.cases.back().on_host = true;
  }
  for (const auto& [n, d] : {std::pair<int64_t, int64_t>{1, 5}, {5, 3}, {50, 17}, {20, 300}}) {
    const Tensor index = indices({3, 11}, n);
    table.add(
        "embedding", {uniform("weight", {n, d})},
        [=](const Inputs& in) { return embedding(in[0], index.to(in[0].device())); }, 33);
    table.add_constant(text("one_hot of ", n), {uniform("like", {1})},
                       [=, n = n](const Inputs& in) { return one_hot(index.to(in[0].device()), n, in[0].dtype()); });
    table.add_constant(text("arange ", n), {uniform("like", {1})}, [n = n](const Inputs& in) {
      const DType dtype = in[0].dtype();
      return is_float(dtype) ? arange(-2, static_cast<double>(n), 0.5, dtype, in[0].device())
                             : arange(2, static_cast<double>(n), 3, dtype, in[0].device());
    });
    const Tensor corners = uniform("corners", {n, 2}), sizes = uniform("sizes", {n, 2}, 0.25, 1);
    table.add_constant("nms", {concat({corners, map(corners + sizes, [](double x) { return x; })}, 1), distinct({n})},
                       [](const Inputs& in) { return nms(in[0], in[1], 0.3); });
    table.cases.back().on_host = true;
  }
}

}  // namespace radial
