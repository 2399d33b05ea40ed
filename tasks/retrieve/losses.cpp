#include "tasks/retrieve/losses.h"

#include <algorithm>
#include <limits>

#include "core/error.h"
#include "core/ops.h"

namespace radial {
namespace {

std::vector<int32_t> labels_on_host(const Tensor& labels) {
  const Tensor host = labels.to(Device{});
  return {host.data<int32_t>(), host.data<int32_t>() + host.numel()};
}

// The rows of one anchor.
struct Anchor {
  size_t index;
  std::span<const double> distances;
  std::span<const int32_t> labels;

  bool is_positive(size_t i) const { return i != index && labels[i] == labels[index]; }
  bool is_negative(size_t i) const { return labels[i] != labels[index]; }
};

// Calls found(n) for each negative that makes a triplet of which something is left.
template <class F>
void for_semi_hard(const Anchor& anchor, double positive, double margin, F&& found) {
  for (size_t n = 0; n < anchor.labels.size(); ++n) {
    const double farther = anchor.distances[n] - positive;
    if (anchor.is_negative(n) && 0 < farther && farther < margin) found(n);
  }
}

// The nearest negative that is farther than the positive, or else the farthest; labels.size() where there is none.
size_t nearest_farther(const Anchor& anchor, double positive) {
  size_t nearest = anchor.labels.size(), farthest = nearest;
  for (size_t n = 0; n < anchor.labels.size(); ++n) {
    if (!anchor.is_negative(n)) continue;
    const double d = anchor.distances[n];
    if (d > positive && (nearest == anchor.labels.size() || d < anchor.distances[nearest])) nearest = n;
    if (farthest == anchor.labels.size() || d > anchor.distances[farthest]) farthest = n;
  }
  return nearest < anchor.labels.size() ? nearest : farthest;
}

}  // namespace

Tensor unit_rows(const Tensor& x) {
  constexpr double under_the_root = 1e-12;
  const Tensor squares = row_dots(x, x) + under_the_root;
  return mul(x, unsqueeze(rsqrt(squares), -1));
}

TripletTerms mine_triplets(std::span<const double> distances, std::span<const int32_t> labels, Mining mining,
                           double margin) {
  const size_t n = labels.size();
  check(distances.size() == n * n, "triplet_loss: ", n, " labels but ", distances.size(), " distances");
  TripletTerms terms;
  terms.weights.resize(n * n);
  int64_t pairs = 0;  // (a, p) that have a negative
  for (size_t a = 0; a < n; ++a) {
    const Anchor anchor{a, distances.subspan(a * n, n), labels};
    const auto count = [&](size_t positive, size_t negative) {
      terms.weights[a * n + positive] += 1;
      terms.weights[a * n + negative] -= 1;
      ++terms.triplets;
    };
    for (size_t p = 0; p < n; ++p) {
      if (!anchor.is_positive(p)) continue;
      const double positive = anchor.distances[p];
      if (mining == Mining::all) {
        for_semi_hard(anchor, positive, margin, [&](size_t negative) { count(p, negative); });
        continue;
      }
      const size_t negative = nearest_farther(anchor, positive);
      if (negative == n) continue;
      ++pairs;
      if (margin + positive - anchor.distances[negative] > 0) count(p, negative);
    }
  }
  const auto of = static_cast<double>(mining == Mining::all ? terms.triplets : pairs);
  if (of == 0) return terms;
  terms.offset = margin * static_cast<double>(terms.triplets) / of;
  for (double& weight : terms.weights) weight /= of;
  return terms;
}

Tensor triplet_loss(const Tensor& embeddings, const Tensor& labels, Mining mining, double margin) {
  const Tensor all =
      mining == Mining::all ? distances(embeddings, embeddings) : squared_distances(embeddings, embeddings);
  const TripletTerms terms = mine_triplets(all.detach().to_vector(), labels_on_host(labels), mining, margin);
  const Tensor weights = Tensor::from(terms.weights, all.shape()).to(all.dtype()).to(all.device());
  return sum(mul(all, weights)) + terms.offset;
}

Tensor proxy_anchor_loss(const Tensor& embeddings, const Tensor& proxies, const Tensor& labels,
                         const ProxyAnchorOptions& options) {
  constexpr double nothing = -std::numeric_limits<double>::infinity();  // log of an exp that is left out
  const Tensor cosines = linear(embeddings, unit_rows(proxies));        // [n, classes]
  const int64_t classes = proxies.dim(0);
  const Tensor own = one_hot(labels.to(cosines.device()), classes, DType::u8);
  const Tensor one = Tensor::zeros({1, classes}, cosines.dtype(), cosines.device());  // log 1
  const Tensor pull = (cosines - options.margin) * -options.alpha, push = (cosines + options.margin) * options.alpha;
  const Tensor positive = logsumexp(concat({one, where(own, pull, nothing)}), {0}),
               negative = logsumexp(concat({one, where(equal(own, 0), push, nothing)}), {0});
  std::vector<bool> present(static_cast<size_t>(classes));
  double count = 0;  // classes of the batch; the others' terms are log 1
  for (const int32_t label : labels_on_host(labels)) {
    if (!present[static_cast<size_t>(label)]) ++count;
    present[static_cast<size_t>(label)] = true;
  }
  return sum(positive) / std::max(count, 1.0) + mean(negative);
}

}  // namespace radial
