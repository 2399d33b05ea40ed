// Memory that tensors gave back is kept by size for the next ones: a training step asks for the same sizes again and
// again, and fresh memory costs more than many ops. Sanitizer builds keep nothing, so that a use after free is seen.
// Who takes a block keeps the pool with it: one that belongs to a graph (core/graph.h) ends with its last tensor.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "core/storage.h"

namespace radial {

// How the memory of a device is got and given back.
struct MemorySource {
  std::function<void*(size_t bytes)> allocate;  // null if there is none
  std::function<void(void* block)> free;
  std::function<std::string()> situation;  // what an error may add: "1 of 80 GB are free"; may be empty
};

// Safe to use from any thread.
class Pool {
 public:
  // always_keeps: in sanitizer builds too.
  explicit Pool(MemorySource source, bool always_keeps = false)
      : source_(std::move(source)), keeps_(always_keeps || !sanitized) {}
  ~Pool() { release(); }  // all blocks must have been given back
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  void* take(size_t bytes);  // throws out_of_memory
  void give(void* block, size_t bytes);
  PoolStatistics statistics();
  void reset_peak();
  void release();

 private:
  void* take_free(size_t size);
  void* allocate(size_t size);
  void release_free();

#ifdef RADIAL_SANITIZED
  static constexpr bool sanitized = true;
#else
  static constexpr bool sanitized = false;
#endif
  MemorySource source_;
  const bool keeps_;
  std::mutex mutex_;
  std::multimap<size_t, void*> free_;
  PoolStatistics now_;
};

}  // namespace radial
