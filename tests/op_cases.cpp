#include "tests/op_cases.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>

#include "core/ops.h"
#include "tests/formula.h"
#include "tests/op_case_table.h"

namespace radial {

namespace {

// In [-3, 9) and at least 0.1 from 0 and from 6, where relu and relu6 have kinks.
Tensor away_from_kinks(const Shape& shape) {
  return map(uniform("activation", shape, -3, 9), [](double x) {
    for (const double kink : {0.0, 6.0})
      if (std::abs(x - kink) < 0.1) x = kink + std::copysign(0.1 + std::abs(x - kink), x - kink);
    return x;
  });
}

const std::vector<Shape>& activation_shapes() {
  static const std::vector<Shape> shapes = {{1, 1, 1, 1},  {1, 3, 5, 1}, {2, 7, 5, 3},   {1, 5, 7, 17},
                                            {2, 3, 3, 64}, {5, 7},       {3, 53, 47, 17}};
  return shapes;
}

// Moves inputs[0] until f(inputs), which grows with it, is at least 0.005 from relu's kink everywhere.
void move_from_kink(Inputs& inputs, const std::function<Tensor(const Inputs&)>& f) {
  bool moved = true;
  while (moved) {
    moved = false;
    const Tensor y = f(inputs);
    double* x = inputs[0].data<double>();
    for (int64_t i = 0; i < y.numel(); ++i) {
      const double value = y.data<double>()[i];
      if (std::abs(value) >= 0.005) continue;
      x[i] = static_cast<double>(static_cast<float>(x[i] + std::copysign(0.03, value)));
      moved = true;
    }
  }
}

class Table : public OpCaseTable {
 public:
  void pointwise() {
    for (const Shape& shape : activation_shapes()) {
      const Tensor a = uniform("a", shape), b = uniform("b", shape);
      const int64_t c = shape.channels();
      add("add", {a, b}, [](const Inputs& in) { return radial::add(in[0], in[1]); });
      add("sub", {a, b}, [](const Inputs& in) { return sub(in[0], in[1]); });
      add("mul", {a, b}, [](const Inputs& in) { return mul(in[0], in[1]); });
      add("scale by -2.5", {a}, [](const Inputs& in) { return scale(in[0], -2.5); });
      add("relu", {away_from_kinks(shape)}, [](const Inputs& in) { return relu(in[0]); });
      add("relu6", {away_from_kinks(shape)}, [](const Inputs& in) { return relu6(in[0]); });
      add(
          "bias", {a, uniform("bias", {c})}, [](const Inputs& in) { return bias(in[0], in[1]); }, shape.rows());
    }
    functions();
    joins();
  }

  void functions() {
    using Function = Tensor (*)(const Tensor&);
    const std::vector<std::pair<const char*, Function>> anywhere = {
        {"neg", neg},
        {"sub and add numbers", [](const Tensor& x) { return 2.5 - (x + 0.75); }},
        {"div by a number", [](const Tensor& x) { return x / 3; }},
        {"cast", [](const Tensor& x) { return cast(x, accumulator_of(x.dtype())); }},
        {"exp", radial::exp},
        {"square", square},
        {"pow 3", [](const Tensor& x) { return pow(x, 3); }},
        {"sigmoid", sigmoid},
        {"tanh", radial::tanh},
        {"silu", silu},
        {"gelu", [](const Tensor& x) { return gelu(x); }},
        {"gelu tanh", [](const Tensor& x) { return gelu(x, GeluForm::tanh); }},
        {"softplus", [](const Tensor& x) { return softplus(x, 1.5); }}};
    const std::vector<std::pair<const char*, Function>> beside_kinks = {
        {"abs", radial::abs},
        {"sign", sign},
        {"leaky_relu", [](const Tensor& x) { return leaky_relu(x, 0.125); }},
        {"clamp", [](const Tensor& x) { return clamp(x, 0, 6); }}};
    const std::vector<std::pair<const char*, Function>> positive = {
        {"log", radial::log},
        {"sqrt", radial::sqrt},
        {"rsqrt", rsqrt},
        {"pow 1.7", [](const Tensor& x) { return pow(x, 1.7); }},
        {"div a number", [](const Tensor& x) { return 3 / x; }}};
    for (const Shape& shape : {Shape{}, Shape{1}, Shape{5, 7}, Shape{3, 53, 47, 17}}) {
      const auto add_all = [&](const auto& group, const Tensor& x) {
        for (const auto& [name, op] : group) add(name, {x}, [op = op](const Inputs& in) { return op(in[0]); });
      };
      add_all(anywhere, uniform("x", shape, -2, 2));
      add_all(beside_kinks, away_from_kinks(shape));
      add_all(positive, uniform("x", shape, 0.5, 2.5));
    }
  }

