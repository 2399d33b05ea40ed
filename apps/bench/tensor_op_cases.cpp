// Ops of no layer in particular, on tensors of several megabytes. bench/peers/compare_ops.py knows the same cases.
#include <fmt/ranges.h>

#include "apps/bench/op_cases.h"
#include "core/ops.h"
#include "core/ops/deform_conv2d.h"

namespace radial::apps {
namespace {

using Op = std::function<Tensor(const std::vector<Tensor>&)>;

// What a pass costs: operations, and values read or written.
struct Cost {
  double operations, elements;
};

OpPass forward(Cost cost) { return {"forward", {}, cost.operations, cost.elements}; }
OpPass backward(std::vector<size_t> inputs, Cost cost) {
  return {"backward", std::move(inputs), cost.operations, cost.elements};
}

double count(const Shape& shape) { return static_cast<double>(shape.numel()); }

class Cases {
 public:
  explicit Cases(int64_t batch) : n_(batch) {}

  std::vector<OpBenchCase> all() {
    pointwise();
    reductions();
    shapes();
    indices();
    order();
    layers();
    losses();
    return std::move(cases_);
  }

 private:
  // The last input holds whole numbers below `classes`, if that is above 0.
  void add(const std::string& op, const std::string& shape, std::vector<Shape> inputs, Op run,
           std::vector<OpPass> passes, int64_t classes = 0, DType whole = DType::i32) {
    cases_.push_back(
        {op, shape, std::move(inputs), std::move(run), std::move(passes), static_cast<int>(classes), whole});
  }

  void pointwise() {
    const Shape x{n_, 56, 56, 64}, c{64};
    const double n = count(x);
    const std::pair<const char*, Tensor (*)(const Tensor&)> functions[] = {
        {"exp", exp}, {"tanh", tanh}, {"sigmoid", sigmoid}, {"silu", silu}, {"gelu", [](const Tensor& t) {
                                                                               return gelu(t);
                                                                             }}};
    for (const auto& [name, f] : functions)
      add(name, x.extents(), {x}, [f = f](const auto& in) { return f(in[0]); },
          {forward({n, 2 * n}), backward({0}, {n, 3 * n})});
    add("add", x.extents() + " and 64", {x, c}, [](const auto& in) { return in[0] + in[1]; },
        {forward({n, 2 * n}), backward({1}, {n, n})});
    add("mul", x.extents() + " and 64", {x, c}, [](const auto& in) { return in[0] * in[1]; },
        {forward({n, 2 * n}), backward({0, 1}, {3 * n, 3 * n})});
    add(
        "where", x.extents(), {x, x, x}, [](const auto& in) { return where(in[2], in[0], in[1]); },
        {forward({n, 3.25 * n}), backward({0, 1}, {2 * n, 3.25 * n})}, 2, DType::u8);
  }

  void reductions() {
    const Shape x{n_ * 3136, 64};
    const double n = count(x);
    using Reduce = Tensor (*)(const Tensor&, int);
    const std::pair<const char*, Reduce> all[] = {{"sum", [](const Tensor& t, int d) { return sum(t, d); }},
                                                  {"max", [](const Tensor& t, int d) { return max(t, d); }},
                                                  {"logsumexp", [](const Tensor& t, int d) { return logsumexp(t, d); }},
                                                  {"var", [](const Tensor& t, int d) { return var(t, d); }}};
    for (const auto& [name, f] : all)
      for (const int d : {0, -1}) {
        std::vector<OpPass> passes = {forward({n, n})};
        if (std::string(name) == "max") passes.push_back(backward({0}, {0, n}));
        if (std::string(name) == "logsumexp" || std::string(name) == "var") passes.push_back(backward({0}, {n, 2 * n}));
        add(
            name, fmt::format("{} along {}", x.extents(), d), {x}, [f = f, d](const auto& in) { return f(in[0], d); },
            passes);
      }
    const Shape wide{n_ * 256, 1000};
    for (const auto& [name, f] : {std::pair("softmax", &softmax), std::pair("log_softmax", &log_softmax)})
      add(name, wide.extents() + " along -1", {wide}, [f = f](const auto& in) { return f(in[0], -1); },
          {forward({3 * count(wide), 2 * count(wide)}), backward({0}, {3 * count(wide), 3 * count(wide)})});
  }

  void shapes() {
    const Shape x{n_, 56, 56, 64};
    const double n = count(x);
    add("concat", x.extents() + " twice along 3", {x, x},
        [](const auto& in) {
          return concat({in[0], in[1]}, 3);
        },
        {forward({0, 4 * n}), backward({0, 1}, {0, 4 * n})});
    for (const std::vector<int>& to : {std::vector<int>{0, 3, 1, 2}, {1, 0, 2, 3}})
      add("permute", fmt::format("{} to {}", x.extents(), fmt::join(to, "")), {x},
          [to](const auto& in) { return permute(in[0], to); }, {forward({0, 2 * n}), backward({0}, {0, 2 * n})});
  }

  void indices() {
    const Shape x{n_ * 4096, 64}, words{n_, 512};
    const double n = count(x);
    add(
        "gather", x.extents() + " along 0", {x, x}, [](const auto& in) { return gather(in[0], 0, in[1]); },
        {forward({0, 3 * n}), backward({0}, {n, 3 * n})}, x[0]);
    add(
        "scatter_add", x.extents() + " along 0", {x, x, x},
        [](const auto& in) { return scatter_add(in[0], 0, in[2], in[1]); },
        {forward({n, 4 * n}), backward({1}, {n, 3 * n})}, x[0]);
    const Shape table{30000, 256};
    const double read = count(words) * 256;
    add(
        "embedding", fmt::format("{} by {}", table.extents(), words.extents()), {table, words},
        [](const auto& in) { return embedding(in[0], in[1]); },
        {forward({0, 2 * read}), backward({0}, {read, 2 * read + count(table)})}, 30000);
  }

