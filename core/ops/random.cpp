#include "core/ops/random.h"

#include "core/autograd.h"
#include "core/kernels.h"
#include "core/ops/arguments.h"

namespace radial {

namespace {

void check_key(const char* op, const RandomKey& key, const Shape& shape, Device device) {
  check(key.call < (1U << 24), op, ": call ", key.call, " but must be less than 2^24");
  check(shape.numel() <= int64_t{1} << 32, op, ": ", shape, " has more than 2^32 elements");
  if (!key.step) return;
  check(key.step.dtype() == DType::i32 && key.step.numel() == 1, op, ": step is ", key.step.shape(), " of ",
        name_of(key.step.dtype()), " but must be one int32");
  check(key.step.device() == device, op, ": step is on ", key.step.device(), " but the result on ", device);
}

Tensor drawn(const char* op, const Shape& shape, const RandomKey& key, DType dtype, Device device, Drawn what) {
  check(is_float(dtype), op, ": ", name_of(dtype), " but needs floating-point numbers");
  check_key(op, key, shape, device);
  Tensor y = Tensor::empty(shape, dtype, device);
  if (y.numel() > 0) kernels::draw(OpName{op}, y, key.step, key.seed, key.call, what);
  return y;
}

}  // namespace

Tensor new_step_counter(Device device) { return Tensor::zeros({1}, DType::i32, device); }

void count_up(Tensor& step) {
  check(step.defined() && step.dtype() == DType::i32 && step.numel() == 1, "count_up: needs one int32");
  kernels::count_up(step);
}

Tensor rand(const Shape& shape, const RandomKey& key, DType dtype, Device device) {
  return drawn("rand", shape, key, dtype, device, Drawn::uniform);
}

Tensor randn(const Shape& shape, const RandomKey& key, DType dtype, Device device) {
  return drawn("randn", shape, key, dtype, device, Drawn::normal);
}

Tensor dropout(const Tensor& x, double p, const RandomKey& key) {
  check_defined("dropout", {{"x", x}});
  check(0 <= p && p <= 1, "dropout: p is ", p, " but must be in [0, 1]");
  check_key("dropout", key, x.shape(), x.device());
  Tensor kept = Tensor::empty(x.shape(), DType::u8, x.device());
  if (x.numel() > 0) kernels::keep_some(OpName{"dropout"}, kept, key.step, key.seed, key.call, p);
  const auto drop = [kept, factor = p < 1 ? 1 / (1 - p) : 0](const Tensor& from) {
    Tensor to = empty_like(from);
    if (to.numel() > 0) kernels::dropout(to, from, kept, factor);
    return to;
  };
  return record("dropout", drop(x), {x}, [drop](const Tensor& dy, Grads& grads) { grads.give(0, drop(dy)); });
}

}  // namespace radial