  // Two inputs whose shapes join, and what is summed for each.
  void joins() {
    const std::vector<std::pair<Shape, Shape>> pairs = {{{3}, {3}},
                                                        {{2, 3, 5}, {5}},
                                                        {{2, 3, 5}, {3, 1}},
                                                        {{3, 1}, {2, 1, 5}},
                                                        {{}, {2, 3}},
                                                        {{2, 3}, {}},
                                                        {{1}, {}},
                                                        {{4, 1, 3}, {2, 1}},
                                                        {{3, 1, 5, 1, 2}, {7, 1, 3, 1}},
                                                        {{37, 1031}, {1031}},
                                                        {{67, 65}, {67, 1}},
                                                        {{11, 13, 1, 17}, {13, 9, 1}}};
    for (const auto& [sa, sb] : pairs) {
      const Tensor a = uniform("a", sa), b = uniform("b", sb), positive = uniform("b", sb, 0.5, 1.5);
      const int64_t terms = (a + b).numel() / std::min(a.numel(), b.numel());
      add(
          "add joined", {a, b}, [](const Inputs& in) { return in[0] + in[1]; }, terms);
      add(
          "sub joined", {a, b}, [](const Inputs& in) { return in[0] - in[1]; }, terms);
      add(
          "mul joined", {a, b}, [](const Inputs& in) { return in[0] * in[1]; }, terms);
      add(
          "div joined", {a, positive}, [](const Inputs& in) { return in[0] / in[1]; }, terms);
      // No two are equal: a has multiples of 1/128, b lies between them.
      const Tensor grid = distinct(sa), between = distinct(sb) + 1.0 / 256;
      add(
          "minimum joined", {grid, between}, [](const Inputs& in) { return minimum(in[0], in[1]); }, terms);
      add(
          "maximum joined", {grid, between}, [](const Inputs& in) { return maximum(in[0], in[1]); }, terms);
      const Tensor condition = greater(uniform("condition", sb), 0);
      add(
          "where joined", {a, b},
          [condition](const Inputs& in) { return where(condition.to(in[0].device()), in[0], in[1]); }, terms);
      comparisons(distinct(sa), distinct(sb));
    }
  }

  // Of a and b, some of whose elements are equal, and of a and a number.
  void comparisons(const Tensor& a, const Tensor& b) {
    using Comparison = Tensor (*)(const Tensor&, const Tensor&);
    const std::pair<const char*, Comparison> all[] = {{"equal", equal},     {"not_equal", not_equal},
                                                      {"less", less},       {"less_equal", less_equal},
                                                      {"greater", greater}, {"greater_equal", greater_equal}};
    for (const auto& [name, op] : all)
      add_constant(name, {a, b}, [op = op](const Inputs& in) { return op(in[0], in[1]); });
  }

  void products() {
    const std::vector<std::array<int64_t, 3>> sizes = {{1, 1, 1}, {3, 5, 7}, {1, 17, 64}, {13, 1, 31}, {67, 129, 65}};
    for (const auto& [m, n, k] : sizes) {
      const int64_t terms = std::max({m, n, k});
      for (const bool ta : {false, true}) {
        for (const bool tb : {false, true}) {
          add(
              text("matmul", ta ? " a'" : "", tb ? " b'" : ""),
              {uniform("a", ta ? Shape{k, m} : Shape{m, k}), uniform("b", tb ? Shape{n, k} : Shape{k, n})},
              [ta, tb](const Inputs& in) {
                return matmul(in[0], in[1], {ta, tb});
              },
              terms);
        }
      }
      const Tensor x = uniform("x", {m, k}), w = uniform("w", {n, k});
      add(
          "linear", {x, w, uniform("b", {n})}, [](const Inputs& in) { return linear(in[0], in[1], in[2]); }, terms);
      add(
          "linear without bias", {x, w}, [](const Inputs& in) { return linear(in[0], in[1]); }, terms);
    }
    add(
        "linear of sequences", {uniform("x", {2, 3, 5}), uniform("w", {4, 5}), uniform("b", {4})},
        [](const Inputs& in) { return linear(in[0], in[1], in[2]); }, 6);
  }

  void convolution(const Shape& x, const Shape& w, const Conv2dOptions& options) {
    const Conv2dGeometry g(x, w, options);
    add(
        text("conv2d stride ", g.stride, " padding ", g.padding, " dilation ", g.dilation, " groups ", g.groups),
        {uniform("x", x), uniform("w", w)}, [options](const Inputs& in) { return conv2d(in[0], in[1], options); },
        std::max(g.rows(), g.kh * g.kw * std::max(g.cg, g.og())));
  }

