// Pictures sorted by texture: what convolutions see of each, and k-means.
#pragma once

#include <cstdint>
#include <vector>

#include "core/tensor.h"
#include "models/classifier.h"

namespace radial {

// [n, c^2]: of each picture [n, h, w, 3] the products of all pairs of channels of a convolution's result (with its
// bias, without what follows it), averaged over its pixels and divided by their L2 norm: a Gram matrix, which knows
// textures but no places. convolution: from 1, in the order in which the network computes them. Error(usage) if it has
// fewer.
Tensor texture(Classifier& network, const Tensor& pictures, int convolution);

// The cluster, 0 to k - 1, of each row of x [n, d], float32: Lloyd's algorithm from centres of k-means++ (Arthur and
// Vassilvitskii, SODA 2007), until nothing changes, at most 100 times. A function of x, k and the seed alone, for any
// number of threads. Error(usage) unless 1 <= k <= n.
std::vector<int32_t> k_means(const Tensor& x, int k, uint64_t seed);

}  // namespace radial
