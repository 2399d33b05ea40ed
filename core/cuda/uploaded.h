// Small arrays that the host fills anew in each step and kernels read, such as tables of tensors and step lengths. They
// go to the card without a wait, from pinned memory, and only if they changed.
#pragma once

#include <type_traits>
#include <vector>

#include "core/cuda/context.h"
#include "core/tensor.h"

namespace radial::cuda {

class UploadedBytes {
 public:
  UploadedBytes() = default;
  ~UploadedBytes();
  UploadedBytes(const UploadedBytes&) = delete;
  UploadedBytes& operator=(const UploadedBytes&) = delete;

  // The bytes on the card, where they stay for kernels that are launched before the next call.
  const void* upload(const Context& context, const void* bytes, size_t count);

 private:
  void reserve(const Context& context, size_t count);
  void release();

  void* pinned_ = nullptr;  // the bytes that were uploaded last
  size_t count_ = 0, capacity_ = 0;
  cudaEvent_t copied_ = nullptr;
  Tensor on_card_;
};

template <class T>
class Uploaded {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  const T* upload(const Context& context, const std::vector<T>& values) {
    return static_cast<const T*>(bytes_.upload(context, values.data(), values.size() * sizeof(T)));
  }

 private:
  UploadedBytes bytes_;
};

}  // namespace radial::cuda