  void convolutions() {
    convolution({1, 1, 1, 1}, {1, 1, 1, 1}, {});
    convolution({1, 5, 3, 1}, {1, 3, 3, 1}, {});
    convolution({2, 5, 7, 3}, {4, 3, 3, 3}, {.stride = 2, .padding = 1});
    convolution({1, 7, 5, 3}, {2, 3, 1, 3}, {.padding = 2});
    convolution({1, 11, 13, 3}, {17, 7, 7, 3}, {.stride = 2, .padding = 3});
    convolution({1, 7, 5, 17}, {19, 3, 3, 17}, {.padding = 1});
    convolution({2, 5, 5, 64}, {64, 3, 3, 64}, {.padding = 1});
    convolution({2, 5, 5, 64}, {32, 1, 1, 64}, {.stride = 2});
    convolution({1, 9, 8, 5}, {7, 3, 3, 5}, {.padding = 2, .dilation = 2});
    convolution({2, 5, 7, 6}, {4, 3, 3, 3}, {.padding = 1, .groups = 2});
    convolution({1, 5, 5, 24}, {36, 3, 3, 8}, {.stride = 2, .padding = 1, .groups = 3});
    convolution({1, 5, 7, 3}, {6, 3, 3, 1}, {.padding = 1, .groups = 3});  // two filters a channel
    convolution({2, 5, 7, 3}, {3, 3, 3, 1}, {.padding = 1, .groups = 3});  // depthwise
    convolution({2, 7, 5, 17}, {17, 3, 3, 1}, {.stride = 2, .padding = 1, .groups = 17});
    convolution({1, 9, 7, 64}, {64, 5, 3, 1}, {.padding = 2, .dilation = 2, .groups = 64});
    convolution({1, 8, 7, 5}, {6, 1, 5, 5}, {.stride = {2, 1}, .padding = {0, 2}});
    convolution({2, 9, 8, 6}, {4, 3, 2, 3}, {.stride = {1, 3}, .padding = {2, 0}, .dilation = {3, 2}, .groups = 2});
    convolution({1, 9, 8, 3}, {5, 2, 3, 3}, {.stride = {3, 2}, .padding = {1, 0}, .dilation = {2, 1}});
    convolution({1, 8, 6, 7}, {7, 3, 2, 1}, {.stride = {1, 2}, .padding = {2, 1}, .dilation = {1, 3}, .groups = 7});
  }

  struct BatchNormVariant {
    const char* name;
    bool training, relu, residual;
  };

  static std::function<Tensor(const Inputs&)> batch_norm_run(const BatchNormVariant& v, int64_t c) {
    const Tensor mean = uniform("mean", {c}, -0.5, 0.5), var = uniform("var", {c}, 0.5, 1.5);
    return [v, mean, var](const Inputs& in) {
      const auto copy = [&](const Tensor& x) { return x.to(in[1].dtype()).to(in[1].device()).clone(); };
      BatchNormState state{copy(mean), copy(var)};
      BatchNormOptions options{.training = v.training, .relu = v.relu};
      if (v.residual) options.residual = in[3];
      return batch_norm(in[0], in[1], in[2], state, options);
    };
  }

  void batch_norms() {
    const std::vector<BatchNormVariant> variants = {{"", true, false, false},
                                                    {" + relu", true, true, false},
                                                    {" + residual", true, false, true},
                                                    {" + residual, relu", true, true, true},
                                                    {" evaluation", false, false, false},
                                                    {" evaluation + residual, relu", false, true, true}};
    for (const Shape& shape : {Shape{7, 3}, Shape{2, 3, 3, 1}, Shape{1, 5, 7, 3}, Shape{2, 5, 3, 17},
                               Shape{3, 4, 4, 64}, Shape{3, 67, 71, 17}}) {
      for (const BatchNormVariant& v : variants) {
        const int64_t c = shape.channels();
        Inputs inputs = {uniform("x", shape, -1.5, 2.5), uniform("gamma", {c}, 0.5, 1.5), uniform("beta", {c})};
        if (v.residual) inputs.push_back(uniform("residual", shape));
        if (v.relu) move_from_kink(inputs, batch_norm_run({v.name, v.training, false, v.residual}, c));
        add(text("batch_norm", v.name), inputs, batch_norm_run(v, c), shape.rows());
        cases.back().parameters = {1, 2};
      }
    }
  }

