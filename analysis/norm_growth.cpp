#include "analysis/norm_growth.h"

#include <cmath>

#include "core/ops.h"

namespace radial {

namespace {

double dot(const Tensor& a, const Tensor& b) {
  double sum = 0;
  for (const double row : row_dots(a.detach(), b.detach()).to_vector()) sum += row;
  return sum;
}

}  // namespace

void NormGrowth::Prediction::advance(const SGDOptions& o, double lr, bool first, double radial_gradient, double uu,
                                     double up) {
  const double wg = radial_gradient + o.weight_decay * square;
  const double gain = first ? 1 : 1 - o.dampening;  // as torch.optim.SGD
  s = o.momentum * (s - step_along) + gain * wg;
  const double wu = o.nesterov ? wg + o.momentum * s : s;
  square += lr * lr * uu - 2 * lr * wu;
  step_along = lr * up;
}

void NormGrowth::before_step(const Optimizer& optimizer) {
  const auto slots = optimizer.slots();
  const bool first = tensors_.empty();
  if (first)
    for (size_t i = 0; i < slots.size(); ++i)
      if (slots[i].param.kind == Kind::conv)
        tensors_.push_back({.slot = i, .before = {}, .recursion = {}, .lemma = {}});
  for (Followed& one : tensors_) {
    const Tensor w = slots[one.slot].param.tensor.detach(), g = slots[one.slot].param.tensor.grad();
    check(w.dtype() == DType::f64 && g.defined(), "norm growth: ", slots[one.slot].param.name,
          " must be float64 and have a gradient");
    one.before = w.clone();
    one.wg = dot(w, g);
    one.gg = dot(g, g);
    if (!first) continue;
    one.ww = dot(w, w);
    one.recursion.square = one.lemma.square = one.ww;
    points_.push_back(
        {.step = 0, .name = slots[one.slot].param.name, .measured = one.ww, .recursion = one.ww, .lemma = one.ww});
  }
}

void NormGrowth::after_step(const Optimizer& optimizer) {
  const NoGrad no_grad;
  const double lr = options_.lr * optimizer.lr_factor();
  for (Followed& one : tensors_) {
    const Slot& slot = optimizer.slots()[one.slot];
    const Tensor w = slot.param.tensor.detach();
    const Tensor u = scale(sub(one.before, w), 1 / lr);
    const Tensor& p = slot.state[0].defined() ? slot.state[0] : u;
    const double uu = dot(u, u), up = dot(u, p);
    one.recursion.advance(options_, lr, slot.steps == 1, one.wg, uu, up);
    one.lemma.advance(options_, lr, slot.steps == 1, 0, uu, up);
    const double radial_gradient = std::abs(one.wg) / std::sqrt(one.ww * one.gg);
    one.ww = dot(w, w);
    points_.push_back({optimizer.steps(), slot.param.name, one.ww, one.recursion.square, one.lemma.square,
                       radial_gradient, lr * lr * uu});
    one.before = {};
  }
}

}  // namespace radial
