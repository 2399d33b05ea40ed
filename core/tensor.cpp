#include "core/tensor.h"

#include <cstring>
#include <utility>

#include "core/autograd.h"
#include "core/kernels.h"
#ifdef RADIAL_WITH_CUDA
#include "core/cuda/memory.h"
#endif

namespace radial {

Tensor Tensor::empty(const Shape& shape, DType dtype, Device device) {
  Tensor tensor;
  tensor.shape_ = shape;
  tensor.dtype_ = dtype;
  tensor.storage_ = std::make_shared<Storage>(static_cast<size_t>(shape.numel()) * size_of(dtype), device);
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

const void* Tensor::checked(DType asked) const {
  check(defined(), "tensor: data of an undefined tensor");
  check(asked == dtype_, "tensor: data asked for as ", name_of(asked), " but it is ", name_of(dtype_), " ", shape_);
  return bytes_data();
}

const void* Tensor::bytes_data() const {
  return static_cast<const char*>(std::as_const(*storage_).data()) + static_cast<size_t>(offset_) * size_of(dtype_);
}

void* Tensor::bytes_data() { return const_cast<void*>(std::as_const(*this).bytes_data()); }

double Tensor::item() const {
  check(defined() && numel() == 1, "item: the tensor has ", defined() ? numel() : 0, " elements but must have 1");
  return to_vector()[0];
}

std::vector<double> Tensor::to_vector() const {
  const Tensor converted = to(Device{}).to(DType::f64);
  const double* values = converted.data<double>();
  return {values, values + converted.numel()};
}

Tensor Tensor::view(const Shape& shape) const {
  check(shape.numel() == numel(), "view: ", shape_, " has ", numel(), " elements but ", shape, " has ", shape.numel());
  Tensor tensor = detach();
  tensor.shape_ = shape;
  return tensor;
}

Tensor Tensor::slice(int64_t begin, int64_t end) const {
  check(rank() > 0 && 0 <= begin && begin <= end && end <= dim(0), "slice: rows [", begin, ", ", end, ") of ", shape_);
  Tensor tensor = detach();
  tensor.offset_ += begin * (dim(0) == 0 ? 0 : numel() / dim(0));
  tensor.shape_.set(0, end - begin);
  return tensor;
}

Tensor Tensor::detach() const {
  Tensor tensor = *this;
  tensor.node_ = nullptr;
  return tensor;
}

Tensor Tensor::clone() const {
  Tensor tensor = empty_like(*this);
  tensor.copy_from(*this);
  return tensor;
}

Tensor Tensor::to(DType dtype) const {
  if (dtype == dtype_) return detach();
  Tensor tensor = empty(shape_, dtype, device());
  kernels::copy(tensor, *this);
  return tensor;
}

Tensor Tensor::to(Device device) const {
  if (device == this->device()) return detach();
  check(defined(), "to: an undefined tensor cannot move to ", device);
  Tensor tensor = empty(shape_, dtype_, device);
  tensor.copy_from(*this);
  return tensor;
}

void Tensor::copy_from(const Tensor& source) {
  check(source.shape() == shape_ && source.dtype() == dtype_, "copy: source is ", name_of(source.dtype()), " ",
        source.shape(), " but the target is ", name_of(dtype_), " ", shape_);
#ifdef RADIAL_WITH_CUDA
  if (source.device() != device()) return cuda::transfer(*this, source);
#endif
  kernels::copy(*this, source);
}

void Tensor::fill(double value) { kernels::fill(*this, value); }

Tensor& Tensor::set_requires_grad() {
  check(defined() && is_float(dtype_), "requires_grad: needs a floating-point tensor");
  auto node = std::make_shared<GradNode>();
  node->shape = shape_;
  node->dtype = dtype_;
  node->device = device();
  node_ = std::move(node);
  return *this;
}

Tensor Tensor::grad() const { return node_ ? node_->grad : Tensor(); }

void Tensor::zero_grad() {
  if (node_) node_->grad = Tensor();
}

void Tensor::backward() const { radial::backward(*this); }

}  // namespace radial
