// cuDNN's graph API: its errors and its descriptors. A descriptor is made, its attributes are set, it is finalized;
// then it is only read, or named in an attribute of another.
#pragma once

#include <algorithm>
#include <cudnn.h>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"

namespace radial::cuda {

// "CUDNN_STATUS_NOT_SUPPORTED (what cuDNN adds to it)"
inline std::string message_of(cudnnStatus_t status) {
  char detail[512] = "";
  cudnnGetLastErrorString(detail, sizeof detail);
  return std::string(cudnnGetErrorString(status)) + (*detail ? std::string(" (") + detail + ")" : "");
}

// Throws Error unless the call succeeded; `op` begins the message. No memory is its own kind of error.
inline void check_cudnn(cudnnStatus_t status, std::string_view op) {
  if (status == CUDNN_STATUS_SUCCESS) [[likely]]
    return;
  const bool no_memory = status == CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED ||
                         status == CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED;
  fail(no_memory ? ErrorKind::out_of_memory : ErrorKind::internal, op, ": cuDNN says: ", message_of(status));
}

namespace detail {
constexpr auto attribute_type(bool) { return CUDNN_TYPE_BOOLEAN; }
constexpr auto attribute_type(int64_t) { return CUDNN_TYPE_INT64; }
constexpr auto attribute_type(float) { return CUDNN_TYPE_FLOAT; }
constexpr auto attribute_type(char) { return CUDNN_TYPE_CHAR; }
constexpr auto attribute_type(const void*) { return CUDNN_TYPE_VOID_PTR; }
constexpr auto attribute_type(cudnnHandle_t) { return CUDNN_TYPE_HANDLE; }
constexpr auto attribute_type(cudnnDataType_t) { return CUDNN_TYPE_DATA_TYPE; }
constexpr auto attribute_type(cudnnConvolutionMode_t) { return CUDNN_TYPE_CONVOLUTION_MODE; }
constexpr auto attribute_type(cudnnPointwiseMode_t) { return CUDNN_TYPE_POINTWISE_MODE; }
constexpr auto attribute_type(cudnnBackendHeurMode_t) { return CUDNN_TYPE_HEUR_MODE; }
constexpr auto attribute_type(cudnnBackendNumericalNote_t) { return CUDNN_TYPE_NUMERICAL_NOTE; }
}  // namespace detail

class Descriptor {
 public:
  explicit Descriptor(cudnnBackendDescriptorType_t type) {
    cudnnBackendDescriptor_t made = nullptr;
    check_cudnn(cudnnBackendCreateDescriptor(type, &made), "cudnn");
    descriptor_.reset(made);
  }
  cudnnBackendDescriptor_t get() const { return descriptor_.get(); }

  template <class T>
  void set(cudnnBackendAttributeName_t name, T value) {
    put(name, detail::attribute_type(T{}), 1, &value);
  }
  template <class T>
  void set(cudnnBackendAttributeName_t name, const std::vector<T>& values) {
    put(name, detail::attribute_type(T{}), values.size(), values.data());
  }
  void set(cudnnBackendAttributeName_t name, const Descriptor& value) {  // which may be destroyed then
    const cudnnBackendDescriptor_t other = value.get();
    put(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &other);
  }
  void set(cudnnBackendAttributeName_t name, const std::vector<Descriptor>& values) {
    const std::vector<cudnnBackendDescriptor_t> others = pointers(values);
    put(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, others.size(), others.data());
  }

  cudnnStatus_t try_finalize() { return cudnnBackendFinalize(get()); }
  void finalize() { check_cudnn(try_finalize(), "cudnn"); }

  template <class T>
  std::vector<T> values(cudnnBackendAttributeName_t name, size_t at_most) const {
    std::vector<T> found(at_most);
    found.resize(read(name, detail::attribute_type(T{}), at_most, found.data()));
    return found;
  }
  // cuDNN reads descriptors into ones that were made for them.
  std::vector<Descriptor> descriptors(cudnnBackendAttributeName_t name, cudnnBackendDescriptorType_t type) const {
    std::vector<Descriptor> found;
    for (size_t left = read(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 0, nullptr); left > 0; --left)
      found.emplace_back(type);
    std::vector<cudnnBackendDescriptor_t> others = pointers(found);
    const size_t filled = read(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, others.size(), others.data());
    found.erase(found.begin() + static_cast<ptrdiff_t>(filled), found.end());  // fewer than it had announced
    return found;
  }

 private:
  struct Destroy {
    void operator()(cudnnBackendDescriptor_t descriptor) const { cudnnBackendDestroyDescriptor(descriptor); }
  };
  static std::vector<cudnnBackendDescriptor_t> pointers(const std::vector<Descriptor>& descriptors) {
    std::vector<cudnnBackendDescriptor_t> pointers;
    for (const Descriptor& descriptor : descriptors) pointers.push_back(descriptor.get());
    return pointers;
  }
  void put(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, size_t count, const void* values) {
    check_cudnn(cudnnBackendSetAttribute(get(), name, type, static_cast<int64_t>(count), values), "cudnn");
  }
  // How many there are; asked for none, cuDNN counts them, else it fills in at most as many.
  size_t read(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, size_t at_most, void* values) const {
    int64_t count = 0;
    check_cudnn(cudnnBackendGetAttribute(get(), name, type, static_cast<int64_t>(at_most), &count, values), "cudnn");
    return at_most == 0 ? static_cast<size_t>(count) : std::min(static_cast<size_t>(count), at_most);
  }

  std::unique_ptr<void, Destroy> descriptor_;
};

}  // namespace radial::cuda
