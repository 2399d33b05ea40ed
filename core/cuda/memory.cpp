#include "core/cuda/memory.h"

#include <memory>
#include <mutex>
#include <sstream>
#include <vector>

#include "core/cuda/context.h"
#include "core/cuda/staging.h"

namespace radial::cuda {

namespace {

std::unique_ptr<Pool> make_pool(int index) {
  use(index);
  const auto allocate = [index](size_t bytes) {
    use(index);
    void* block = nullptr;
    const cudaError_t error = cudaMalloc(&block, bytes);
    if (error == cudaErrorMemoryAllocation) {
      cudaGetLastError();  // not the next call's error
      return static_cast<void*>(nullptr);
    }
    check_cuda(error, "memory");
    return block;
  };
  const auto free = [index](void* block) {
    use(index);
    check_cuda(cudaFree(block), "memory");
  };
  const auto situation = [index] {
    use(index);
    size_t free_bytes = 0, all = 0;
    check_cuda(cudaMemGetInfo(&free_bytes, &all), "memory");
    std::ostringstream text;
    text << "cuda:" << index << " has " << free_bytes << " of " << all << " bytes free";
    return text.str();
  };
  return std::make_unique<Pool>(MemorySource{allocate, free, situation});
}

}  // namespace

Pool& pool(int index) {
  static std::mutex* const mutex = new std::mutex;
  static auto* const pools = new std::vector<std::unique_ptr<Pool>>;  // never destroyed, as the CPU's
  const std::lock_guard lock(*mutex);
  check(index >= 0, "memory: there is no device cuda:", index);
  const auto place = static_cast<size_t>(index);
  if (place >= pools->size()) pools->resize(place + 1);
  if (!(*pools)[place]) (*pools)[place] = make_pool(index);
  return *(*pools)[place];
}

void transfer(Tensor& y, const Tensor& x) {
  if (x.device().type == DeviceType::cpu)
    return copy_to_card(use(y.device()), y.bytes_data(), x.bytes_data(), x.bytes());
  for (const Device device : {x.device(), y.device()}) synchronize(device);
  const cudaStream_t stream = use(x.device()).stream;
  const auto kind = y.device().type == DeviceType::cpu ? cudaMemcpyDeviceToHost : cudaMemcpyDefault;
  check_cuda(cudaMemcpyAsync(y.bytes_data(), x.bytes_data(), x.bytes(), kind, stream), "copy");
  check_cuda(cudaStreamSynchronize(stream), "copy");
}

}  // namespace radial::cuda
