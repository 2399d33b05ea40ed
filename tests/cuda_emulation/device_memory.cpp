#include "tests/cuda_emulation/device_memory.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <string>

#include "tests/cuda_emulation/sanitizers.h"
#include "tests/cuda_emulation/where.h"

namespace cuda_emulation {

namespace {

#ifdef EMULATION_ASAN
constexpr size_t guard_bytes = 0;  // the sanitizer has its own
#else
constexpr size_t guard_bytes = 64;
#endif
constexpr int guard_value = 0xA5;

struct Blocks {
  std::mutex mutex;
  std::map<const char*, size_t> sizes;  // by begin
  size_t used = 0;
};

// Never destroyed: tensors of static objects may be freed late.
Blocks& blocks() {
  static Blocks* const all = new Blocks;
  return *all;
}

}  // namespace

void* allocate_guarded(size_t bytes) {
  void* memory = nullptr;
  if (posix_memalign(&memory, 256, std::max<size_t>(bytes + guard_bytes, 1)) != 0) return nullptr;
  std::memset(memory, 0xFF, bytes);
  std::memset(static_cast<char*>(memory) + bytes, guard_value, guard_bytes);
  return memory;
}

void free_guarded(void* memory) { std::free(memory); }

bool guard_intact(const void* memory, size_t bytes) {
  const auto* guard = static_cast<const unsigned char*>(memory) + bytes;
  return std::all_of(guard, guard + guard_bytes, [](unsigned char value) { return value == guard_value; });
}

void* allocate_device(size_t bytes) {
  Blocks& all = blocks();
  const std::lock_guard lock(all.mutex);
  void* memory = bytes <= device_bytes - all.used ? allocate_guarded(bytes) : nullptr;
  if (!memory) return nullptr;
  all.sizes.emplace(static_cast<const char*>(memory), bytes);
  all.used += bytes;
  WITH_ASAN(__asan_poison_memory_region(memory, bytes);)
  return memory;
}

bool free_device(void* memory) {
  Blocks& all = blocks();
  const std::lock_guard lock(all.mutex);
  const auto found = all.sizes.find(static_cast<const char*>(memory));
  if (found == all.sizes.end()) return false;
  WITH_ASAN(__asan_unpoison_memory_region(memory, found->second);)
  all.used -= found->second;
  all.sizes.erase(found);
  free_guarded(memory);
  return true;
}

bool on_device(const void* pointer) {
  Blocks& all = blocks();
  const std::lock_guard lock(all.mutex);
  auto after = all.sizes.upper_bound(static_cast<const char*>(pointer));
  if (after == all.sizes.begin()) return false;
  const auto& [begin, bytes] = *--after;
  return static_cast<const char*>(pointer) <= begin + bytes;
}

void check_device_guards() {
  Blocks& all = blocks();
  const std::lock_guard lock(all.mutex);
  for (const auto& [begin, bytes] : all.sizes)
    if (!guard_intact(begin, bytes))
      throw Error(text("a kernel wrote behind the end of a buffer of ", bytes, " bytes"));
}

size_t free_device_bytes() {
  const std::lock_guard lock(blocks().mutex);
  return device_bytes - blocks().used;
}

#ifdef EMULATION_ASAN
DeviceAccess::DeviceAccess() {
  const std::lock_guard lock(blocks().mutex);
  for (const auto& [begin, bytes] : blocks().sizes) __asan_unpoison_memory_region(begin, bytes);
}
DeviceAccess::~DeviceAccess() {
  const std::lock_guard lock(blocks().mutex);
  for (const auto& [begin, bytes] : blocks().sizes) __asan_poison_memory_region(begin, bytes);
}
#else
DeviceAccess::DeviceAccess() {}   // NOLINT(modernize-use-equals-default)
DeviceAccess::~DeviceAccess() {}  // NOLINT(modernize-use-equals-default)
#endif

}  // namespace cuda_emulation
