// Every device kernel of core: the porting checklist. f32 and f64 on the CPU.
// `accumulate` adds to the target's values instead of overwriting them.
#pragma once

#include "core/kernel.h"
#include "core/ops/attention.h"
#include "core/ops/batched.h"
#include "core/ops/broadcast.h"
#include "core/ops/conv2d.h"
#include "core/ops/indexed.h"
#include "core/ops/normalize_pictures.h"
#include "core/ops/pointwise_formulas.h"
#include "core/ops/pointwise_loss.h"
#include "core/ops/pool2d.h"
#include "core/ops/reduction.h"
#include "core/ops/strided_copy.h"
#include "core/ops/upsample.h"

namespace radial {

struct MatmulGeometry {
  int64_t m, n, k;  // op(a) [m, k] times op(b) [k, n]
  bool transpose_a, transpose_b;
};

// gamma and beta of group_norm may be undefined. A row of statistics is one (picture, group).
struct GroupNormGeometry {
  int64_t n, pixels, c, groups;
  double eps;
};

KERNEL(fill, Tensor& y, double value)
KERNEL(copy, Tensor& y, const Tensor& x)                       // converts between dtypes
KERNEL(accumulate, Tensor& y, const Tensor& x, double factor)  // y += factor x
// y[i] = x[i] for many tensors at once, in the same dtype
KERNEL(copy_all, std::vector<Tensor>& y, const std::vector<Tensor>& x, KernelMemory& memory)
// Elements of y's box from those of x's, in one dtype, any; added to them in the second.
KERNEL(copy_strided, Tensor& y, const Tensor& x, const StridedCopy& copy)
KERNEL(accumulate_strided, Tensor& y, const Tensor& x, const StridedCopy& copy)
KERNEL(spread, Tensor& y, const Tensor& x, double factor)  // y[i] = factor x, x [] of accumulator_of(y's)

// Formulas element by element (core/ops/pointwise_formulas.h). What accumulates gives the bits of a gradient that is
// stored and then added. kept: what the formula keeps, anything of dy's shape if that is nothing.
KERNEL(unary_forward, Tensor& y, const Tensor& x, const UnaryFormula& formula)
KERNEL(unary_backward, Tensor& dx, const Tensor& dy, const Tensor& kept, const UnaryFormula& formula, bool accumulate)
// g joins a and b. On a GPU b may be float32 where the others are bfloat16, for Add.
KERNEL(binary_forward, Tensor& y, const Tensor& a, const Tensor& b, const BinaryFormula& formula, const Broadcast& g)
// d, of dy's shape, is the gradient of a (side 0) or b (side 1) before it is summed; g joins dy, a and b.
KERNEL(binary_backward, Tensor& d, const Tensor& dy, const Tensor& a, const Tensor& b, const BinaryFormula& formula,
       int side, const Broadcast& g, bool accumulate)
KERNEL(compare, Tensor& y, const Tensor& a, const Tensor& b, const Comparison& comparison, const Broadcast& g)  // y u8
// condition u8; g joins all three. y, a and b of any dtype but float64 on a GPU and bfloat16 on the CPU.
KERNEL(where, Tensor& y, const Tensor& condition, const Tensor& a, const Tensor& b, const Broadcast& g)
KERNEL(sum_rows, Tensor& db, const Tensor& dy, bool accumulate)  // db[c] = sum over rows of dy[row, c]

// On a GPU y, a and b are float32 or bfloat16 each, and summed in float32.
KERNEL(matmul, Tensor& y, const Tensor& a, const Tensor& b, const MatmulGeometry& g, bool accumulate)

// The same for many matrices.
KERNEL(bmm, Tensor& y, const Tensor& a, const Tensor& b, const BatchedGeometry& g, bool accumulate)

// One dtype for all tensors of a pass, but dw may be f32 where dy and x are bf16.
KERNEL(conv2d_forward, Tensor& y, const Tensor& x, const Tensor& w, const Conv2dGeometry& g)
KERNEL(conv2d_backward_input, Tensor& dx, const Tensor& dy, const Tensor& w, const Conv2dGeometry& g, bool accumulate)
KERNEL(conv2d_backward_weight, Tensor& dw, const Tensor& dy, const Tensor& x, const Conv2dGeometry& g, bool accumulate)

// All [c] tensors of the norms, and their statistics, are of accumulator_of(x's). `var` is the biased variance.
KERNEL(batch_norm_statistics, Tensor& mean, Tensor& var, const Tensor& x)
// running_mean = (1 - momentum) running_mean + momentum mean; running_var the same way towards unbias * var.
KERNEL(batch_norm_running, Tensor& running_mean, Tensor& running_var, const Tensor& mean, const Tensor& var,
       double momentum, double unbias)
// inv_std = 1 / sqrt(var + eps), a = gamma inv_std, b = beta - mean gamma inv_std, in double but for the results.
KERNEL(batch_norm_affine, Tensor& a, Tensor& b, Tensor& inv_std, const Tensor& mean, const Tensor& var,
       const Tensor& gamma, const Tensor& beta, double eps)
// y = relu?(x a[c] + b[c] + residual?); a, b [c]
KERNEL(batch_norm_apply, Tensor& y, const Tensor& x, const Tensor& a, const Tensor& b, const Tensor& residual,
       bool relu)
// With dz = dy, 0 where y <= 0 (y undefined: no relu): dbeta = sum dz, dgamma = sum dz (x - mean) inv_std, over rows.
// shift is defined where y = relu(x a + shift), without a residual: then a GPU has the sign from x and does not read y.
KERNEL(batch_norm_backward_reduce, Tensor& dgamma, Tensor& dbeta, const Tensor& dy, const Tensor& y, const Tensor& x,
       const Tensor& mean, const Tensor& inv_std, const Tensor& a, const Tensor& shift)
// b = -a inv_std dgamma / rows, d = -a dbeta / rows - b mean, in double but for the results: with them, dx below is
// a (dz - dbeta / rows - xhat dgamma / rows), xhat = (x - mean) inv_std.
KERNEL(batch_norm_backward_affine, Tensor& b, Tensor& d, const Tensor& a, const Tensor& mean, const Tensor& inv_std,
       const Tensor& dgamma, const Tensor& dbeta, int64_t rows)
// dx = dz a[c] + x b[c] + d[c] and, if dresidual is defined, dresidual = dz; shift as above.
KERNEL(batch_norm_backward_apply, Tensor& dx, bool accumulate_dx, Tensor& dresidual, bool accumulate_dresidual,
       const Tensor& dy, const Tensor& y, const Tensor& x, const Tensor& a, const Tensor& b, const Tensor& d,
       const Tensor& shift)

// mean, inv_std [rows]
KERNEL(layer_norm_forward, Tensor& y, Tensor& mean, Tensor& inv_std, const Tensor& x, const Tensor& gamma,
       const Tensor& beta, double eps)
KERNEL(layer_norm_backward, Tensor& dx, Tensor& dgamma, Tensor& dbeta, const Tensor& dy, const Tensor& x,
       const Tensor& gamma, const Tensor& mean, const Tensor& inv_std)
// mean, inv_std [n * groups]; dgamma and dbeta undefined where gamma is.
KERNEL(group_norm_forward, Tensor& y, Tensor& mean, Tensor& inv_std, const Tensor& x, const Tensor& gamma,
       const Tensor& beta, const GroupNormGeometry& g)
KERNEL(group_norm_backward, Tensor& dx, Tensor& dgamma, Tensor& dbeta, const Tensor& dy, const Tensor& x,
       const Tensor& gamma, const Tensor& mean, const Tensor& inv_std, const GroupNormGeometry& g)

// index: i32, y's shape; the position (row * w + column) in the picture of each maximum, the first of equal ones.
KERNEL(max_pool2d_forward, Tensor& y, Tensor& index, const Tensor& x, const Pool2dGeometry& g)
KERNEL(max_pool2d_backward, Tensor& dx, const Tensor& dy, const Tensor& index, const Pool2dGeometry& g)
KERNEL(avg_pool2d_forward, Tensor& y, const Tensor& x, const Pool2dGeometry& g)
KERNEL(avg_pool2d_backward, Tensor& dx, const Tensor& dy, const Pool2dGeometry& g)
KERNEL(upsample_forward, Tensor& y, const Tensor& x, const UpsampleGeometry& g)
KERNEL(upsample_backward, Tensor& dx, const Tensor& dy, const UpsampleGeometry& g)
KERNEL(global_avg_pool_forward, Tensor& y, const Tensor& x)
KERNEL(global_avg_pool_backward, Tensor& dx, const Tensor& dy)

// y = exp(x - top) / sum exp(x - top), or the logarithm of it, along lanes [outer, count, inner]
KERNEL(softmax, Tensor& y, const Tensor& x, const Lanes& lanes, bool logarithm)
// dx = y (dy - <y, dy>), or dy - exp(y) sum(dy)
KERNEL(softmax_backward, Tensor& dx, const Tensor& dy, const Tensor& y, const Lanes& lanes, bool logarithm)
// loss [] = mean over rows of -sum_k t_k log p_k; p [n, classes] is kept for the backward pass. targets: i32 [n] or as
// logits. loss and p are float32 where logits are bfloat16. The op checks labels on the CPU alone: a GPU's loss, and
// the row's gradient, are NaN where one is not in [0, classes).
KERNEL(cross_entropy_forward, Tensor& loss, Tensor& p, const Tensor& logits, const Tensor& targets, double smoothing)
// dlogits = dloss (p sum(t) - t) / n
KERNEL(cross_entropy_backward, Tensor& dlogits, const Tensor& dloss, const Tensor& p, const Tensor& targets,
       double smoothing)

struct CrossEntropyRows {
  double smoothing;
  bool ignores;          // rows whose label is ignore_index
  int32_t ignore_index;  // their loss and weight are 0
};
// The same row by row: losses [n] and the weights [n] of the rows, that of their label (1 without class_weights, and
// for soft targets). class_weights [classes], of the losses' dtype, weighs the terms of the sum; it may be undefined.
KERNEL(cross_entropy_rows_forward, Tensor& losses, Tensor& row_weights, Tensor& p, const Tensor& logits,
       const Tensor& targets, const Tensor& class_weights, const CrossEntropyRows& rows)
KERNEL(cross_entropy_rows_backward, Tensor& dlogits, const Tensor& dlosses, const Tensor& p, const Tensor& targets,
       const Tensor& class_weights, const CrossEntropyRows& rows)

// y, of accumulator_of(x's), = the loss of each element; weight: of positive targets, [channels] or of one element, or
// undefined.
KERNEL(pointwise_loss_forward, Tensor& y, const Tensor& x, const Tensor& target, const Tensor& weight,
       const PointwiseLoss& loss)
// dx = sign dy slope(x, target)
KERNEL(pointwise_loss_backward, Tensor& dx, const Tensor& dy, const Tensor& x, const Tensor& target,
       const Tensor& weight, const PointwiseLoss& loss, double sign)

// Any dtype. On a GPU what an index out of range names is NaN, or 0 where the dtype has none.
KERNEL(gather_indexed, Tensor& y, const Tensor& x, const Tensor& index, const Indexed& g)
// x += what y has for each element, in the order of y; x is of accumulator_of(y's). Indices out of range are passed
// over.
KERNEL(scatter_add_indexed, Tensor& x, const Tensor& y, const Tensor& index, const Indexed& g)
KERNEL(one_hot, Tensor& y, const Tensor& index)       // y [index's, classes]
KERNEL(arange, Tensor& y, double begin, double step)  // y[i] = begin + i step
// y[o, r, i] = sum of x[o, s, i] over s <= r, or s >= r; y of x's dtype
KERNEL(cumsum, Tensor& y, const Tensor& x, const Lanes& lanes, bool backwards)

// score f64 [3] = loss, and the rows whose label (i32) has the highest, and one of the five highest, logits: no class
// before it has as high a logit, none after it a higher one, counted NaN as higher. A label that is NaN is never right,
// nor, on a GPU, one that is not in [0, classes).
KERNEL(score_batch, Tensor& score, const Tensor& loss, const Tensor& logits, const Tensor& labels)

KERNEL(sum, Tensor& y, const Tensor& x, double factor)  // y [] of accumulator_of(x's) = factor * sum of x
// y [lanes] of accumulator_of(x's), or x's for max and min, from x [outer, count, inner]; there is at least one lane.
// kept, undefined where nobody wants it: the index of max and min (i32), the mean (y's dtype) of a variance.
KERNEL(reduce_lanes, Tensor& y, Tensor& kept, const Tensor& x, const Reduction& reduction)
// dx [outer, count, inner]; kept as above, or y for logsumexp; x undefined for sum, max, min.
KERNEL(reduce_lanes_backward, Tensor& dx, const Tensor& dy, const Tensor& x, const Tensor& kept,
       const Reduction& reduction)
KERNEL(row_dots, Tensor& y, const Tensor& a, const Tensor& b)  // y [rows of dim 0] in float64 whatever the dtype of a
KERNEL(scale_rows, Tensor& y, const Tensor& x, const Tensor& factors,
       bool accumulate)  // y[r, :] = x[r, :] factors[r]; factors f64
// For l2_normalize; both tensors f64 [rows]. factors = 1 / max(sqrt(factors), eps)
KERNEL(l2_normalize_factors, Tensor& factors, double eps)
// along = -along factors, 0 where the row was only divided by eps
KERNEL(l2_normalize_backward_factors, Tensor& along, const Tensor& factors, double eps)

// y = (x / 255 - mean) inv_std: x u8 [..., 3]; y float32, or float64 on the CPU, or bfloat16 on a GPU
KERNEL(normalize_pictures, Tensor& y, const Tensor& x, const PictureStatistics& s)

// p [b, heads, t, s] = softmax over s of (scale p + mask + bias), in place; 0 where no position is seen. mask and bias
// may be undefined; all of one dtype, float32 on a GPU.
KERNEL(attention_weights, Tensor& p, const Tensor& mask, const Tensor& bias, const AttentionGeometry& g)
// dp = factor p (dp - <p, dp>) over s, in place
KERNEL(attention_weights_backward, Tensor& dp, const Tensor& p, double factor)

// Numbers of (seed, call, step [1] i32 or undefined); core/ops/random.h.
enum class Drawn { uniform, normal };
KERNEL(draw, Tensor& y, const Tensor& step, uint64_t seed, uint32_t call, Drawn what)
// kept (u8): 0 with probability p, else 1. y = factor x where it is kept, and 0 x elsewhere.
KERNEL(keep_some, Tensor& kept, const Tensor& step, uint64_t seed, uint32_t call, double p)
KERNEL(dropout, Tensor& y, const Tensor& x, const Tensor& kept, double factor)
KERNEL(count_up, Tensor& step)

// y [b, m, n] of accumulator_of(a's): sums of squared differences of a [b, m, d] and b [b, n, d], or their roots
KERNEL(distances, Tensor& y, const Tensor& a, const Tensor& b, bool root)
// da[i] = sum over j of f[i, j] (a[i] - b[j]); f = 2 dy, or dy / y, 0 where y is, if y (the roots) is defined.
// transposed: dy and y are [b, n, m].
KERNEL(distances_backward, Tensor& da, const Tensor& dy, const Tensor& y, const Tensor& a, const Tensor& b,
       bool transposed)

}  // namespace radial
