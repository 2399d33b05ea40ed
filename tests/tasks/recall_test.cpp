// Recall@K against scikit-learn's brute force (tests/golden/make_retrieval_golden.py), ties, and what cannot be found.
#include "tasks/retrieve/recall.h"

#include <cmath>
#include <limits>

#include "core/parallel.h"
#include "io/safetensors.h"
#include "tasks/retrieve/losses.h"
#include "tests/catch.h"
#include "tests/formula.h"

namespace radial {
namespace {

using Labels = std::vector<int32_t>;

Labels first_of(const Labels& labels, size_t begin, size_t end) {
  return {labels.begin() + static_cast<int64_t>(begin), labels.begin() + static_cast<int64_t>(end)};
}

std::vector<double> recalls(const std::vector<Rank>& found, const std::vector<int64_t>& at, bool strictly = false) {
  std::vector<double> all;
  for (const int64_t k : at) all.push_back(recall_at(found, k, strictly));
  return all;
}

bool same_shares(const std::vector<double>& a, const std::vector<double>& b) {
  bool same = a.size() == b.size();
  for (size_t i = 0; same && i < a.size(); ++i) same = std::abs(a[i] - b[i]) < 1e-10;
  return same;
}

}  // namespace

TEST_CASE("Recall@K is scikit-learn's") {
  const TensorFile golden = read_safetensors(RADIAL_SOURCE_DIR "/tests/golden/retrieval.safetensors");
  const DType dtype = GENERATE(DType::f64, DType::f32);
  const Tensor e = unit_rows(formula::tensor("gallery", {90, 6})).to(dtype);
  const Tensor& stored = golden.tensors.at("recall labels");
  const Labels labels(stored.data<int32_t>(), stored.data<int32_t>() + 90);
  const std::vector<int64_t> at = {1, 2, 4, 8, 16};
  CHECK(same_shares(recalls(ranks(e, labels, e, labels, true), at), golden.tensors.at("recall").to_vector()));
  const auto of_queries =
      ranks(e.slice(0, 40), first_of(labels, 0, 40), e.slice(40, 90), first_of(labels, 40, 90), false);
  CHECK(same_shares(recalls(of_queries, at), golden.tensors.at("recall of queries").to_vector()));
  CHECK(recalls(of_queries, at, true) == recalls(of_queries, at));
}

TEST_CASE("Recall@K is that of a small example") {
  Tensor e = Tensor::empty({12, 5}, DType::f64);
  Labels labels;
  for (int i = 0; i < 12; ++i) {
    labels.push_back(i % 3);
    for (int k = 0; k < 5; ++k)
      e.data<double>()[5 * i + k] = std::sin(1.7 * i * (k + 1)) + 0.45 * std::cos(2 * (i % 3) + k);
  }
  e = unit_rows(e);
  const auto share = [](int hits, int of) { return 100 * static_cast<double>(hits) / of; };
  CHECK(recalls(ranks(e, labels, e, labels, true), {1, 2, 4}) ==
        std::vector<double>{share(6, 12), share(11, 12), share(11, 12)});
  const auto queries = ranks(e.slice(0, 4), first_of(labels, 0, 4), e.slice(4, 12), first_of(labels, 4, 12), false);
  CHECK(recalls(queries, {1, 2, 3}, true) == std::vector<double>{share(2, 4), share(3, 4), share(3, 4)});
}

TEST_CASE("of equal similarities the first counts, or with In-Shop's rule none") {
  const Tensor same = Tensor::full({4, 2}, 0.5, DType::f64);  // a network that tells nothing apart
  const Labels labels = {0, 1, 1, 0};
  const std::vector<Rank> found = ranks(same, labels, same, labels, true);
  CHECK(found[0].in_order == 2);
  CHECK(found[1].in_order == 1);
  CHECK(found[2].in_order == 1);
  CHECK(found[3].in_order == 0);
  CHECK(recall_at(found, 1, false) == 25);
  CHECK(recall_at(found, 1, true) == 100);
}

TEST_CASE("a class of one picture is never found, nor is what is not a number") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Tensor e = Tensor::from(std::vector<double>{1, 0, 0, 1, nan, nan, 0.6, 0.8}, {4, 2});
  const std::vector<Rank> found = ranks(e, Labels{7, 1, 1, 2}, e, Labels{7, 1, 1, 2}, true);
  for (const Rank& rank : found) CHECK_FALSE(rank.found);
  CHECK(recall_at(found, 4, false) == 0);
  const std::vector<Neighbour> neighbours = nearest(e.slice(0, 1), e, 9);
  REQUIRE(neighbours.size() == 4);
  CHECK(neighbours[0].index == 0);
  CHECK(neighbours[1].index == 3);
  CHECK(neighbours[3].index == 2);
}

TEST_CASE("Recall@K does not depend on the number of threads") {
  const Tensor e = unit_rows(formula::tensor("many", {300, 16})).to(DType::f32);
  Labels labels;
  for (int32_t i = 0; i < 300; ++i) labels.push_back(i * i % 37);
  set_threads(1);
  const std::vector<double> alone = recalls(ranks(e, labels, e, labels, true), {1, 2, 4, 8});
  set_threads(3);
  CHECK(recalls(ranks(e, labels, e, labels, true), {1, 2, 4, 8}) == alone);
  set_threads(0);
}

}  // namespace radial
