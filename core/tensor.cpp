#include "core/tensor.h"

#include <cmath>
#include <cstring>
#include <iterator>
#include <utility>

#include "core/autograd.h"
#include "core/kernels.h"
#include "core/ops/arguments.h"
#include "core/untracked.h"
#ifdef RADIAL_WITH_CUDA
#include "core/cuda/memory.h"
#endif

namespace radial {

Tensor Tensor::empty(const Shape& shape, DType dtype, Device device) {
  size_t bytes = 0;
  check(!__builtin_mul_overflow(static_cast<size_t>(shape.numel()), size_of(dtype), &bytes), ErrorKind::out_of_memory,
        "tensor: ", name_of(dtype), " ", shape, " has more bytes than 64 bits can count");
  Tensor tensor;
  tensor.shape_ = shape;
  tensor.dtype_ = dtype;
  tensor.storage_ = std::make_shared<Storage>(bytes, device);
  return tensor;
}

Tensor Tensor::zeros(const Shape& shape, DType dtype, Device device) { return full(shape, 0, dtype, device); }

Tensor Tensor::full(const Shape& shape, double value, DType dtype, Device device) {
  Tensor tensor = empty(shape, dtype, device);
  tensor.fill(value);
  return tensor;
}

Tensor Tensor::scalar(double value, DType dtype) { return full({}, value, dtype); }

template <class T>
Tensor Tensor::from(std::span<const T> values, const Shape& shape) {
  check(static_cast<int64_t>(values.size()) == shape.numel(), "tensor: got ", values.size(), " values but ", shape,
        " needs ", shape.numel());
  Tensor tensor = empty(shape, dtype_of<T>);
  if (!values.empty()) std::memcpy(tensor.bytes_data(), values.data(), values.size_bytes());
  return tensor;
}
template Tensor Tensor::from(std::span<const float>, const Shape&);
template Tensor Tensor::from(std::span<const double>, const Shape&);
template Tensor Tensor::from(std::span<const uint8_t>, const Shape&);
template Tensor Tensor::from(std::span<const int32_t>, const Shape&);

Tensor Tensor::from(const NestedValues& values, DType dtype) {
  for (const double value : values.values()) check_holds("tensor", dtype, value);
  return Untracked::to(from(values.values(), values.shape()), dtype);
}

void Tensor::require_defined(const char* op) const { check(defined(), op, ": the tensor is undefined"); }

const void* Tensor::checked(DType asked) const {
  check(defined(), "tensor: data of an undefined tensor");
  check(asked == dtype_, "tensor: data asked for as ", name_of(asked), " but it is ", name_of(dtype_), " ", shape_);
  return bytes_data();
}

const void* Tensor::bytes_data() const {
  check(defined(), "tensor: data of an undefined tensor");
  return static_cast<const char*>(std::as_const(*storage_).data()) + static_cast<size_t>(offset_) * size_of(dtype_);
}

void* Tensor::bytes_data() { return const_cast<void*>(std::as_const(*this).bytes_data()); }

double Tensor::item() const {
  check(numel() == 1, "item: the tensor has ", numel(), " elements but must have 1");
  return to_vector()[0];
}

double Tensor::element(std::initializer_list<int64_t> index) const {
  require_defined("at");
  check(std::ssize(index) == rank(), "at: got ", index.size(), " indices for ", shape_);
  int64_t place = 0;
  int d = 0;
  for (const int64_t i : index) {
    const int64_t extent = dim(d++), from_front = i < 0 ? i + extent : i;
    check(from_front >= 0 && from_front < extent, "at: ", shape_, " has no index ", i, " in dimension ", d - 1);
    place = place * extent + from_front;
  }
  return Untracked::slice(Untracked::view(*this, {numel()}), place, place + 1).item();
}

std::vector<double> Tensor::to_vector() const {
  require_defined("to_vector");
  const Tensor converted = Untracked::to(Untracked::to(*this, Device{}), DType::f64);
  const double* values = converted.data<double>();
  return {values, values + converted.numel()};
}

Tensor Tensor::view(const Shape& shape) const {
  require_defined("view");
  return record("reshape", Untracked::view(*this, shape), {*this},
                [from = shape_](const Tensor& dy, Grads& grads) { grads.give(0, Untracked::view(dy, from)); });
}

Tensor Tensor::slice(int64_t begin, int64_t end) const {
  require_defined("slice");
  return record("slice", Untracked::slice(*this, begin, end), {*this}, [begin, end](const Tensor& dy, Grads& grads) {
    auto [dx, accumulate] = grads.sink(0);
    if (!accumulate) dx.fill(0);
    Tensor part = Untracked::slice(dx, begin, end);
    kernels::accumulate(part, dy, 1.0);
  });
}

Tensor Tensor::detach() const {
  Tensor tensor = *this;
  tensor.node_ = nullptr;
  return tensor;
}

Tensor Tensor::clone() const {
  require_defined("clone");
  return record("clone", Untracked::clone(*this), {*this}, [](const Tensor& dy, Grads& grads) { grads.give(0, dy); });
}

Tensor Tensor::to(DType dtype) const {
  require_defined("to");
  if (dtype == dtype_) return *this;
  check(is_float(dtype) || !requires_grad() || !grad_enabled(), "to: ", name_of(dtype),
        " carries no gradient but the tensor, ", name_of(dtype_), " ", shape_, ", needs one; detach() drops it");
  return record("cast", Untracked::to(*this, dtype), {*this},
                [from = dtype_](const Tensor& dy, Grads& grads) { grads.give(0, Untracked::to(dy, from)); });
}

Tensor Tensor::to(Device device) const {
  require_defined("to");
  if (device == this->device()) return *this;
  return record("to", Untracked::to(*this, device), {*this},
                [from = this->device()](const Tensor& dy, Grads& grads) { grads.give(0, Untracked::to(dy, from)); });
}

Tensor Untracked::view(const Tensor& x, const Shape& shape) {
  check(shape.numel() == x.numel(), "view: ", x.shape(), " has ", x.numel(), " elements but ", shape, " has ",
        shape.numel());
  Tensor tensor = x.detach();
  tensor.shape_ = shape;
  return tensor;
}

Tensor Untracked::slice(const Tensor& x, int64_t begin, int64_t end) {
  check(x.rank() > 0 && 0 <= begin && begin <= end && end <= x.dim(0), "slice: rows [", begin, ", ", end, ") of ",
        x.shape());
  Tensor tensor = x.detach();
  tensor.offset_ += begin * x.slice_numel();
  tensor.shape_.set(0, end - begin);
  return tensor;
}

Tensor Untracked::clone(const Tensor& x) {
  Tensor tensor = empty_like(x);
  tensor.copy_from(x.detach());
  return tensor;
}

Tensor Untracked::to(const Tensor& x, DType dtype) {
  if (dtype == x.dtype()) return x.detach();
  Tensor tensor = Tensor::empty(x.shape(), dtype, x.device());
  kernels::copy(tensor, x);
  return tensor;
}

Tensor Untracked::to(const Tensor& x, Device device) {
  if (device == x.device()) return x.detach();
  Tensor tensor = Tensor::empty(x.shape(), x.dtype(), device);
  tensor.copy_from(x.detach());
  return tensor;
}

void Tensor::copy_from(const Tensor& source) {
  require_defined("copy");
  source.require_defined("copy");
  check(source.shape() == shape_ && source.dtype() == dtype_, "copy: source is ", name_of(source.dtype()), " ",
        source.shape(), " but the target is ", name_of(dtype_), " ", shape_);
  check(!source.requires_grad() || !grad_enabled(), "copy: the source, ", name_of(dtype_), " ", shape_,
        ", needs a gradient, which an overwritten tensor cannot pass on; detach() drops it");
#ifdef RADIAL_WITH_CUDA
  if (source.device() != device()) return cuda::transfer(*this, source);
#endif
  kernels::copy(*this, source);
}

void Tensor::fill(double value) {
  require_defined("fill");
  check_holds("fill", dtype_, value);
  kernels::fill(*this, value);
}

Tensor& Tensor::set_requires_grad(bool needed) {
  if (!needed) {
    check(is_leaf(), "requires_grad: ", shape_, " was computed (", node_ ? node_->op : "",
          ") and cannot be frozen; detach() stops its gradient");
    node_ = nullptr;
    return *this;
  }
  check(is_float(dtype_) && defined(), "requires_grad: needs a floating-point tensor");
  if (node_ && is_leaf()) return *this;
  auto node = std::make_shared<GradNode>();
  node->shape = shape_;
  node->dtype = dtype_;
  node->device = device();
  node_ = std::move(node);
  return *this;
}

bool Tensor::is_leaf() const { return !node_ || node_->id == 0; }

uint64_t Tensor::hook_gradient(GradientHook hook) const {
  check(requires_grad(), "gradient hook: the tensor, ", shape_, ", needs no gradient");
  node_->hooks.emplace_back(++node_->last_hook, std::move(hook));
  return node_->last_hook;
}

void Tensor::unhook_gradient(uint64_t number) const {
  check(node_ && std::erase_if(node_->hooks, [&](const auto& hook) { return hook.first == number; }) == 1,
        "gradient hook: the tensor, ", shape_, ", has no hook ", number);
}

Tensor Tensor::grad() const { return node_ ? node_->grad : Tensor(); }

void Tensor::zero_grad() {
  if (node_) node_->grad = Tensor();
}

void Tensor::backward() const { radial::backward(*this); }

}  // namespace radial
