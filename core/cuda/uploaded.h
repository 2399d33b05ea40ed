// Small arrays that the host fills anew in each step and kernels read, such as tables of tensors and step lengths. They
// go to the card without a wait (core/cuda/staging.h), and only if they changed.
#pragma once

#include <type_traits>
#include <vector>

#include "core/cuda/context.h"
#include "core/tensor.h"

namespace radial::cuda {

class UploadedBytes {
 public:
  UploadedBytes() = default;
  UploadedBytes(const UploadedBytes&) = delete;
  UploadedBytes& operator=(const UploadedBytes&) = delete;

  // The bytes on the card, where they stay for kernels that are launched before the next call. The address changes only
  // when there are more of them than ever before.
  const void* upload(const Context& context, const void* bytes, size_t count);

 private:
  std::vector<unsigned char> last_;  // what lies on the card
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
