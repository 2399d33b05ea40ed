// What layers are made of: transposed convolutions, those along one axis, interpolation, batched products, attention,
// dropout, distances.
#include <algorithm>
#include <array>
#include <span>

#include "core/ops.h"
#include "core/ops/deform_conv2d.h"
#include "tests/op_case_table.h"

namespace radial {

namespace {

void transposed(OpCaseTable& table, const Shape& x, const Shape& w, const ConvTranspose2dOptions& options) {
  table.add(
      text("conv_transpose2d stride ", options.stride, " padding ", options.padding, " output padding ",
           options.output_padding, " dilation ", options.dilation, " groups ", options.groups),
      {uniform("x", x), uniform("w", w)},
      [options](const Inputs& in) { return conv_transpose2d(in[0], in[1], options); },
      std::max(x.rows(), w[1] * w[2] * std::max(w[0], w[3])));
}

void convolution1d(OpCaseTable& table, const Shape& x, const Shape& w, const Conv1dOptions& options) {
  table.add(
      text("conv1d stride ", options.stride, " padding ", options.padding, " dilation ", options.dilation, " groups ",
           options.groups),
      {uniform("x", x), uniform("w", w)}, [options](const Inputs& in) { return conv1d(in[0], in[1], options); },
      std::max(x.rows(), w[1] * std::max(w[0], w[2])));
}

void convolutions(OpCaseTable& table) {
  transposed(table, {1, 1, 1, 1}, {1, 1, 1, 1}, {});
  transposed(table, {2, 3, 4, 5}, {5, 3, 3, 4}, {.stride = 2, .padding = 1, .output_padding = 1});
  transposed(table, {1, 4, 3, 6}, {6, 2, 4, 2}, {.stride = {2, 3}, .padding = {0, 1}, .groups = 2});
  transposed(table, {1, 5, 4, 3}, {3, 3, 2, 5}, {.stride = {3, 1}, .output_padding = {2, 0}, .dilation = {1, 2}});
  transposed(table, {2, 5, 5, 32}, {32, 3, 3, 32}, {.padding = 1});                         // Winograd's
  transposed(table, {1, 4, 5, 7}, {7, 3, 3, 1}, {.stride = 2, .padding = 1, .groups = 7});  // depthwise
  convolution1d(table, {1, 1, 1}, {1, 1, 1}, {});
  convolution1d(table, {2, 11, 5}, {7, 3, 5}, {.stride = 2, .padding = 1});
  convolution1d(table, {1, 17, 24}, {36, 5, 8}, {.padding = 4, .dilation = 2, .groups = 3});
  convolution1d(table, {3, 9, 17}, {17, 3, 1}, {.stride = 2, .padding = 1, .groups = 17});
}

// Offsets from -2.9 to 2.9, none near a whole number, where the slope jumps.
Tensor offsets_away_from_kinks(const Shape& shape) {
  Tensor x = uniform("offset", shape, 0.1, 0.9);
  for (int64_t i = 0; i < x.numel(); ++i)
    x.data<double>()[i] = static_cast<float>(x.data<double>()[i] + static_cast<double>(i * 7 % 6 - 3));
  return x;
}

void deformed(OpCaseTable& table, const Shape& x, int64_t filters, Pair kernel, int64_t groups,
              const DeformConv2dOptions& options) {
  const auto side = [](int64_t extent, int64_t taps, int64_t step, int64_t off, int64_t apart) {
    return (extent + 2 * off - apart * (taps - 1) - 1) / step + 1;
  };
  const int64_t oh = side(x[1], kernel.h, options.stride.h, options.padding.h, options.dilation.h);
  const int64_t ow = side(x[2], kernel.w, options.stride.w, options.padding.w, options.dilation.w);
  const int64_t places = groups * kernel.product();
  table.add(
      text("deform_conv2d kernel ", kernel, " stride ", options.stride, " padding ", options.padding, " dilation ",
           options.dilation, " groups ", groups),
      {uniform("x", x), offsets_away_from_kinks({x[0], oh, ow, 2 * places}),
       uniform("mask", {x[0], oh, ow, places}, 0.1, 0.9), uniform("w", {filters, kernel.h, kernel.w, x[3]})},
      [options](const Inputs& in) { return deform_conv2d(in[0], in[1], in[2], in[3], options); },
      4 * std::max(x.rows(), kernel.product() * std::max(filters, x[3])));
}

void deformations(OpCaseTable& table) {
  deformed(table, {1, 1, 1, 1}, 1, 1, 1, {});
  deformed(table, {2, 4, 5, 3}, 5, 3, 1, {.padding = 1});
  deformed(table, {1, 7, 6, 8}, 4, {3, 2}, 2, {.stride = {2, 1}, .padding = {1, 2}, .dilation = {1, 2}});
  deformed(table, {1, 5, 4, 70}, 6, 3, 1, {.padding = 1});  // more channels than a task has
}

void interpolations(OpCaseTable& table) {
  const std::vector<std::pair<Shape, UpsampleOptions>> all = {
      {{1, 1, 1, 1}, {.size = {2, 3}}},
      {{2, 3, 4, 5}, {.scale = 2}},
      {{1, 5, 7, 3}, {.size = {7, 5}}},
      {{1, 5, 4, 16}, {.scale = 2.7}},
      {{1, 1, 1, 2}, {.size = {3, 2}, .mode = Interpolation::bilinear}},
      {{2, 3, 4, 5}, {.scale = 2, .mode = Interpolation::bilinear}},
      {{1, 4, 3, 8}, {.scale = 1.3, .mode = Interpolation::bilinear}},
      {{1, 9, 7, 3}, {.size = {4, 5}, .mode = Interpolation::bilinear}},
      {{1, 3, 4, 17}, {.size = {3, 9}, .mode = Interpolation::bilinear, .align_corners = true}},
      {{2, 5, 6, 1}, {.size = {1, 4}, .mode = Interpolation::bilinear, .align_corners = true}},
      {{2, 17, 13, 19}, {.size = {31, 40}, .mode = Interpolation::bilinear}}};
  for (const auto& [shape, options] : all)
    table.add(
        text("upsample ", options.mode == Interpolation::nearest ? "nearest" : "bilinear", " scale ", options.scale,
             " size ", options.size, options.align_corners ? " corners" : ""),
        {uniform("x", shape)}, [options = options](const Inputs& in) { return upsample(in[0], options); }, 16);
}

void products(OpCaseTable& table) {
  struct Size {
    Shape a, b;  // the dimensions of the batch
    int64_t m, n, k;
  };
  const std::vector<Size> sizes = {{{1}, {1}, 1, 1, 1},       {{3}, {3}, 5, 7, 4},    {{2}, {2}, 17, 33, 20},
                                   {{5}, {1}, 3, 4, 5},       {{1}, {3}, 6, 2, 9},    {{2, 3}, {2, 3}, 4, 5, 6},
                                   {{2, 1}, {1, 3}, 3, 8, 5}, {{2}, {2}, 70, 66, 130}};
  const auto matrices = [](const Shape& batch, int64_t rows, int64_t columns, bool transposed) {
    std::vector<int64_t> extents(batch.begin(), batch.end());
    extents.insert(extents.end(), {transposed ? columns : rows, transposed ? rows : columns});
    return Shape(std::span<const int64_t>(extents));
  };
  for (const auto& [a, b, m, n, k] : sizes)
    for (const bool ta : {false, true})
      for (const bool tb : {false, true})
        table.add(
            text("bmm", ta ? " a'" : "", tb ? " b'" : ""),
            {uniform("a", matrices(a, m, k, ta)), uniform("b", matrices(b, k, n, tb))},
            [ta, tb](const Inputs& in) {
              return bmm(in[0], in[1], {ta, tb});
            },
            std::max({m, n, k}) * 6);
}

void attentions(OpCaseTable& table) {
  struct Size {
    int64_t b, t, s, heads, d, e;
  };
  for (const auto& [b, t, s, heads, d, e] :
       {Size{1, 1, 1, 1, 1, 1}, {2, 3, 5, 2, 4, 3}, {1, 7, 7, 3, 8, 8}, {2, 33, 40, 2, 17, 9}}) {
    const Inputs qkv = {uniform("q", {b, t, heads, d}, -2, 2), uniform("k", {b, s, heads, d}, -2, 2),
                        uniform("v", {b, s, heads, e})};
    const int64_t terms = std::max({t, s, d, e});
    table.add(
        "attention", qkv, [](const Inputs& in) { return attention(in[0], in[1], in[2]); }, terms);
    table.add(
        "attention causal, scale 0.3", qkv,
        [](const Inputs& in) { return attention(in[0], in[1], in[2], {.scale = 0.3, .causal = true}); }, terms);
    Inputs more = qkv;
    more.push_back(uniform("mask", {b, 1, t, s}));
    more.push_back(uniform("bias", {1, heads, t, s}));
    table.add(
        "attention + mask, bias", more,
        [](const Inputs& in) { return attention(in[0], in[1], in[2], {.mask = in[3], .bias = in[4]}); },
        terms * b * heads);
    table.cases.back().parameters = {3, 4};
    more[3] = uniform("mask", {1, 1, t, s});
    more[4] = uniform("bias", {b, heads, 1, s});
    table.add(
        "attention causal + mask, bias", more,
        [](const Inputs& in) { return attention(in[0], in[1], in[2], {.causal = true, .mask = in[3], .bias = in[4]}); },
        terms * b * heads);
    table.cases.back().parameters = {3, 4};
  }
}

void others(OpCaseTable& table) {
  for (const Shape& shape : {Shape{1}, Shape{5, 7}, Shape{2, 3, 5, 17}}) {
    const Tensor x = uniform("x", shape);
    table.add("dropout 0.3", {x}, [](const Inputs& in) { return dropout(in[0], 0.3, {.seed = 7, .call = 1}); });
    table.add("dropout 0", {x}, [](const Inputs& in) { return dropout(in[0], 0, {}); });
    table.add(
        "rand", {x},  // from 1 to 2: bfloat16's are multiples of 1/256, of which small ones are far off
        [](const Inputs& in) {
          return rand(in[0].shape(), {.seed = 3, .call = 2}, in[0].dtype(), in[0].device()) + 1.0;
        },
        1, false);
    table.add(
        "randn", {x},
        [](const Inputs& in) { return randn(in[0].shape(), {.seed = 3, .call = 2}, in[0].dtype(), in[0].device()); },
        100, false);
    table.add(
        "normalize_pictures", {uniform("bytes", Shape{2, shape.numel(), 3, 3}, 0, 256)},
        [](const Inputs& in) { return normalize_pictures(in[0].to(DType::u8), {}, in[0].dtype()); }, 1, false);
  }
  for (const auto& [m, n, d] : {std::array<int64_t, 3>{1, 1, 1}, {3, 5, 4}, {17, 9, 33}}) {
    const Inputs ab = {uniform("a", {m, d}), uniform("b", {n, d}, 1, 2)};
    const int64_t terms = std::max({m, n, d});
    table.add(
        "squared_distances", ab, [](const Inputs& in) { return squared_distances(in[0], in[1]); }, terms);
    table.add(
        "distances", ab, [](const Inputs& in) { return distances(in[0], in[1]); }, terms);
  }
  table.add(
      "distances", {uniform("a", {2, 3, 5}), uniform("b", {2, 4, 5}, 1, 2)},
      [](const Inputs& in) { return distances(in[0], in[1]); }, 5);
}

}  // namespace

void add_layer_cases(OpCaseTable& table) {
  convolutions(table);
  deformations(table);
  interpolations(table);
  products(table);
  attentions(table);
  others(table);
}

}  // namespace radial
