// Tensor: a value handle on shared storage. Copies share data, as in PyTorch; clone() copies.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "core/device.h"
#include "core/dtype.h"
#include "core/shape.h"
#include "core/storage.h"

namespace radial {

struct GradNode;

// Always contiguous (row-major), no strides: views are reshapes and slices of the first dimension, no others.
// Types never promote: two dtypes or devices in one op are an error.
class Tensor {
 public:
  Tensor() = default;  // undefined: no storage

  // Uninitialised values.
  static Tensor empty(const Shape& shape, DType dtype = DType::f32, Device device = {});
  static Tensor zeros(const Shape& shape, DType dtype = DType::f32, Device device = {});
  static Tensor full(const Shape& shape, double value, DType dtype = DType::f32, Device device = {});
  // A copy of the values, on the CPU; throws unless there are shape.numel() of them.
  template <class T>
  static Tensor from(std::span<const T> values, const Shape& shape);
  template <class T>
  static Tensor from(const std::vector<T>& values, const Shape& shape) {
    return from(std::span<const T>(values), shape);
  }
  static Tensor scalar(double value, DType dtype = DType::f32);

  bool defined() const { return storage_ != nullptr; }
  explicit operator bool() const { return defined(); }
  const Shape& shape() const { return shape_; }
  int rank() const { return shape_.rank(); }
  int64_t dim(int i) const { return shape_[i]; }
  int64_t numel() const { return shape_.numel(); }
  int64_t rows() const { return shape_.rows(); }
  int64_t channels() const { return shape_.channels(); }
  DType dtype() const { return dtype_; }
  Device device() const { return storage_ ? storage_->device() : Device{}; }
  size_t bytes() const { return static_cast<size_t>(numel()) * size_of(dtype_); }

  // The elements; throws if T is not the dtype. Device memory if device() is a GPU.
  template <class T>
  const T* data() const {
    return static_cast<const T*>(checked(dtype_of<T>));
  }
  template <class T>
  T* data() {
    return static_cast<T*>(const_cast<void*>(checked(dtype_of<T>)));
  }
  const void* bytes_data() const;
  void* bytes_data();

  // From any device; both wait for it.
  double item() const;                    // the value of a tensor of one element
  std::vector<double> to_vector() const;  // all values, converted

  // Views that share the storage, outside autograd (ops.h has reshape with a gradient).
  Tensor view(const Shape& shape) const;           // same number of elements
  Tensor slice(int64_t begin, int64_t end) const;  // rows [begin, end) of dimension 0
  Tensor detach() const;                           // the same data without a gradient
  Tensor clone() const;                            // a copy of the data, without a gradient
  Tensor to(DType dtype) const;                    // converted copy (itself if it has the dtype), no gradient
  Tensor to(Device device) const;                  // copy on the device (itself if it is there), no gradient
  void copy_from(const Tensor& source);            // same shape and dtype, any device; overwrites the shared data
  void fill(double value);

  bool shares_storage_with(const Tensor& other) const { return storage_ == other.storage_; }
  bool sole_owner() const { return storage_.use_count() == 1; }  // no other handle sees this storage

  // Autograd (core/autograd.h).
  bool requires_grad() const { return node_ != nullptr; }
  Tensor& set_requires_grad();  // makes this a leaf that collects a gradient
  Tensor grad() const;          // undefined before backward
  void zero_grad();             // drops the gradient
  void backward() const;        // from a scalar; see radial::backward
  const std::shared_ptr<GradNode>& node() const { return node_; }

 private:
  friend Tensor with_node(const Tensor& data, std::shared_ptr<GradNode> node);
  const void* checked(DType asked) const;

  std::shared_ptr<Storage> storage_;
  int64_t offset_ = 0;  // in elements
  Shape shape_;
  DType dtype_ = DType::f32;
  std::shared_ptr<GradNode> node_;
};

inline Tensor empty_like(const Tensor& x) { return Tensor::empty(x.shape(), x.dtype(), x.device()); }
inline Tensor zeros_like(const Tensor& x) { return Tensor::zeros(x.shape(), x.dtype(), x.device()); }

}  // namespace radial
