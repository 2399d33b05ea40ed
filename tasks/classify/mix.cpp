#include "tasks/classify/mix.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "core/autograd.h"
#include "core/error.h"
#include "core/graph.h"
#include "core/ops.h"

namespace radial {
namespace {

// The logarithm of a number ~ Gamma(shape, 1), for shape >= 1 (Marsaglia and Tsang, 2000).
double log_gamma_of_at_least_1(double shape, Random& random) {
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = random.normal(), v = std::pow(1 + c * x, 3);
    const double u = 1 - random.uniform();
    if (v > 0 && std::log(u) < 0.5 * x * x + d - d * v + d * std::log(v)) return std::log(d * v);
  }
}

// In logarithms, since numbers of a small shape are often 0.
double log_gamma_variate(double shape, Random& random) {
  if (shape >= 1) return log_gamma_of_at_least_1(shape, random);
  const double larger = log_gamma_of_at_least_1(shape + 1, random);
  return larger + std::log(1 - random.uniform()) / shape;
}

std::vector<int64_t> draw_permutation(int64_t n, Random& random) {
  std::vector<int64_t> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), int64_t{0});
  for (size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[static_cast<size_t>(random.below(static_cast<int64_t>(i)))]);
  return order;
}

// [1, h, w, 1]: 1 inside of the box.
Tensor box_mask(const Shape& pictures, const Mix::Box& box) {
  const int64_t h = pictures[1], w = pictures[2];
  Tensor mask = Tensor::zeros({1, h, w, 1}, DType::u8);
  for (int64_t row = box.top; row < box.bottom; ++row)
    std::fill_n(mask.data<uint8_t>() + row * w + box.left, box.right - box.left, uint8_t{1});
  return mask;
}

}  // namespace

void list_options(OptionList& list, MixOptions& options) {
  list.add("cutmix", options.cutmix, "Probability that a batch is mixed by CutMix", within(0, 1)).in_evaluation = false;
  list.add("cutmix-alpha", options.cutmix_alpha, "Of CutMix's lambda ~ Beta(alpha, alpha)", within(1e-3, 1e3))
      .in_evaluation = false;
  list.add("mixup-alpha", options.mixup_alpha,
           "Of mixup's lambda ~ Beta(alpha, alpha), for batches that CutMix leaves; 0: no mixup", within(0, 1e3))
      .in_evaluation = false;
}

void check_options(const MixOptions& options) {
  check(options.cutmix > 0 || options.cutmix_alpha == MixOptions().cutmix_alpha,
        "train: --cutmix-alpha has no effect without --cutmix");
  check(options.cutmix < 1 || options.mixup_alpha == 0,
        "train: --mixup-alpha has no effect beside --cutmix 1, which mixes every batch");
  check(options.mixup_alpha == 0 || options.mixup_alpha >= 1e-3, "train: --mixup-alpha is ", options.mixup_alpha,
        " but must be 0 or at least 0.001");
}

double draw_beta(double alpha, Random& random) {
  const double a = log_gamma_variate(alpha, random), b = log_gamma_variate(alpha, random);
  return 1 / (1 + std::exp(b - a));
}

Mix::Box cutmix_box(int64_t h, int64_t w, double lambda, int64_t center_y, int64_t center_x) {
  const auto side = [&](int64_t size, int64_t center) {
    const int64_t half = static_cast<int64_t>(static_cast<double>(size) * std::sqrt(1 - lambda)) / 2;
    return std::pair(std::clamp<int64_t>(center - half, 0, size), std::clamp<int64_t>(center + half, 0, size));
  };
  const auto [top, bottom] = side(h, center_y);
  const auto [left, right] = side(w, center_x);
  return {top, bottom, left, right};
}

Mix draw_mix(const MixOptions& options, int64_t n, int64_t h, int64_t w, Random random) {
  Mix mix;
  if (!options.on()) return mix;
  if (random.uniform() < options.cutmix)
    mix.kind = Mix::Kind::cutmix;
  else if (options.mixup_alpha > 0)
    mix.kind = Mix::Kind::mixup;
  else
    return mix;
  const bool cut = mix.kind == Mix::Kind::cutmix;
  mix.lambda = draw_beta(cut ? options.cutmix_alpha : options.mixup_alpha, random);
  mix.partner = draw_permutation(n, random);
  if (!cut) return mix;
  const int64_t y = random.below(h), x = random.below(w);
  mix.box = cutmix_box(h, w, mix.lambda, y, x);
  const int64_t area = (mix.box.bottom - mix.box.top) * (mix.box.right - mix.box.left);
  mix.lambda = 1 - static_cast<double>(area) / static_cast<double>(h * w);
  return mix;
}

Tensor Mix::pictures(const Tensor& x) const {
  if (kind == Kind::none) return x;
  const NoGrad no_grad;
  refuse_recording(x.device(), "mix");
  const std::vector<int32_t> numbers(partner.begin(), partner.end());
  const Tensor others = index_select(x, 0, Tensor::from(numbers, {std::ssize(numbers)}).to(x.device()));
  if (kind == Kind::mixup) return add(scale(x, lambda), scale(others, 1 - lambda));
  return where(box_mask(x.shape(), box).to(x.device()), others, x);
}

// Targets are float32 where logits are bfloat16, which would round lambda to three digits.
Tensor Mix::loss(const Tensor& logits, const Tensor& labels, const CrossEntropyOptions& options) const {
  refuse_recording(logits.device(), "mix");
  const DType dtype = accumulator_of(logits.dtype());
  const std::vector<double> label = labels.to_vector();
  Tensor targets = Tensor::zeros({std::ssize(label), logits.dim(1)}, DType::f64);
  double* row = targets.data<double>();
  for (size_t i = 0; i < label.size(); ++i, row += logits.dim(1)) {
    row[static_cast<int64_t>(label[i])] += lambda;
    row[static_cast<int64_t>(label[static_cast<size_t>(partner[i])])] += 1 - lambda;
  }
  return cross_entropy(cast(logits, dtype), targets.to(dtype).to(logits.device()), options);
}

}  // namespace radial
