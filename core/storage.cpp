#include "core/storage.h"

#include <cstdlib>
#include <map>
#include <mutex>
#include <new>
#include <sys/mman.h>

#include "core/error.h"

namespace radial {

namespace {

// Host memory that tensors gave back is kept by size for the next ones: a training step asks for the same sizes
// again and again, and fresh pages cost more than many ops. Sanitizer builds keep nothing, so that a use after free
// is seen.
class HostPool {
 public:
  void* take(size_t bytes) {
    const size_t size = rounded(bytes);
    const std::lock_guard lock(mutex_);
    void* block = take_free(size);
    if (!block) block = allocate(size);
    used_ += size;
    peak_ = used_ > peak_ ? used_ : peak_;
    return block;
  }

  void give(void* block, size_t bytes) {
    const size_t size = rounded(bytes);
    const std::lock_guard lock(mutex_);
    used_ -= size;
#ifdef RADIAL_SANITIZED
    std::free(block);
    held_ -= size;
#else
    free_.emplace(size, block);
#endif
  }

  PoolStatistics statistics() {
    const std::lock_guard lock(mutex_);
    return {used_, peak_, held_};
  }

  void reset_peak() {
    const std::lock_guard lock(mutex_);
    peak_ = used_;
  }

  void release() {
    const std::lock_guard lock(mutex_);
    release_free();
  }

 private:
  static constexpr size_t huge_page = size_t{2} << 20;

  // Few size classes, little waste: powers of two cut in eight.
  static size_t rounded(size_t bytes) {
    size_t step = 64;
    while (step * 16 <= bytes) step *= 2;
    return bytes == 0 ? step : (bytes + step - 1) / step * step;
  }

  void* take_free(size_t size) {
    const auto found = free_.find(size);
    if (found == free_.end()) return nullptr;
    void* block = found->second;
    free_.erase(found);
    return block;
  }

  void* allocate(size_t size) {
    const size_t alignment = size >= huge_page ? huge_page : 64;
    void* block = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
    if (!block) {  // what is kept may be of other sizes: give it back and try once more
      release_free();
      block = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
    }
    check(block != nullptr, ErrorKind::out_of_memory, "memory: ", size,
          " bytes were asked for but the system refused (", used_,
          " bytes are in use); a smaller --batch-size or --image-size needs less");
#ifdef MADV_HUGEPAGE
    if (size >= huge_page) madvise(block, size, MADV_HUGEPAGE);
#endif
    held_ += size;
    return block;
  }

  void release_free() {
    for (const auto& [size, block] : free_) {
      std::free(block);
      held_ -= size;
    }
    free_.clear();
  }

  std::mutex mutex_;
  std::multimap<size_t, void*> free_;
  size_t used_ = 0, peak_ = 0, held_ = 0;
};

// Never destroyed: tensors of static objects may outlive it otherwise. Reachable, so no leak.
HostPool& host_pool() {
  static HostPool* const pool = new HostPool;
  return *pool;
}

}  // namespace

Storage::Storage(size_t bytes, Device device) : bytes_(bytes), device_(device) {
  check(device.type == DeviceType::cpu, "storage: ", device, " was asked for but this Radial was built without CUDA");
  data_ = host_pool().take(bytes);
}

Storage::~Storage() { host_pool().give(data_, bytes_); }

PoolStatistics pool_statistics(Device) { return host_pool().statistics(); }
void reset_pool_peak(Device) { host_pool().reset_peak(); }
void release_pool(Device) { host_pool().release(); }

}  // namespace radial
