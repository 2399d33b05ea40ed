// Every op of the table on a GPU against the CPU's float64.
#include <set>
#include <string>

#include "tests/cuda/card.h"
#include "tests/op_cases.h"

namespace radial {
namespace {

// Ops whose kernels are not all on the GPU yet are left out; the message of KERNEL_CPU_ONLY tells.
bool is_ported(const OpCase& c, Device card) {
  try {
    run_case(c, DType::f32, {}, card);
    return true;
  } catch (const Error& error) {
    if (std::string(error.what()).find("runs on the CPU alone yet") == std::string::npos) throw;
    return false;
  }
}

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
  std::set<std::string> tested;
  for (const OpCase& c : op_cases()) {
    if (!is_ported(c, *card)) continue;
    check_against(c, DType::f32, *card, float32_bound(c.terms));
    tested.insert(c.name.substr(0, c.name.find(' ')));
  }
  for (const char* op :
       {"add",        "avg_pool2d",    "batch_norm",   "bias",       "conv2d",  "cross_entropy", "global_avg_pool",
        "group_norm", "instance_norm", "l2_normalize", "layer_norm", "linear",  "matmul",        "max_pool2d",
        "mean",       "mul",           "relu",         "relu6",      "reshape", "row_dots",      "scale",
        "softmax",    "sub",           "sum"})
    CHECK(tested.count(op) == 1);
}

// Inputs are exact in bfloat16, sums are in float32 or double: what remains are the roundings of what is stored, at
// most u = 2^-9 each: the result, the cotangent, its gradient and up to seven in between.
TEST_CASE("bfloat16 on the GPU agrees with float64, forward and backward") {
  const auto card = find_card();
  if (!card) return;
  for (const OpCase& c : op_cases())
    if (is_ported(c, *card)) check_against(rounded_to_bf16(c), DType::bf16, *card, 10 * 0x1p-9);
}

TEST_CASE("an op on the GPU gives the same bits each time") {
  const auto card = find_card();
  if (!card) return;
  for (const OpCase& c : op_cases()) {
    if (!is_ported(c, *card)) continue;
    CAPTURE(c.name);
    const OpResult once = run_case(c, DType::f32, {}, *card), again = run_case(c, DType::f32, {}, *card);
    CHECK(once.y.to_vector() == again.y.to_vector());
    for (size_t i = 0; i < once.gradients.size() && c.differentiable; ++i)
      CHECK(once.gradients[i].to_vector() == again.gradients[i].to_vector());
  }
}

}  // namespace
}  // namespace radial
