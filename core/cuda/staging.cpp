#include "core/cuda/staging.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <mutex>

#include "core/cuda/graph.h"

namespace radial::cuda {

namespace {

// Memory that cannot be moved, and when the card has read it.
class PinnedBuffer {
 public:
  PinnedBuffer() = default;
  PinnedBuffer(const PinnedBuffer&) = delete;
  PinnedBuffer& operator=(const PinnedBuffer&) = delete;
  ~PinnedBuffer() {
    if (was_read_) cudaEventDestroy(was_read_);
    if (memory_) cudaFreeHost(memory_);
  }

  void send(cudaStream_t stream, void* to, const void* from, size_t bytes) {
    if (!was_read_) check_cuda(cudaEventCreateWithFlags(&was_read_, cudaEventDisableTiming), "copy");
    check_cuda(cudaEventSynchronize(was_read_), "copy");
    reserve(bytes);
    std::memcpy(memory_, from, bytes);
    check_cuda(cudaMemcpyAsync(to, memory_, bytes, cudaMemcpyHostToDevice, stream), "copy");
    check_cuda(cudaEventRecord(was_read_, stream), "copy");
  }

 private:
  void reserve(size_t bytes) {
    if (bytes <= bytes_) return;
    if (memory_) check_cuda(cudaFreeHost(memory_), "copy");
    memory_ = nullptr, bytes_ = 0;
    const cudaError_t error = cudaMallocHost(&memory_, bytes);
    if (error == cudaErrorMemoryAllocation) {
      cudaGetLastError();  // not the next call's error
      fail(ErrorKind::out_of_memory, "copy: ", bytes,
           " bytes of pinned memory for a copy to the card cannot be had; a smaller --batch-size needs less");
    }
    check_cuda(error, "copy");
    bytes_ = bytes;
  }

  void* memory_ = nullptr;
  size_t bytes_ = 0;
  cudaEvent_t was_read_ = nullptr;
};

}  // namespace

// Batches take turns with each other, and what is small (labels, the numbers of a step) with its like: so the host may
// be two steps ahead of the card before it waits.
struct Staging {
  static constexpr size_t largest = size_t{128} << 20;  // bytes; more goes in pieces
  static constexpr size_t small = size_t{64} << 10;
  std::mutex mutex;
  std::array<PinnedBuffer, 3> large_buffers;
  std::array<PinnedBuffer, 12> small_buffers;
  size_t next_large = 0, next_small = 0;

  PinnedBuffer& buffer_for(size_t bytes) {
    return bytes <= small ? small_buffers[next_small++ % small_buffers.size()]
                          : large_buffers[next_large++ % large_buffers.size()];
  }
};

void copy_to_card(const Context& context, void* to, const void* from, size_t bytes) {
  refuse_recording(context.index, "copy to the GPU");
  static std::mutex* const making = new std::mutex;
  {
    const std::lock_guard lock(*making);
    if (!context.staging) context.staging = std::make_shared<Staging>();
  }
  Staging& staging = *context.staging;
  const std::lock_guard lock(staging.mutex);
  for (size_t done = 0; done < bytes;) {
    const size_t part = std::min(bytes - done, Staging::largest);
    staging.buffer_for(part).send(context.stream, static_cast<char*>(to) + done, static_cast<const char*>(from) + done,
                                  part);
    done += part;
  }
}

}  // namespace radial::cuda
