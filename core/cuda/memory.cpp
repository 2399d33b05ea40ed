#include "core/cuda/memory.h"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/cuda/context.h"
#include "core/cuda/staging.h"

namespace radial::cuda {

namespace {

// What all pools of a card have taken from it: a recorded graph has one of its own.
struct Taken {
  std::unordered_map<void*, size_t> blocks;
  size_t now = 0, peak = 0;
};

// Whoever holds `lock` may use it.
Taken& taken_from(int index, std::unique_lock<std::mutex>& lock) {
  static auto* const mutex = new std::mutex;
  static auto* const cards = new std::map<int, Taken>;
  lock = std::unique_lock(*mutex);
  return (*cards)[index];
}

void count_taken(int index, void* block, size_t bytes) {
  std::unique_lock<std::mutex> lock;
  Taken& taken = taken_from(index, lock);
  taken.blocks[block] = bytes;
  taken.now += bytes;
  taken.peak = std::max(taken.peak, taken.now);
}

void count_given_back(int index, void* block) {
  std::unique_lock<std::mutex> lock;
  Taken& taken = taken_from(index, lock);
  const auto found = taken.blocks.find(block);
  if (found == taken.blocks.end()) return;
  taken.now -= found->second;
  taken.blocks.erase(found);
}

MemorySource memory_of(int index) {
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
    try {
      count_taken(index, block, bytes);
    } catch (...) {
      cudaFree(block);
      throw;
    }
    return block;
  };
  const auto free = [index](void* block) {  // an error that stays is the next call's to report
    count_given_back(index, block);
    cudaSetDevice(index);
    cudaFree(block);
  };
  const auto situation = [index] {
    use(index);
    size_t free_bytes = 0, all = 0;
    check_cuda(cudaMemGetInfo(&free_bytes, &all), "memory");
    std::ostringstream text;
    text << "cuda:" << index << " has " << free_bytes << " of " << all << " bytes free";
    return text.str();
  };
  return {allocate, free, situation, SIZE_MAX};
}

// The current pool of each card.
std::mutex& pools_mutex() {
  static auto* const mutex = new std::mutex;
  return *mutex;
}
std::shared_ptr<Pool>& current_pool(int index) {
  static auto* const pools = new std::vector<std::shared_ptr<Pool>>;
  check(index >= 0, "memory: there is no device cuda:", index);
  const auto place = static_cast<size_t>(index);
  if (place >= pools->size()) pools->resize(place + 1);
  std::shared_ptr<Pool>& pool = (*pools)[place];
  if (!pool) {
    use(index);
    pool = {std::shared_ptr<Pool>(), new Pool(memory_of(index))};  // never destroyed, as the CPU's
  }
  return pool;
}

}  // namespace

size_t peak_memory(int index) {
  std::unique_lock<std::mutex> lock;
  return taken_from(index, lock).peak;
}

std::shared_ptr<Pool> pool(int index) {
  const std::lock_guard lock(pools_mutex());
  return current_pool(index);
}

OwnPool::OwnPool(int index) : index_(index), pool_(std::make_shared<Pool>(memory_of(index), true)) {
  const std::lock_guard lock(pools_mutex());
  before_ = std::exchange(current_pool(index), pool_);
}

OwnPool::~OwnPool() {
  const std::lock_guard lock(pools_mutex());
  current_pool(index_) = before_;
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
