#include "core/storage.h"

#include <cstdlib>
#include <sys/mman.h>

#include "core/error.h"
#include "core/host_memory.h"
#include "core/pool.h"
#ifdef RADIAL_WITH_CUDA
#include "core/cuda/memory.h"
#endif

namespace radial {

namespace {

constexpr size_t huge_page = size_t{2} << 20;

void* allocate_host(size_t bytes) {
  const size_t alignment = bytes >= huge_page ? huge_page : 64;
  void* block = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
#ifdef MADV_HUGEPAGE
  if (block && bytes >= huge_page) madvise(block, bytes, MADV_HUGEPAGE);
#endif
  return block;
}

std::string host_situation() { return "this process can have " + std::to_string(host_memory()) + " in all"; }

// The pool that a device takes memory from now. The host's leaves something to the rest of the program. Those of
// devices are never destroyed, as tensors of static objects may outlive them otherwise: the pointer to them counts no
// owners. Reachable, so no leak.
std::shared_ptr<Pool> pool_of(Device device) {
  static Pool* const host = new Pool({allocate_host, std::free, host_situation, host_memory() / 16 * 15});
  if (device.type == DeviceType::cpu) return {std::shared_ptr<Pool>(), host};
#ifdef RADIAL_WITH_CUDA
  return cuda::pool(device.index);
#else
  fail(ErrorKind::usage, "storage: ", device, " was asked for but this Radial was built without CUDA");
#endif
}

}  // namespace

Storage::Storage(size_t bytes, Device device)
    : pool_(pool_of(device)), data_(pool_->take(bytes)), bytes_(bytes), device_(device) {}

Storage::~Storage() { pool_->give(data_, bytes_); }

PoolStatistics pool_statistics(Device device) { return pool_of(device)->statistics(); }
size_t peak_card_memory([[maybe_unused]] Device device) {
#ifdef RADIAL_WITH_CUDA
  if (device.type == DeviceType::cuda) return cuda::peak_memory(device.index);
#endif
  return 0;
}

void reset_pool_peak(Device device) { pool_of(device)->reset_peak(); }
void release_pool(Device device) { pool_of(device)->release(); }

}  // namespace radial