  void other_norms() {
    for (const Shape& shape : {Shape{5}, Shape{3, 7}, Shape{2, 3, 17}, Shape{1, 3, 2, 64}, Shape{2, 31, 37, 33}}) {
      const Shape c{shape.channels()};
      add(
          "layer_norm", {uniform("x", shape, -1, 2), uniform("gamma", c, 0.5, 1.5), uniform("beta", c)},
          [](const Inputs& in) { return layer_norm(in[0], in[1], in[2]); }, std::max(shape.rows(), shape.channels()));
      cases.back().parameters = {1, 2};
    }
    const std::vector<std::pair<Shape, int64_t>> grouped = {{{1, 3, 3, 1}, 1},   {{2, 3, 5, 6}, 2},
                                                            {{2, 5, 3, 6}, 3},   {{1, 3, 5, 17}, 1},
                                                            {{3, 3, 3, 64}, 16}, {{2, 21, 23, 32}, 4}};
    for (const auto& [shape, groups] : grouped) {
      const Tensor x = uniform("x", shape, -1, 2);
      const Shape c{shape.channels()};
      const Tensor gamma = uniform("gamma", c, 0.5, 1.5), beta = uniform("beta", c);
      const int64_t terms = shape.numel() / shape[0];
      add(
          text("group_norm ", groups), {x, gamma, beta},
          [groups = groups](const Inputs& in) { return group_norm(in[0], in[1], in[2], groups); }, terms);
      cases.back().parameters = {1, 2};
      add(
          text("group_norm without gamma, groups ", groups), {x},
          [groups = groups](const Inputs& in) { return group_norm(in[0], {}, {}, groups); }, terms);
      add(
          "instance_norm", {x, gamma, beta}, [](const Inputs& in) { return instance_norm(in[0], in[1], in[2]); },
          terms);
      cases.back().parameters = {1, 2};
      add(
          "instance_norm without gamma", {x}, [](const Inputs& in) { return instance_norm(in[0]); }, terms);
    }
    for (const Shape& shape : {Shape{1, 5}, Shape{3, 7}, Shape{17, 3, 3, 5}, Shape{64, 1, 1, 31}, Shape{129, 1031}})
      add(
          "l2_normalize", {uniform("x", shape)}, [](const Inputs& in) { return l2_normalize(in[0]); },
          shape.numel() / shape[0]);
  }

  void pools() {
    const std::vector<std::pair<Shape, Pool2dOptions>> pooled = {
        {{1, 1, 1, 1}, {.kernel = 1, .stride = 1}},
        {{1, 5, 7, 1}, {.kernel = 2, .stride = 2}},
        {{2, 7, 5, 3}, {.kernel = 3, .stride = 2, .padding = 1}},
        {{1, 5, 5, 17}, {.kernel = 3, .stride = 1, .padding = 1}},
        {{2, 8, 6, 64}, {.kernel = 2, .stride = 2}},
        {{1, 7, 7, 3}, {.kernel = 2, .stride = 3, .padding = 1}},  // pixels in no window
        {{1, 7, 6, 5}, {.kernel = 5, .stride = 2, .padding = 2}},
        {{3, 57, 55, 17}, {.kernel = 3, .stride = 2, .padding = 1}},
        {{2, 5, 9, 3}, {.kernel = {1, 4}, .stride = {1, 2}, .padding = {0, 1}}},
        {{1, 6, 8, 5}, {.kernel = 3, .stride = 2, .padding = 1, .ceil_mode = true}},
        {{2, 8, 7, 3}, {.kernel = {3, 2}, .stride = {4, 3}, .padding = 1, .ceil_mode = true}},  // a window taken off
        {{2, 8, 6, 4},
         {.kernel = {5, 3}, .stride = 2, .padding = {2, 1}, .ceil_mode = true, .count_include_pad = false}}};
    for (const auto& [shape, options] : pooled) {
      const std::string name = text(" ", options.kernel, " stride ", options.stride, " padding ", options.padding,
                                    options.ceil_mode ? " ceil" : "", options.count_include_pad ? "" : " own");
      add("max_pool2d" + name, {distinct(shape)},
          [options = options](const Inputs& in) { return max_pool2d(in[0], options); });
      add(
          "avg_pool2d" + name, {uniform("x", shape)},
          [options = options](const Inputs& in) { return avg_pool2d(in[0], options); }, options.kernel.product());
    }
    for (const Shape& shape :
         {Shape{1, 1, 1, 1}, Shape{2, 5, 3, 3}, Shape{1, 7, 7, 17}, Shape{2, 4, 4, 64}, Shape{5, 29, 31, 19}})
      add(
          "global_avg_pool", {uniform("x", shape)}, [](const Inputs& in) { return global_avg_pool(in[0]); },
          shape[1] * shape[2]);
  }

