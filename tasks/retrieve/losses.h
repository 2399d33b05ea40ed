// Losses that bring pictures of a class together: triplets with semi-hard mining, and Proxy-Anchor.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/tensor.h"

namespace radial {

// Rows v / sqrt(sum v^2 + 1e-12): x [n, d]. A row of zeros stays one, with a gradient that is finite.
Tensor unit_rows(const Tensor& x);

// Which triplets (anchor a, positive p of its class, negative n of another) count.
//   all      Of pytorch-metric-learning: Euclidean distances d; every triplet with 0 < d_an - d_ap <= margin. The loss
//            is the mean of margin - (d_an - d_ap) over those where it is above 0.
//   nearest  Of FaceNet, as TensorFlow has it: squared distances; for each (a, p) the smallest d_an above d_ap, or the
//            largest where none is. The loss is the mean of max(0, margin + d_ap - d_an) over all (a, p) that have an
//            n at all.
enum class Mining { all, nearest };

// A triplet loss is linear in the distances once the triplets are chosen: offset + sum over i, j of weights_ij d_ij.
struct TripletTerms {
  double offset = 0;            // margin times the share of triplets that count
  std::vector<double> weights;  // [n, n]
  int64_t triplets = 0;         // that count
};

// distances [n, n], as `mining` has them; labels [n]. Without a triplet all is 0.
TripletTerms mine_triplets(std::span<const double> distances, std::span<const int32_t> labels, Mining mining,
                           double margin);

// Of unit vectors [n, d] and labels i32 [n]. Triplets are chosen on the host; a scalar on the embeddings' device.
Tensor triplet_loss(const Tensor& embeddings, const Tensor& labels, Mining mining, double margin);

struct ProxyAnchorOptions {
  double alpha = 32, margin = 0.1;
};

// Kim et al., "Proxy Anchor Loss for Deep Metric Learning", CVPR 2020. With s_ic the cosine of embedding i (unit rows
// [n, d]) and proxy c ([classes, d], any lengths):
//   1/|P+| sum over classes P+ of the batch of log(1 + sum over i of c exp(-alpha (s_ic - margin)))
//   + 1/classes sum over all c of log(1 + sum over i not of c exp(alpha (s_ic + margin))).
// labels i32 [n], each in [0, classes).
Tensor proxy_anchor_loss(const Tensor& embeddings, const Tensor& proxies, const Tensor& labels,
                         const ProxyAnchorOptions& options = {});

}  // namespace radial
