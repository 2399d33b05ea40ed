#include "tasks/rebias/texture.h"

#include <algorithm>
#include <limits>

#include "core/autograd.h"
#include "core/error.h"
#include "core/ops.h"
#include "core/random.h"

namespace radial {
namespace {

void copy_row(const Tensor& x, int64_t row, Tensor& to, int64_t to_row) {
  std::copy_n(x.data<float>() + row * x.dim(1), x.dim(1), to.data<float>() + to_row * x.dim(1));
}

// Each next centre is a row, drawn in proportion to its squared distance from the centres before.
Tensor first_centres(const Tensor& x, int k, Random random) {
  const int64_t n = x.dim(0);
  Tensor centres = Tensor::zeros({k, x.dim(1)});
  std::vector<double> nearest(static_cast<size_t>(n), std::numeric_limits<double>::infinity());
  int64_t chosen = random.below(n);
  for (int centre = 0;; ++centre) {
    copy_row(x, chosen, centres, centre);
    if (centre + 1 == k) return centres;
    const std::vector<double> distance = squared_distances(x, centres.slice(centre, centre + 1)).to_vector();
    double sum = 0;
    for (size_t i = 0; i < nearest.size(); ++i) sum += nearest[i] = std::min(nearest[i], distance[i]);
    double left = random.uniform() * sum;
    for (chosen = 0; chosen + 1 < n; ++chosen)
      if ((left -= nearest[static_cast<size_t>(chosen)]) < 0) break;
  }
}

// Means of the rows of each cluster; a cluster that has lost all its rows keeps its centre.
void move_centres(Tensor& centres, const Tensor& x, const std::vector<int32_t>& cluster) {
  const int64_t d = x.dim(1);
  std::vector<double> sums(static_cast<size_t>(centres.numel()));
  std::vector<int64_t> counts(static_cast<size_t>(centres.dim(0)));
  for (size_t i = 0; i < cluster.size(); ++i) {
    const float* row = x.data<float>() + static_cast<int64_t>(i) * d;
    double* sum = sums.data() + cluster[i] * d;
    for (int64_t j = 0; j < d; ++j) sum[j] += static_cast<double>(row[j]);
    ++counts[static_cast<size_t>(cluster[i])];
  }
  for (int64_t c = 0; c < centres.dim(0); ++c)
    for (int64_t j = 0; counts[static_cast<size_t>(c)] > 0 && j < d; ++j)
      centres.data<float>()[c * d + j] = static_cast<float>(sums[static_cast<size_t>(c * d + j)] /
                                                            static_cast<double>(counts[static_cast<size_t>(c)]));
}

}  // namespace

Tensor texture(Classifier& network, const Tensor& pictures, int convolution) {
  const NoGrad no_grad;
  Tensor seen;
  int count = 0;
  {
    const ForwardObserver observer([&](const char* op, const Tensor& y, std::span<const Tensor> inputs) {
      const std::string name = op;
      if (name == "conv2d" && ++count == convolution) seen = y;
      if (name == "bias" && count == convolution && inputs[0].shares_storage_with(seen)) seen = y;
    });
    network(pictures);
  }
  check(seen.defined(), "clusters: the network has ", count, " convolutions but number ", convolution, " is asked for");
  const int64_t n = seen.dim(0), pixels = seen.dim(1) * seen.dim(2), channels = seen.dim(3);
  const Tensor rows = seen.view({n, pixels, channels});
  const Tensor gram = flatten(bmm(rows, rows, {.transpose_a = true}) * (1 / static_cast<double>(pixels * channels)), 1);
  return gram / clamp(sqrt(sum(square(gram), {1}, true)), 1e-30);
}

std::vector<int32_t> k_means(const Tensor& x, int k, uint64_t seed) {
  const int64_t n = x.dim(0);
  check(k >= 1 && k <= n, "clusters: ", k, " clusters of ", n, " pictures were asked for");
  Tensor centres = first_centres(x, k, Random(seed, Stream::draw));
  std::vector<int32_t> cluster;
  for (int iteration = 0; iteration < 100; ++iteration) {
    const std::vector<double> nearest = argmin(squared_distances(x, centres), {1}).to_vector();
    std::vector<int32_t> now(nearest.begin(), nearest.end());
    if (now == cluster) break;
    cluster = std::move(now);
    move_centres(centres, x, cluster);
  }
  return cluster;
}

}  // namespace radial
