#include "tests/faults/allocations.h"

#include <atomic>
#include <cerrno>
#include <cstddef>

// glibc's own; malloc and its kin below stand in front of them. What they give, free() takes.
extern "C" {
void* __libc_malloc(size_t bytes);                      // NOLINT(bugprone-reserved-identifier)
void* __libc_calloc(size_t count, size_t bytes);        // NOLINT(bugprone-reserved-identifier)
void* __libc_realloc(void* block, size_t bytes);        // NOLINT(bugprone-reserved-identifier)
void* __libc_memalign(size_t alignment, size_t bytes);  // NOLINT(bugprone-reserved-identifier)
}

namespace {

std::atomic<bool> watching{false}, lasting{false};
std::atomic<int64_t> counted{0}, fails_at{0};

bool refused() {
  if (!watching.load(std::memory_order_relaxed)) return false;
  const int64_t now = ++counted, first = fails_at.load(std::memory_order_relaxed);
  if (first == 0 || now < first || (now > first && !lasting.load(std::memory_order_relaxed))) return false;
  errno = ENOMEM;
  return true;
}

}  // namespace

extern "C" {

void* malloc(size_t bytes) { return refused() ? nullptr : __libc_malloc(bytes); }
void* calloc(size_t count, size_t bytes) { return refused() ? nullptr : __libc_calloc(count, bytes); }
void* realloc(void* block, size_t bytes) { return refused() ? nullptr : __libc_realloc(block, bytes); }
void* memalign(size_t alignment, size_t bytes) { return refused() ? nullptr : __libc_memalign(alignment, bytes); }
void* aligned_alloc(size_t alignment, size_t bytes) { return memalign(alignment, bytes); }
int posix_memalign(void** block, size_t alignment, size_t bytes) {
  void* memory = memalign(alignment, bytes);
  if (memory == nullptr) return ENOMEM;
  *block = memory;
  return 0;
}

}  // extern "C"

namespace faults {

void watch_allocations(int64_t at, bool from_here) {
  counted = 0;
  fails_at = at;
  lasting = from_here;
  watching = true;
}

int64_t allocations() {
  watching = false;
  return counted;
}

}  // namespace faults
