// Every public op: formula and shapes. All throw Error(usage) with the op's name and the shapes if they do not fit, if
// two tensors differ in dtype or device, or if one is undefined that must not be. Activations are NHWC. All have
// gradients unless said otherwise; so have view, slice, clone and to of Tensor. Where there are no rows (an empty
// batch) the result is empty, and a sum over nothing is 0; channels there must be, and pictures must have pixels to be
// pooled. A NaN is never lost: not in relu, not in a maximum, not in a norm.
#pragma once

#include "core/autograd.h"
#include "core/ops/attention.h"
#include "core/ops/batch_norm.h"
#include "core/ops/conv.h"
#include "core/ops/deform_conv2d.h"
#include "core/ops/distance.h"
#include "core/ops/indexing.h"
#include "core/ops/loss.h"
#include "core/ops/normalize_pictures.h"
#include "core/ops/order.h"
#include "core/ops/pointwise.h"
#include "core/ops/pool2d.h"
#include "core/ops/products.h"
#include "core/ops/random.h"
#include "core/ops/reduce.h"
#include "core/ops/shape.h"
#include "core/ops/softmax.h"
#include "core/ops/upsample.h"
#include "core/tensor.h"

namespace radial {

// ---- normalisation ----
// y = gamma (x - mean) / sqrt(var + eps) + beta over all rows of a channel (x [..., c]; gamma, beta [c]); then
// + residual and relu if asked. Training normalises with the batch's biased variance and moves the running
// statistics; needs more than one row. Evaluation uses the running statistics.
Tensor batch_norm(const Tensor& x, const Tensor& gamma, const Tensor& beta, BatchNormState& state,
                  const BatchNormOptions& options = {});
// The same formula over the last dimension of each row: x [..., c]; gamma, beta [c].
Tensor layer_norm(const Tensor& x, const Tensor& gamma, const Tensor& beta, double eps = 1e-5);
// Over h, w and the channels of a group, for each picture: x [n, h, w, c], groups divides c.
Tensor group_norm(const Tensor& x, const Tensor& gamma, const Tensor& beta, int64_t groups, double eps = 1e-5);
// Over h, w for each picture and channel; gamma and beta may be undefined (1 and 0).
Tensor instance_norm(const Tensor& x, const Tensor& gamma = {}, const Tensor& beta = {}, double eps = 1e-5);
// Rows of dim 0 divided by max(||row||, eps).
Tensor l2_normalize(const Tensor& x, double eps = 1e-12);

// ---- input ----
// (x / 255 - mean) inv_std of each channel: x uint8 [n, h, w, 3]; no gradient
Tensor normalize_pictures(const Tensor& x, const PictureStatistics& statistics = {}, DType dtype = DType::f32);

}  // namespace radial
