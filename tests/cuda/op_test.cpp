// Every op of the table on a GPU against the CPU's float64.
#include "tests/cuda/card.h"
#include "tests/op_cases.h"

namespace radial {
namespace {

void check_against(const OpCase& c, DType dtype, Device card, double bound) {
  CAPTURE(c.name, bound);
  const OpResult exact = run_case(c, DType::f64), computed = run_case(c, dtype, {}, card);
  CHECK(computed.y.device() == card);
  CHECK((computed.y.dtype() == dtype || computed.y.dtype() == accumulator_of(dtype)));
  CHECK(relative_error(computed.y, exact.y) <= bound);
  for (size_t i = 0; i < exact.gradients.size() && c.differentiable; ++i) {
    CAPTURE(i);
    CHECK(computed.gradients[i].device() == card);
    CHECK(relative_error(computed.gradients[i], exact.gradients[i]) <= bound);
  }
}

// The inputs as bfloat16 has them.
OpCase rounded_to_bf16(const OpCase& c) {
  OpCase rounded = c;
  for (Tensor& input : rounded.inputs) input = input.to(DType::bf16).to(DType::f64);
  return rounded;
}

TEST_CASE("float32 on the GPU agrees with float64, forward and backward") {
  const auto card = find_card();
  if (!card) return;
  for (const OpCase& c : op_cases()) check_against(c, DType::f32, *card, float32_bound(c.terms));
}

// Inputs are exact in bfloat16, sums are in float32 or double: what remains are the roundings of what is stored: the
// result, the cotangent, its gradient and up to seven in between. One takes at most 2^-8 of a value and, as few values
// lie just above a power of two, less than 2^-9 of a tensor's norm.
TEST_CASE("bfloat16 on the GPU agrees with float64, forward and backward") {
  const auto card = find_card();
  if (!card) return;
  for (const OpCase& c : op_cases()) check_against(rounded_to_bf16(c), DType::bf16, *card, 10 * 0x1p-9);
}

TEST_CASE("an op on the GPU gives the same bits each time") {
  const auto card = find_card();
  if (!card) return;
  for (const OpCase& c : op_cases()) {
    CAPTURE(c.name);
    const OpResult once = run_case(c, DType::f32, {}, *card), again = run_case(c, DType::f32, {}, *card);
    CHECK(once.y.to_vector() == again.y.to_vector());
    for (size_t i = 0; i < once.gradients.size() && c.differentiable; ++i)
      CHECK(once.gradients[i].to_vector() == again.gradients[i].to_vector());
  }
}

}  // namespace
}  // namespace radial
