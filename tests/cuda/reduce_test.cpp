// Row factors of l2_normalize where the table of ops does not reach: rows of zeros and rows shorter than eps.
#include <cmath>

#include "core/kernels.h"
#include "tests/cuda/card.h"

namespace radial {
namespace {

Tensor float64(const std::vector<double>& values) {
  return Tensor::from(values, {static_cast<int64_t>(values.size())});
}

TEST_CASE("rows shorter than eps are divided by eps on the GPU, too") {
  const auto card = find_card();
  if (!card) return;
  Tensor factors = float64({4, 0, 0.25e-6, 1e-6, 9e-6}).to(*card);  // squares of the norms
  kernels::l2_normalize_factors(factors, 1e-3);
  const std::vector<double> inverse = factors.to_vector();
  CHECK(inverse == std::vector<double>{1 / 2.0, 1 / 1e-3, 1 / 1e-3, 1 / std::sqrt(1e-6), 1 / std::sqrt(9e-6)});
  Tensor along = float64({3, 3, 3, 3, 3}).to(*card);
  kernels::l2_normalize_backward_factors(along, factors, 1e-3);
  CHECK(along.to_vector() == std::vector<double>{-1.5, 0, 0, 0, -3 * inverse[4]});
}

TEST_CASE("one value is spread over a tensor without the host") {
  const auto card = find_card();
  if (!card) return;
  for (const DType dtype : {DType::f32, DType::bf16}) {
    for (const int64_t n : {0, 1, 7, 4099}) {
      Tensor y = Tensor::empty({n}, dtype, *card);
      kernels::spread(y, Tensor::scalar(-3, DType::f32).to(*card), 0.5);
      CHECK(y.to_vector() == std::vector<double>(static_cast<size_t>(n), -1.5));
    }
  }
}

}  // namespace
}  // namespace radial
