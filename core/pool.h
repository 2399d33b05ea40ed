// Memory that tensors gave back is kept by size for the next ones: a training step asks for the same sizes again and
// again, and fresh memory costs more than many ops. Where sizes vary, what was unused for longest goes back to the
// system before the pool holds more than three times what was ever in use at once (and 64 MiB, for small programs), or
// three quarters of its limit. Sanitizer builds keep nothing, so that a use after free is seen.
// Who takes a block keeps the pool with it: one that belongs to a graph (core/graph.h) ends with its last tensor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "core/storage.h"

namespace radial {

// How the memory of a device is got and given back.
struct MemorySource {
  std::function<void*(size_t bytes)> allocate;  // null if there is none
  std::function<void(void* block)> free;        // must not throw: tensors end while errors are on their way
  std::function<std::string()> situation;       // what an error may add: "1 of 80 GB are free"; may be empty
  size_t limit = SIZE_MAX;                      // bytes that may be held at once
};

// Safe to use from any thread.
class Pool {
 public:
  // always_keeps: every block until the pool ends, in sanitizer builds too. For a graph, which names their addresses.
  explicit Pool(MemorySource source, bool always_keeps = false)
      : source_(std::move(source)), always_keeps_(always_keeps), keeps_(always_keeps || !sanitized) {}
  ~Pool();  // all blocks must have been given back
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  void* take(size_t bytes);  // throws out_of_memory
  void give(void* block, size_t bytes) noexcept;
  PoolStatistics statistics();
  void reset_peak();
  void release();  // what is free and may go

 private:
  struct Free {
    size_t size;
    void* block;
  };
  void* take_free(size_t size);
  void* allocate(size_t size);
  void* ask_source(size_t size);
  bool keep(void* block, size_t size) noexcept;  // false if there is no memory to note it
  void release_oldest();
  void release_until(size_t held);

#ifdef RADIAL_SANITIZED
  static constexpr bool sanitized = true;
#else
  static constexpr bool sanitized = false;
#endif
  MemorySource source_;
  const bool always_keeps_, keeps_;
  std::mutex mutex_;
  std::list<Free> free_;                                              // what was given back first comes first
  std::map<size_t, std::vector<std::list<Free>::iterator>> of_size_;  // in the same order
  PoolStatistics now_;
  size_t most_used_ = 0;  // at once, ever
};

}  // namespace radial
