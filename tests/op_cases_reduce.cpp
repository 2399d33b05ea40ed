// Reductions along dimensions, softmax.
#include <algorithm>

#include "core/ops.h"
#include "tests/op_case_table.h"

namespace radial {

namespace {

struct ReducedShape {
  Shape shape;
  Dims dims;
  const char* name;
};

// Contiguous and strided lanes, dimensions apart, few long lanes (whose rows are cut), many short ones.
const std::vector<ReducedShape>& reduced_shapes() {
  static const std::vector<ReducedShape> all = {
      {{1}, 0, "0"},
      {{5, 7}, 0, "0"},
      {{5, 7}, -1, "-1"},
      {{3, 4, 5}, 1, "1"},
      {{2, 3, 5, 3}, {1, 2}, "1, 2"},
      {{2, 3, 5, 3}, {0, -1}, "0, -1"},
      {{3, 1, 5, 2}, {0, 2}, "0, 2"},
      {{2, 3, 4}, {}, "all"},
      {{2, 67, 33}, 1, "1"},
      {{1, 1031, 70}, 1, "1"},
      {{3, 5003}, 1, "1"},
      {{1, 70001}, 1, "1"},
      {{70001, 3}, 0, "0"},
      {{257, 3}, 1, "1"},
      {{2, 3, 1100}, 1, "1"},
  };
  return all;
}

}  // namespace

void add_reduction_cases(OpCaseTable& table) {
  for (const ReducedShape& reduced : reduced_shapes()) {
    const Shape shape = reduced.shape;
    const Dims dims = reduced.dims;
    const std::string name = reduced.name;
    const Tensor x = uniform("x", shape, -0.5, 1);
    const auto along = [&](const char* op, const Tensor& input, bool keepdim, auto&& f) {
      table.add(
          text(op, " along ", name, keepdim ? ", kept" : ""), {input},
          [=](const Inputs& in) { return f(in[0], dims, keepdim); }, input.numel());
    };
    along("sum", x, false, [](const Tensor& in, const Dims& d, bool keep) { return sum(in, d, keep); });
    along("mean", x, true, [](const Tensor& in, const Dims& d, bool keep) { return mean(in, d, keep); });
    along("logsumexp", uniform("x", shape, -3, 3), false,
          [](const Tensor& in, const Dims& d, bool keep) { return logsumexp(in, d, keep); });
    if (shape.numel() > 1) {
      along("var", x, false,
            [](const Tensor& in, const Dims& d, bool keep) { return var(in, d, {.unbiased = true, .keepdim = keep}); });
      along("var biased", x, true, [](const Tensor& in, const Dims& d, bool keep) {
        return var(in, d, {.unbiased = false, .keepdim = keep});
      });
    }
    along("max", distinct(shape), true, [](const Tensor& in, const Dims& d, bool keep) { return max(in, d, keep); });
    along("min", distinct(shape), false, [](const Tensor& in, const Dims& d, bool keep) { return min(in, d, keep); });
    const auto place = [&](const char* op, auto&& f) {
      table.add_constant(text(op, " along ", name), {distinct(shape)},
                         [=](const Inputs& in) { return f(in[0], dims, false); });
    };
    place("argmax", argmax);
    place("argmin", argmin);
    along("max_with_index", distinct(shape), false,
          [](const Tensor& in, const Dims& d, bool keep) { return max_with_index(in, d, keep).value; });
    along("min_with_index", distinct(shape), true,
          [](const Tensor& in, const Dims& d, bool keep) { return min_with_index(in, d, keep).value; });
  }
  for (const auto& [shape, dim] : {std::pair<Shape, int>{{1}, 0},
                                   {{1, 2}, 1},
                                   {{5, 3}, 0},
                                   {{7, 10}, 1},
                                   {{2, 3, 5, 4}, 1},
                                   {{2, 33, 40}, 1},
                                   {{3, 1000}, -1},
                                   {{131, 70}, 0},
                                   {{2, 3, 300}, 1}}) {
    const Tensor x = uniform("x", shape, -3, 3);
    table.add(
        text("softmax along ", dim), {x}, [dim = dim](const Inputs& in) { return softmax(in[0], dim); }, shape.numel());
    table.add(
        text("log_softmax along ", dim), {x}, [dim = dim](const Inputs& in) { return log_softmax(in[0], dim); },
        shape.numel());
  }
}

}  // namespace radial
