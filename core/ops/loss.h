// Losses: computed, and returned, in float32 where the predictions are bfloat16.
#pragma once

#include <cstdint>
#include <optional>

#include "core/tensor.h"

namespace radial {

// What becomes of the losses of the elements, or rows: their mean (NaN of none), their sum, or all of them.
enum class LossReduction { mean, sum, none };

// ---- classes ----
struct CrossEntropyOptions {
  double label_smoothing = 0;                // epsilon: target = (1 - eps) one_hot + eps / classes
  Tensor class_weights = {};                 // w [classes], of the loss's dtype: the terms of the sum are weighed
  std::optional<int32_t> ignore_index = {};  // rows of this label count nothing; it need not be a class
  LossReduction reduction = LossReduction::mean;
};
// Mean over rows of -sum_k w_k target_k log softmax(logits)_k: logits [n, classes] -> scalar.
// labels: i32 [n], each in [0, classes) (checked on the CPU; on a GPU the loss is NaN where one is not); or soft
// targets of logits' dtype [n, classes], which must not need a gradient. The loss of bfloat16 logits is float32.
// With class weights the mean of labels is divided by the sum of the rows' w_label, not by n; NaN where that is 0, and
// where there are no rows.
Tensor cross_entropy(const Tensor& logits, const Tensor& labels, const CrossEntropyOptions& options = {});

// What a batch came to, left on its device: overwrites score (float64 [3]) with the loss, the rows whose label has the
// highest logit, and those where it has one of the five highest; of equal logits the first class counts, NaN is never
// right. loss of one element, logits [n, classes], labels i32 [n], each in [0, classes) (checked on the CPU; on a GPU
// others are never right); no gradient.
void score_batch(Tensor& score, const Tensor& loss, const Tensor& logits, const Tensor& labels);

// ---- each element for itself; target of x's shape, and of its dtype or the loss's ----
// -(w t log p + (1 - t) log(1 - p)), p = sigmoid(x); w: pos_weight [channels] or of one element, or undefined: 1. The
// target must not need a gradient.
struct BceOptions {
  Tensor pos_weight = {};
  LossReduction reduction = LossReduction::mean;
};
Tensor bce_with_logits(const Tensor& x, const Tensor& target, const BceOptions& options = {});

// a (1 - p_t)^gamma bce, p_t = p t + (1 - p) (1 - t), a = alpha t + (1 - alpha) (1 - t), or 1 for alpha < 0:
// RetinaNet's, and torchvision's but that its mean is the default here as elsewhere. The target must not need a
// gradient.
struct FocalOptions {
  double alpha = 0.25, gamma = 2;
  LossReduction reduction = LossReduction::mean;
};
Tensor sigmoid_focal_loss(const Tensor& x, const Tensor& target, const FocalOptions& options = {});

// |x - t|, (x - t)², and d² / 2 beta for d = |x - t| < beta, else d - beta / 2. Gradients for both.
Tensor l1_loss(const Tensor& x, const Tensor& target, LossReduction reduction = LossReduction::mean);
Tensor mse_loss(const Tensor& x, const Tensor& target, LossReduction reduction = LossReduction::mean);
Tensor smooth_l1_loss(const Tensor& x, const Tensor& target, double beta = 1,
                      LossReduction reduction = LossReduction::mean);

// ---- rows ----
// max(|a - p| - |a - n| + margin, 0) of each row, over the last dimension, with |d| = sqrt(sum of (d + eps)²); with
// swap |p - n| takes the place of |a - n| where it is smaller. All of one shape, with rows; gradients for all three.
struct TripletOptions {
  double margin = 1, eps = 1e-6;
  bool swap = false;
  LossReduction reduction = LossReduction::mean;
};
Tensor triplet_margin_loss(const Tensor& anchor, const Tensor& positive, const Tensor& negative,
                           const TripletOptions& options = {});

}  // namespace radial
