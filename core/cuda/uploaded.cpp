#include "core/cuda/uploaded.h"

#include <cstring>

namespace radial::cuda {

UploadedBytes::~UploadedBytes() { release(); }

const void* UploadedBytes::upload(const Context& context, const void* bytes, size_t count) {
  if (count == 0) return nullptr;
  if (count == count_ && std::memcmp(pinned_, bytes, count) == 0) return on_card_.bytes_data();
  if (count > capacity_) reserve(context, count);
  // The card may not have read the last bytes yet. Between two steps lies the work of a whole step, so that it has, or
  // the host is so far ahead that waiting costs nothing.
  check_cuda(cudaEventSynchronize(copied_), "upload");
  std::memcpy(pinned_, bytes, count);
  count_ = count;
  check_cuda(cudaMemcpyAsync(on_card_.bytes_data(), pinned_, count, cudaMemcpyHostToDevice, context.stream), "upload");
  check_cuda(cudaEventRecord(copied_, context.stream), "upload");
  return on_card_.bytes_data();
}

void UploadedBytes::reserve(const Context& context, size_t count) {
  release();
  on_card_ = Tensor::empty({static_cast<int64_t>(count)}, DType::u8, {DeviceType::cuda, context.index});
  check_cuda(cudaEventCreateWithFlags(&copied_, cudaEventDisableTiming), "upload");
  check_cuda(cudaMallocHost(&pinned_, count), "upload");
  capacity_ = count;
}

void UploadedBytes::release() {
  if (copied_) {
    cudaEventSynchronize(copied_);
    cudaEventDestroy(copied_);
  }
  if (pinned_) cudaFreeHost(pinned_);
  copied_ = nullptr;
  pinned_ = nullptr;
  count_ = capacity_ = 0;
}

}  // namespace radial::cuda
