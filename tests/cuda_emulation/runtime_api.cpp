#include "tests/cuda_emulation/runtime_api.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <vector>

#include "tests/cuda_emulation/atomics.h"
#include "tests/cuda_emulation/capture.h"
#include "tests/cuda_emulation/device_memory.h"
#include "tests/cuda_emulation/sanitizers.h"

struct CudaEmulationStream {
  char unused = 0;
};
struct CudaEmulationEvent {
  std::chrono::steady_clock::time_point time;
  size_t copies = 0;  // that the stream had been asked for when it was recorded
};

namespace {

constexpr int multiprocessors = 3;  // few and odd: grids that are cut to the device go round several times, unevenly
constexpr size_t shared_default = size_t{48} << 10, shared_optin = size_t{227} << 10;

struct DynamicLimits {
  std::mutex mutex;
  std::map<const void*, size_t> bytes;  // by kernel
};
DynamicLimits& dynamic_limits() {
  static DynamicLimits limits;
  return limits;
}

// Copies from pinned memory to the device that nobody has waited for. They are made when the next kernel or any other
// copy needs them, or somebody waits, for an event no more than those before it: who overwrites the source before is
// found out.
struct Copies {
  struct Copy {
    void* to;
    const void* from;
    size_t bytes;
  };
  std::mutex mutex;
  size_t made = 0;  // of all so far
  std::vector<Copy> put_off;
  std::map<const char*, size_t> pinned;  // blocks by their address
  size_t pinned_bytes = 0, pinned_limit = SIZE_MAX;

  bool is_pinned(const void* address) const {
    auto block = pinned.upper_bound(static_cast<const char*>(address));
    return block != pinned.begin() && (--block, static_cast<const char*>(address) < block->first + block->second);
  }
};
Copies& copies() {
  static Copies copies;
  return copies;
}

int cards() {
  const char* number = std::getenv("RADIAL_EMULATION_CARDS");
  return number == nullptr ? 1 : std::atoi(number);
}

thread_local int current_card = 0;

cudaError_t success_if(bool condition) { return condition ? cudaSuccess : cudaErrorInvalidValue; }

}  // namespace

size_t cuda_emulation::dynamic_shared_limit(const void* kernel) {
  const std::lock_guard lock(dynamic_limits().mutex);
  const auto found = dynamic_limits().bytes.find(kernel);
  return found == dynamic_limits().bytes.end() ? shared_default : found->second;
}

void cuda_emulation::finish_copies(size_t until) {
  const std::lock_guard lock(copies().mutex);
  const DeviceAccess access;
  std::vector<Copies::Copy>& waiting = copies().put_off;
  const size_t count = std::min(waiting.size(), until - std::min(until, copies().made));
  const auto end = waiting.begin() + static_cast<ptrdiff_t>(count);
  for (auto copy = waiting.begin(); copy != end; ++copy) std::memmove(copy->to, copy->from, copy->bytes);
  waiting.erase(waiting.begin(), end);
  copies().made += count;
}

void cuda_emulation::limit_pinned_bytes(size_t more) {
  const std::lock_guard lock(copies().mutex);
  copies().pinned_limit = more > SIZE_MAX - copies().pinned_bytes ? SIZE_MAX : copies().pinned_bytes + more;
}

void cuda_emulation::fence() { WITH_TSAN(static uint64_t order; __tsan_acquire(&order); __tsan_release(&order);) }

const char* cudaGetErrorString(cudaError_t error) {
  switch (error) {
    case cudaSuccess:
      return "no error";
    case cudaErrorMemoryAllocation:
      return "out of memory";
    case cudaErrorStreamCaptureUnsupported:
      return "operation not permitted when stream is capturing";
    case cudaErrorInvalidDevice:
      return "invalid device ordinal";
    default:
      return "invalid argument";
  }
}
cudaError_t cudaGetLastError() { return cudaSuccess; }

cudaError_t cudaGetDeviceCount(int* count) {
  *count = cards();
  return cudaSuccess;
}
cudaError_t cudaSetDevice(int index) {
  if (index < 0 || index >= cards()) return cudaErrorInvalidDevice;
  current_card = index;
  return cudaSuccess;
}
cudaError_t cudaGetDevice(int* index) {
  *index = current_card;
  return cudaSuccess;
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int index) {
  *value = attribute == cudaDevAttrMultiProcessorCount ? multiprocessors : static_cast<int>(shared_optin);
  return index >= 0 && index < cards() ? cudaSuccess : cudaErrorInvalidDevice;
}
cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  *free = cuda_emulation::free_device_bytes();
  *total = cuda_emulation::device_bytes;
  return cudaSuccess;
}
cudaError_t cudaDeviceSynchronize() {
  if (cuda_emulation::is_captured()) return cudaErrorStreamCaptureUnsupported;
  cuda_emulation::finish_copies();
  return cudaSuccess;
}

