// Losses of retrieval against PyTorch (tests/golden/make_retrieval_golden.py), and against numbers computed by hand.
#include <cmath>

#include "core/autograd.h"
#include "core/ops.h"
#include "io/safetensors.h"
#include "tasks/retrieve/losses.h"
#include "tests/catch.h"
#include "tests/formula.h"

namespace radial {
namespace {

const TensorFile& retrieval_golden() {
  static const TensorFile file = read_safetensors(RADIAL_SOURCE_DIR "/tests/golden/retrieval.safetensors");
  return file;
}

void check_near(const Tensor& found, const std::string& name, double bound) {
  const std::vector<double> a = found.to_vector(), b = retrieval_golden().tensors.at(name).to_vector();
  REQUIRE(a.size() == b.size());
  double difference = 0, size = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    difference += (a[i] - b[i]) * (a[i] - b[i]);
    size += b[i] * b[i];
  }
  INFO(name);
  CHECK(std::sqrt(difference / size) < bound);
}

Tensor leaf(const std::string& name, const Shape& shape, DType dtype) {
  Tensor x = formula::tensor(name, shape).to(dtype);
  return x.set_requires_grad();
}

// e_i[k] = f(i, k) of the page of gold values.
template <class F>
Tensor matrix(int64_t rows, int64_t columns, F&& f) {
  Tensor x = Tensor::empty({rows, columns}, DType::f64);
  for (int64_t i = 0; i < rows * columns; ++i)
    x.data<double>()[i] = f(static_cast<double>(i / columns), static_cast<double>(i % columns));
  return x;
}

std::vector<int32_t> modulo_3(int32_t n) {
  std::vector<int32_t> labels;
  for (int32_t i = 0; i < n; ++i) labels.push_back(i % 3);
  return labels;
}

}  // namespace

TEST_CASE("triplet losses and their gradients are PyTorch's") {
  const Tensor& labels = retrieval_golden().tensors.at("labels");
  const auto [name, mining, margin] =
      GENERATE(table<std::string, Mining, double>({{"all 0.1", Mining::all, 0.1},
                                                   {"all 0.5", Mining::all, 0.5},
                                                   {"nearest 0.2", Mining::nearest, 0.2},
                                                   {"nearest 1", Mining::nearest, 1}}));
  const DType dtype = GENERATE(DType::f64, DType::f32);
  const double bound = dtype == DType::f64 ? 1e-11 : 2e-5;
  const Tensor x = leaf("embeddings", {18, 5}, dtype);
  const Tensor loss = triplet_loss(unit_rows(x), labels, mining, margin);
  loss.backward();
  check_near(loss, name, bound);
  check_near(x.grad(), name + " gradient", bound);
}

TEST_CASE("Proxy-Anchor's loss and its gradients are PyTorch's") {
  const DType dtype = GENERATE(DType::f64, DType::f32);
  const double bound = dtype == DType::f64 ? 1e-11 : 2e-5;
  const Tensor x = leaf("embeddings", {18, 5}, dtype), proxies = leaf("proxies", {6, 5}, dtype);
  const Tensor loss = proxy_anchor_loss(unit_rows(x), proxies, retrieval_golden().tensors.at("labels"));
  loss.backward();
  check_near(loss, "proxy anchor", bound);
  check_near(x.grad(), "proxy anchor gradient", bound);
  check_near(proxies.grad(), "proxy anchor proxies", bound);
}

TEST_CASE("losses of embeddings are those of a small example") {
  const Tensor e = unit_rows(
      matrix(9, 4, [](double i, double k) { return std::sin(0.7 * i + 1.3 * k) + (k == std::fmod(i, 3) ? 0.6 : 0); }));
  const Tensor labels = Tensor::from(modulo_3(9), {9});
  const auto is = [](double value) { return Approx(value).epsilon(0).margin(1e-9); };  // they are printed so
  CHECK(triplet_loss(e, labels, Mining::all, 0.1).item() == is(0.0472044743));
  const TripletTerms terms = mine_triplets(distances(e, e).to_vector(), modulo_3(9), Mining::all, 0.1);
  CHECK(terms.triplets == 6);
  CHECK(terms.weights[3] > 0);  // the first is (0, 3, 7)
  CHECK(terms.weights[7] < 0);
  CHECK(triplet_loss(e, labels, Mining::nearest, 1).item() == is(0.3649102718));
  CHECK(triplet_loss(e, labels, Mining::nearest, 0.2).item() == is(0.0193815318));
  CHECK(triplet_loss(e, labels, Mining::nearest, 0.1).item() == is(0.0080105546));

  const Tensor x = unit_rows(matrix(5, 4, [](double i, double k) { return std::sin(1 + i + 2 * k); })),
               proxies = matrix(4, 4, [](double c, double k) { return std::cos(2 + 3 * c - k); });
  const Tensor of_five = Tensor::from(std::vector<int32_t>{0, 0, 1, 3, 3}, {5});
  CHECK(proxy_anchor_loss(x, proxies, of_five).item() == Approx(30.361389321).epsilon(0).margin(1e-8));
}

TEST_CASE("where there are no triplets the loss is 0, and so is its gradient") {
  const Mining mining = GENERATE(Mining::all, Mining::nearest);
  const std::vector<int32_t> labels = GENERATE(std::vector<int32_t>{1, 1, 1}, std::vector<int32_t>{0, 1, 2});
  const Tensor x = leaf("embeddings", {3, 4}, DType::f64);
  const Tensor loss = triplet_loss(unit_rows(x), Tensor::from(labels, {3}), mining, 0.1);
  loss.backward();
  CHECK(loss.item() == 0);
  for (const double g : x.grad().to_vector()) CHECK(g == 0);
}

TEST_CASE("a row of zeros has a finite direction and a finite gradient") {
  Tensor x = Tensor::zeros({2, 3}, DType::f32);
  x.set_requires_grad();
  const Tensor y = unit_rows(x);
  sum(y).backward();
  for (const double value : y.to_vector()) CHECK(value == 0);
  for (const double value : x.grad().to_vector()) CHECK(std::isfinite(value));
}

TEST_CASE("similarities far from the margin do not overflow Proxy-Anchor") {
  const Tensor x = leaf("embeddings", {4, 5}, DType::f32), proxies = leaf("proxies", {2, 5}, DType::f32);
  const Tensor labels = Tensor::from(std::vector<int32_t>{0, 1, 1, 0}, {4});
  const Tensor loss = proxy_anchor_loss(unit_rows(x), proxies, labels, {.alpha = 1e4, .margin = 0.1});
  loss.backward();
  CHECK(std::isfinite(loss.item()));
  for (const double value : x.grad().to_vector()) CHECK(std::isfinite(value));
}

}  // namespace radial
