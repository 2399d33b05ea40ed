// Losses of elements, and cross_entropy with weights and labels that do not count.
#include <algorithm>

#include "core/ops.h"
#include "tests/op_case_table.h"

namespace radial {

namespace {

const std::pair<const char*, LossReduction> loss_reductions[] = {
    {"mean", LossReduction::mean}, {"sum", LossReduction::sum}, {"none", LossReduction::none}};

// As the inputs are, and what their losses are computed in.
Tensor like(const Tensor& x, const Tensor& values) { return values.to(x.dtype()).to(x.device()); }
Tensor as_losses_of(const Tensor& x, const Tensor& values) {
  return values.to(accumulator_of(x.dtype())).to(x.device());
}

void add_cross_entropies(OpCaseTable& table) {
  for (const auto& [n, classes] : {std::pair<int64_t, int64_t>{1, 2}, {5, 3}, {7, 10}, {131, 300}}) {
    const Shape shape{n, classes};
    const Tensor logits = uniform("logits", shape, -3, 3), weights = uniform("weights", {classes}, 0.5, 2);
    const Tensor soft = uniform("soft", shape, 0, 2 / static_cast<double>(classes));
    Tensor labels = Tensor::empty({n}, DType::i32);
    for (int64_t i = 0; i < n; ++i) labels.data<int32_t>()[i] = i % 3 == 1 ? -1 : static_cast<int32_t>(i * 7 % classes);
    for (const auto& [name, reduction] : loss_reductions)
      for (const double smoothing : {0.0, 0.1}) {
        const auto options = [weights, smoothing, reduction = reduction](const Tensor& x, bool ignore) {
          CrossEntropyOptions o{.label_smoothing = smoothing, .class_weights = as_losses_of(x, weights)};
          if (ignore) o.ignore_index = -1;
          o.reduction = reduction;
          return o;
        };
        table.add(
            text("cross_entropy of weighed classes, ", name, ", smoothing ", smoothing), {logits},
            [=](const Inputs& in) { return cross_entropy(in[0], labels.to(in[0].device()), options(in[0], true)); },
            std::max(n, classes));
        table.add(
            text("cross_entropy of weighed soft targets, ", name, ", smoothing ", smoothing), {logits},
            [=](const Inputs& in) { return cross_entropy(in[0], like(in[0], soft), options(in[0], false)); },
            std::max(n, classes));
      }
  }
}

}  // namespace

void add_loss_cases(OpCaseTable& table) {
  add_cross_entropies(table);
  for (const Shape& shape : {Shape{1}, Shape{5, 7}, Shape{2, 3, 5, 3}, Shape{3, 53, 47, 17}}) {
    const int64_t n = shape.numel();
    const Tensor x = uniform("x", shape, -3, 3), target = uniform("target", shape, 0, 1);
    const Tensor weight = uniform("weight", {shape.channels()}, 0.5, 3);
    // At least 0.05 from the target, and from where smooth_l1 with 1 and 0.5 changes its formula.
    Tensor other = x.clone();
    for (int64_t i = 0; i < n; ++i) {
      const double distances[] = {0.2, -0.3, 0.7, -1.3, 2.5, -0.4};
      other.data<double>()[i] = static_cast<double>(static_cast<float>(x.data<double>()[i] + distances[i % 6]));
    }
    for (const auto& [name, reduction] : loss_reductions) {
      if (reduction == LossReduction::mean && n > 1000) continue;
      const auto add = [&, name = name](const std::string& loss, Inputs inputs,
                                        std::function<Tensor(const Inputs&)> run) {
        table.add(text(loss, ", ", name), std::move(inputs), std::move(run), n);
      };
      add("bce_with_logits", {x}, [=, reduction = reduction](const Inputs& in) {
        return bce_with_logits(in[0], like(in[0], target), {.reduction = reduction});
      });
      add("bce_with_logits weighed", {x}, [=, reduction = reduction](const Inputs& in) {
        return bce_with_logits(in[0], like(in[0], target),
                               {.pos_weight = as_losses_of(in[0], weight), .reduction = reduction});
      });
      for (const double gamma : {0.0, 1.5, 2.0})
        add(text("sigmoid_focal_loss ", gamma), {x}, [=, reduction = reduction](const Inputs& in) {
          return sigmoid_focal_loss(in[0], like(in[0], target), {.gamma = gamma, .reduction = reduction});
        });
      add("sigmoid_focal_loss without alpha", {x}, [=, reduction = reduction](const Inputs& in) {
        return sigmoid_focal_loss(in[0], like(in[0], target), {.alpha = -1, .reduction = reduction});
      });
      add("l1_loss", {x, other},
          [reduction = reduction](const Inputs& in) { return l1_loss(in[0], in[1], reduction); });
      add("mse_loss", {x, other},
          [reduction = reduction](const Inputs& in) { return mse_loss(in[0], in[1], reduction); });
      for (const bool swap : {false, true}) {
        if (shape.channels() == 1) continue;  // the anchor's gradient would be a difference of two signs
        add(swap ? "triplet_margin_loss swapped" : "triplet_margin_loss", {x, uniform("p", shape), uniform("n", shape)},
            [swap, reduction = reduction](const Inputs& in) {
              return triplet_margin_loss(in[0], in[1], in[2], {.margin = 5, .swap = swap, .reduction = reduction});
            });
      }
      for (const double beta : {1.0, 0.5})
        add(text("smooth_l1_loss ", beta), {x, other},
            [beta, reduction = reduction](const Inputs& in) { return smooth_l1_loss(in[0], in[1], beta, reduction); });
    }
  }
}

}  // namespace radial