cudaError_t cudaMalloc(void** memory, size_t bytes) {
  *memory = cuda_emulation::allocate_device(bytes);
  return *memory ? cudaSuccess : cudaErrorMemoryAllocation;
}
cudaError_t cudaFree(void* memory) {
  cuda_emulation::finish_copies();
  return success_if(!memory || cuda_emulation::free_device(memory));
}
cudaError_t cudaMallocHost(void** memory, size_t bytes) {
  const std::lock_guard lock(copies().mutex);
  *memory = bytes <= copies().pinned_limit - copies().pinned_bytes ? cuda_emulation::allocate_guarded(bytes) : nullptr;
  if (!*memory) return cudaErrorMemoryAllocation;
  copies().pinned[static_cast<const char*>(*memory)] = bytes;
  copies().pinned_bytes += bytes;
  return cudaSuccess;
}
cudaError_t cudaFreeHost(void* memory) {
  cuda_emulation::finish_copies();
  {
    const std::lock_guard lock(copies().mutex);
    const auto block = copies().pinned.find(static_cast<const char*>(memory));
    if (block == copies().pinned.end()) return success_if(!memory);
    copies().pinned_bytes -= block->second;
    copies().pinned.erase(block);
  }
  cuda_emulation::free_guarded(memory);
  return cudaSuccess;
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind, cudaStream_t) {
  const bool to_device = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
  const bool from_device = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
  if (bytes > 0 && kind != cudaMemcpyDefault &&
      (cuda_emulation::on_device(to) != to_device || cuda_emulation::on_device(from) != from_device))
    return cudaErrorInvalidValue;
  if (cuda_emulation::is_captured()) {
    cuda_emulation::now_or_in_graph([=] { cudaMemcpyAsync(to, from, bytes, kind, nullptr); });
    return cudaSuccess;
  }
  if (kind == cudaMemcpyHostToDevice) {
    const std::lock_guard lock(copies().mutex);
    if (copies().is_pinned(from)) {
      copies().put_off.push_back({to, from, bytes});
      return cudaSuccess;
    }
  }
  cuda_emulation::finish_copies();
  const cuda_emulation::DeviceAccess access;
  std::memmove(to, from, bytes);
  return cudaSuccess;
}
cudaError_t cudaMemsetAsync(void* to, int value, size_t bytes, cudaStream_t) {
  if (!cuda_emulation::on_device(to)) return cudaErrorInvalidValue;
  if (cuda_emulation::is_captured()) {
    cuda_emulation::now_or_in_graph([=] { cudaMemsetAsync(to, value, bytes, nullptr); });
    return cudaSuccess;
  }
  cuda_emulation::finish_copies();
  const cuda_emulation::DeviceAccess access;
  std::memset(to, value, bytes);
  return cudaSuccess;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  *stream = new CudaEmulationStream;
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  delete stream;
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t) { return cudaDeviceSynchronize(); }
cudaError_t cudaStreamQuery(cudaStream_t) { return cudaDeviceSynchronize(); }
cudaError_t cudaStreamWaitEvent(cudaStream_t, cudaEvent_t, unsigned) { return cudaSuccess; }

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  *event = new CudaEmulationEvent;
  return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t) {
  const std::lock_guard lock(copies().mutex);
  event->time = std::chrono::steady_clock::now();
  event->copies = copies().made + copies().put_off.size();
  return cudaSuccess;
}
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  if (cuda_emulation::is_captured()) return cudaErrorStreamCaptureUnsupported;
  cuda_emulation::finish_copies(event->copies);
  return cudaSuccess;
}
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t begin, cudaEvent_t end) {
  *milliseconds = std::chrono::duration<float, std::milli>(end->time - begin->time).count();
  return cudaSuccess;
}

cudaError_t cudaFuncSetAttribute(const void* kernel, cudaFuncAttribute, int value) {
  if (value < 0 || static_cast<size_t>(value) > shared_optin) return cudaErrorInvalidValue;
  const std::lock_guard lock(dynamic_limits().mutex);
  dynamic_limits().bytes[kernel] = static_cast<size_t>(value);
  return cudaSuccess;
}
