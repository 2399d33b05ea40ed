// What changes the shape of a tensor, cuts it and joins it.
#include <algorithm>

#include "core/ops.h"
#include "tests/op_case_table.h"

namespace radial {

void add_shape_cases(OpCaseTable& table) {
  const std::vector<std::pair<Shape, std::vector<int>>> orders = {{{1}, {0}},
                                                                  {{5, 7}, {1, 0}},
                                                                  {{3, 4, 5}, {2, 0, 1}},
                                                                  {{2, 3, 5, 4}, {0, 3, 1, 2}},
                                                                  {{3, 4, 5}, {1, 0, 2}},
                                                                  {{2, 3, 4, 3, 2}, {4, 2, 0, 3, 1}},
                                                                  {{67, 129}, {1, 0}},
                                                                  {{2, 35, 1, 66}, {3, 2, 1, 0}},
                                                                  {{3, 33, 40}, {0, 2, 1}},
                                                                  {{1, 64, 3}, {2, 1, 0}}};
  for (const auto& [shape, order] : orders)
    table.add(
        "permute " +
            [&order = order] {
              std::string name;
              for (const int d : order) name += text(d);
              return name;
            }(),
        {uniform("x", shape)}, [order = order](const Inputs& in) { return permute(in[0], order); });
  table.add("transpose", {uniform("x", {2, 3, 5})}, [](const Inputs& in) { return transpose(in[0]); });
  table.add("transpose 0 1", {uniform("x", {2, 3, 5})}, [](const Inputs& in) { return transpose(in[0], 0, 1); });

  for (const Shape& shape : {Shape{4}, Shape{3, 5}, Shape{2, 5, 3, 4}, Shape{5, 64, 8}}) {
    const Tensor x = uniform("x", shape);
    table.add("flip all", {x}, [](const Inputs& in) { return flip(in[0], {}); });
    table.add("flip -1", {x}, [](const Inputs& in) { return flip(in[0], -1); });
    table.add("flip 0", {x}, [](const Inputs& in) { return flip(in[0], 0); });
    for (int d = 0; d < shape.rank(); ++d) {
      table.add(text("select ", d), {x}, [d](const Inputs& in) { return select(in[0], d, -1); });
      table.add(text("narrow ", d), {x}, [d](const Inputs& in) { return narrow(in[0], d, 1, in[0].dim(d) - 2); });
      table.add(text("split and concat ", d), {x}, [d](const Inputs& in) {
        const std::vector<Tensor> parts = split(in[0], 2, d);
        return concat({parts.back(), scale(parts.front(), 2)}, d);
      });
      table.add(text("concat ", d), {x, uniform("z", shape), x}, [d](const Inputs& in) { return concat(in, d); });
      if (shape.rank() < Shape::max_rank)
        table.add(text("stack ", d), {x, uniform("z", shape)}, [d](const Inputs& in) { return stack(in, d); });
      std::vector<Margin> margins(static_cast<size_t>(shape.rank()));
      margins[static_cast<size_t>(d)] = {2, 1};
      margins[0].before = 1;
      table.add(text("pad ", d), {x}, [margins](const Inputs& in) { return pad(in[0], margins, 0.5); });
      table.add(
          text("pad_reflect ", d), {x}, [margins](const Inputs& in) { return pad_reflect(in[0], margins); }, 4);
    }
    std::vector<int64_t> counts(static_cast<size_t>(shape.rank()), 2);
    counts[0] = 3;
    table.add(
        "repeat", {x}, [counts](const Inputs& in) { return repeat(in[0], counts); }, 64);
    table.add("unsqueeze", {x}, [](const Inputs& in) { return unsqueeze(in[0], 1); });
    table.add("squeeze", {x}, [](const Inputs& in) { return squeeze(unsqueeze(in[0], 1), 1); });
    table.add("flatten", {x}, [](const Inputs& in) { return flatten(in[0], 0, -1); });
  }
  const std::vector<std::pair<Shape, Shape>> expansions = {{{1}, {5}},       {{3, 1}, {3, 4}},
                                                           {{1, 4}, {3, 4}}, {{2, 1, 3, 1}, {2, 5, 3, 4}},
                                                           {{3}, {2, 2, 3}}, {{1, 7, 1}, {70, 7, 33}}};
  for (const auto& [from, to] : expansions)
    table.add(
        text("expand to ", to), {uniform("x", from)}, [to = to](const Inputs& in) { return expand(in[0], to); },
        to.numel());
}

}  // namespace radial