  void losses() {
    for (const auto& [n, classes] : {std::pair<int64_t, int64_t>{1, 2}, {1, 17}, {5, 3}, {7, 10}, {131, 1000}}) {
      const Shape shape{n, classes};
      const Tensor logits = uniform("logits", shape, -3, 3);
      Tensor labels = Tensor::empty({n}, DType::i32);
      for (int64_t i = 0; i < n; ++i) labels.data<int32_t>()[i] = static_cast<int32_t>(i * 7 % classes);
      const Tensor soft = uniform("soft", shape, 0, 2 / static_cast<double>(classes));
      const int64_t terms = std::max(n, classes);
      for (const double smoothing : {0.0, 0.1, 1.0}) {
        const std::string name = text("cross_entropy smoothing ", smoothing);
        const CrossEntropyOptions options{smoothing};
        add(
            name, {logits}, [=](const Inputs& in) { return cross_entropy(in[0], labels.to(in[0].device()), options); },
            terms);
        add(
            name + " soft targets", {logits},
            [=](const Inputs& in) { return cross_entropy(in[0], soft.to(in[0].dtype()).to(in[0].device()), options); },
            terms);
      }
    }
  }

  void reductions() {
    for (const Shape& shape : activation_shapes()) {
      const Tensor a = uniform("a", shape, -0.5, 1), b = uniform("b", shape, -0.5, 1);
      add(
          "sum", {a}, [](const Inputs& in) { return sum(in[0]); }, shape.numel());
      add(
          "mean", {a}, [](const Inputs& in) { return mean(in[0]); }, shape.numel());
      add(
          "row_dots", {a, b}, [](const Inputs& in) { return row_dots(in[0], in[1]); }, shape.numel() / shape[0]);
    }
  }

  void views_and_copies() {
    for (const Shape& shape : activation_shapes()) {
      const Tensor a = uniform("a", shape, -0.5, 1);
      const int64_t half = shape[0] / 2;
      add("reshape", {a}, [](const Inputs& in) { return reshape(in[0], {in[0].channels(), in[0].rows()}); });
      add("slice", {a}, [half](const Inputs& in) { return in[0].slice(half, in[0].dim(0)); });
      add("slice overlapping", {a}, [half](const Inputs& in) {
        const int64_t rows = in[0].dim(0);
        return radial::add(in[0].slice(0, half + 1), scale(in[0].slice(rows - half - 1, rows), 2));
      });
      add("clone", {a}, [](const Inputs& in) { return in[0].clone(); });
    }
  }
};

}  // namespace

const std::vector<OpCase>& op_cases() {
  static const std::vector<OpCase> cases = [] {
    Table table;
    table.pointwise();
    table.products();
    table.convolutions();
    table.batch_norms();
    table.other_norms();
    table.pools();
    table.losses();
    table.reductions();
    table.views_and_copies();
    add_reduction_cases(table);
    add_shape_cases(table);
    add_indexing_cases(table);
    add_loss_cases(table);
    add_layer_cases(table);
    return table.cases;
  }();
  return cases;
}

OpResult run_case(const OpCase& op_case, DType dtype, const std::vector<bool>& needs_gradient, Device device) {
  Inputs inputs;
  for (size_t i = 0; i < op_case.inputs.size(); ++i) {
    const bool parameter = std::count(op_case.parameters.begin(), op_case.parameters.end(), i) > 0;
    inputs.push_back(op_case.inputs[i].to(parameter ? accumulator_of(dtype) : dtype).to(device));
    if (op_case.differentiable && (needs_gradient.empty() || needs_gradient[i])) inputs.back().set_requires_grad();
  }
  OpResult result{op_case.run(inputs), {}};
  if (result.y.requires_grad())
    sum(mul(result.y, formula::tensor("cotangent", result.y.shape()).to(result.y.dtype()).to(device))).backward();
  for (const Tensor& input : inputs) result.gradients.push_back(input.grad());
  return result;
}

double float32_bound(int64_t terms) { return 0x1p-24 * (10 + 4 * std::sqrt(static_cast<double>(terms))); }

double relative_error(const Tensor& a, const Tensor& b) {
  const std::vector<double> va = a.to_vector(), vb = b.to_vector();
  double difference = 0, norm = 0;
  for (size_t i = 0; i < va.size(); ++i) {
    if (!std::isfinite(va[i]) || !std::isfinite(vb[i])) return INFINITY;
    difference += (va[i] - vb[i]) * (va[i] - vb[i]);
    norm += vb[i] * vb[i];
  }
  return norm > 0 ? std::sqrt(difference / norm) : std::sqrt(difference);
}

}  // namespace radial
