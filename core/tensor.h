// Tensor: a value handle on shared storage. Copies share data, as in PyTorch; clone() copies.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "core/device.h"
#include "core/dtype.h"
#include "core/shape.h"
#include "core/storage.h"

namespace radial {

struct GradNode;
class Tensor;

// Is called with a gradient that is complete. What it returns takes its place; an undefined tensor leaves it as it is.
using GradientHook = std::function<Tensor(const Tensor& gradient)>;

// Always contiguous (row-major), no strides: views are reshapes and slices of the first dimension, no others.
// Types never promote: two dtypes or devices in one op are an error; so is an undefined tensor, where not said
// otherwise.
class Tensor {
 public:
  Tensor() = default;  // undefined: no storage and no elements

  // Uninitialised values. All throw Error(out_of_memory) for what the device cannot hold.
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
  // Extent of dimension i; dim(-1) is the last one. Throws Error(usage) where there is no such dimension.
  int64_t dim(int i) const { return shape_[i]; }
  int64_t numel() const { return defined() ? shape_.numel() : 0; }
  int64_t rows() const { return defined() ? shape_.rows() : 0; }
  int64_t channels() const { return defined() ? shape_.channels() : 0; }
  int64_t slices() const { return defined() ? shape_.slices() : 0; }  // along dimension 0, each of
  int64_t slice_numel() const { return shape_.slice_numel(); }        // so many elements
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

  // Ops, with gradients, as those of core/ops.h. The first two share the storage.
  Tensor view(const Shape& shape) const;           // same number of elements
  Tensor slice(int64_t begin, int64_t end) const;  // rows [begin, end) of dimension 0
  Tensor clone() const;                            // a copy of the data
  Tensor to(DType dtype) const;                    // converted copy (itself if it has the dtype)
  Tensor to(Device device) const;                  // copy on the device (itself if it is there)
  // The way out of autograd: the same data without a gradient.
  Tensor detach() const;

  // Both overwrite the shared data, of which the tape knows nothing. The source has the same shape and dtype and lies
  // on any device; while ops are recorded it must not need a gradient, which would be lost.
  void copy_from(const Tensor& source);
  void fill(double value);

  bool shares_storage_with(const Tensor& other) const { return storage_ == other.storage_; }
  bool sole_owner() const { return storage_.use_count() == 1; }  // no other handle sees this storage

  // Autograd (core/autograd.h).
  bool requires_grad() const { return node_ != nullptr; }
  // true makes this a leaf that collects a gradient, whatever it was computed from; one that is a leaf stays as it is.
  // false makes a leaf a constant (freezing it) and drops its gradient; it throws for what ops computed, where detach()
  // is the way out. Handles that were copied before keep what they were.
  Tensor& set_requires_grad(bool needed = true);
  bool is_leaf() const;   // false for what an op computed from tensors that need a gradient
  Tensor grad() const;    // undefined before backward
  void zero_grad();       // drops the gradient
  void backward() const;  // from a scalar; see radial::backward
  // Calls the hook with the gradient of this tensor in each backward pass, when all its users have given their parts;
  // for a leaf that is before the pass's gradient is added to grad(). Hooks are called in the order they were added,
  // each with what the one before it left. Returns the hook's number. Throws if this needs no gradient. Hooks belong to
  // the tape, not to this handle: one that captures the tensor itself keeps both alive for ever. A recorded graph of a
  // GPU (core/graph.h) has what the hook asked of the device when it was recorded.
  uint64_t hook_gradient(GradientHook hook) const;
  void unhook_gradient(uint64_t number) const;  // throws if there is no such hook
  const std::shared_ptr<GradNode>& node() const { return node_; }

 private:
  friend Tensor with_node(const Tensor& data, std::shared_ptr<GradNode> node);
  friend struct Untracked;
  const void* checked(DType asked) const;
  void require_defined(const char* op) const;

  std::shared_ptr<Storage> storage_;
  int64_t offset_ = 0;  // in elements
  Shape shape_;
  DType dtype_ = DType::f32;
  std::shared_ptr<GradNode> node_;
};

inline Tensor empty_like(const Tensor& x) { return Tensor::empty(x.shape(), x.dtype(), x.device()); }
inline Tensor zeros_like(const Tensor& x) { return Tensor::zeros(x.shape(), x.dtype(), x.device()); }

}  // namespace radial