  void order() {
    const Shape x{n_ * 64, 1000};
    const double n = count(x);
    add("topk", x.extents() + " k 5", {x}, [](const auto& in) { return topk(in[0], 5).value; }, {forward({n, n})});
    add("sort", x.extents(), {x}, [](const auto& in) { return sort(in[0]).value; }, {forward({10 * n, 3 * n})});
    for (const int d : {0, -1})
      add("cumsum", fmt::format("{} along {}", x.extents(), d), {x}, [d](const auto& in) { return cumsum(in[0], d); },
          {forward({n, 2 * n}), backward({0}, {n, 2 * n})});
  }

  void layers() {
    const Shape a{n_ * 12, 197, 64}, q{n_, 197, 12, 64};
    const double products = 2 * count(a) * 197, weights = static_cast<double>(n_ * 12 * 197 * 197);
    add("bmm", a.extents() + " with itself", {a, a},
        [](const auto& in) { return bmm(in[0], in[1], {.transpose_b = true}); },
        {forward({products, 2 * count(a) + weights}), backward({0, 1}, {2 * products, 4 * count(a) + weights})});
    add("attention", q.extents(), {q, q, q}, [](const auto& in) { return attention(in[0], in[1], in[2]); },
        {forward({2 * products + 4 * weights, 4 * count(q)}),
         backward({0, 1, 2}, {4 * products + 4 * weights, 8 * count(q) + weights})});
    const Shape x{n_, 28, 28, 128}, w{128, 2, 2, 64}, y{n_, 56, 56, 64};
    const double operations = 2 * count(x) * 4 * 64, elements = count(x) + count(w) + count(y);
    add("conv_transpose2d", x.extents() + " to 64, 2x2 stride 2", {x, w},
        [](const auto& in) { return conv_transpose2d(in[0], in[1], {.stride = 2}); },
        {forward({operations, elements}),
         {"backward_x", {0}, operations, elements},
         {"backward_w", {1}, operations, elements}});
    const Shape p{n_, 17, 17, 128}, rows{128, 1, 7, 128};
    const double multiplied = 2 * count(p) * 7 * 128, moved = 2 * count(p) + count(rows);
    add("conv2d", p.extents() + " to 128, 1x7 padding 0x3", {p, rows},
        [](const auto& in) {
          return conv2d(in[0], in[1], {.padding = {0, 3}});
        },
        {forward({multiplied, moved}), {"backward_x", {0}, multiplied, moved}, {"backward_w", {1}, multiplied, moved}});
    const Shape seen{n_, 32, 32, 128}, places{n_, 32, 32, 18}, masks{n_, 32, 32, 9}, taps{128, 3, 3, 128};
    const double deformed = 2 * count(seen) * 9 * 128 + 8 * count(seen) * 9, columns = 9 * count(seen);
    add("deform_conv2d", seen.extents() + " to 128, 3x3 padding 1", {seen, places, masks, taps},
        [](const auto& in) { return deform_conv2d(in[0], in[1], in[2], in[3], {.padding = 1}); },
        {forward({deformed, 2 * columns}), backward({0, 1, 2, 3}, {3 * deformed, 5 * columns})});
    for (const auto& [name, mode] :
         {std::pair("nearest", Interpolation::nearest), std::pair("bilinear", Interpolation::bilinear)})
      add("upsample", fmt::format("{} to 56x56, {}", x.extents(), name), {x},
          [mode = mode](const auto& in) { return upsample(in[0], {.size = 56, .mode = mode}); },
          {forward({4 * count(x), 5 * count(x)}), backward({0}, {4 * count(x), 5 * count(x)})});
    add("dropout", y.extents() + " p 0.1", {y}, [](const auto& in) { return dropout(in[0], 0.1, {.seed = 1}); },
        {forward({count(y), 2 * count(y)}), backward({0}, {count(y), 2 * count(y)})});
    add("randn", y.extents(), {y}, [](const auto& in) { return randn(in[0].shape(), {.seed = 1}); },
        {forward({count(y), count(y)})});
  }

  void losses() {
    const Shape x{n_ * 2100, 80};
    const double n = count(x);
    const auto none = LossReduction::none;
    const std::pair<const char*, Op> all[] = {
        {"bce_with_logits", [=](const auto& in) { return bce_with_logits(in[0], in[1], {.reduction = none}); }},
        {"sigmoid_focal_loss", [=](const auto& in) { return sigmoid_focal_loss(in[0], in[1], {.reduction = none}); }},
        {"smooth_l1_loss", [=](const auto& in) { return smooth_l1_loss(in[0], in[1], 1, none); }},
        {"mse_loss", [=](const auto& in) { return mse_loss(in[0], in[1], none); }}};
    for (const auto& [name, f] : all)
      add(name, x.extents(), {x, x}, f, {forward({4 * n, 3 * n}), backward({0}, {4 * n, 4 * n})});
  }

  int64_t n_;
  std::vector<OpBenchCase> cases_;
};

}  // namespace

std::vector<OpBenchCase> tensor_op_bench_cases(int64_t batch_size) { return Cases(batch_size).all(); }

}  // namespace radial::apps
