#include "core/pool.h"

#include "core/error.h"

namespace radial {

namespace {

// Few size classes, little waste: powers of two cut in eight.
size_t rounded(size_t bytes) {
  size_t step = 64;
  while (step * 16 <= bytes) step *= 2;
  return bytes == 0 ? step : (bytes + step - 1) / step * step;
}

}  // namespace

void* Pool::take(size_t bytes) {
  const size_t size = rounded(bytes);
  const std::lock_guard lock(mutex_);
  void* block = take_free(size);
  if (!block) block = allocate(size);
  now_.used += size;
  now_.peak = now_.used > now_.peak ? now_.used : now_.peak;
  return block;
}

void Pool::give(void* block, size_t bytes) {
  const size_t size = rounded(bytes);
  const std::lock_guard lock(mutex_);
  now_.used -= size;
  if (keeps_) {
    free_.emplace(size, block);
  } else {
    source_.free(block);
    now_.held -= size;
  }
}

PoolStatistics Pool::statistics() {
  const std::lock_guard lock(mutex_);
  return now_;
}

void Pool::reset_peak() {
  const std::lock_guard lock(mutex_);
  now_.peak = now_.used;
}

void Pool::release() {
  const std::lock_guard lock(mutex_);
  release_free();
}

void* Pool::take_free(size_t size) {
  const auto found = free_.find(size);
  if (found == free_.end()) return nullptr;
  void* block = found->second;
  free_.erase(found);
  return block;
}

void* Pool::allocate(size_t size) {
  void* block = source_.allocate(size);
  if (!block) {  // what is kept may be of other sizes: give it back and try once more
    release_free();
    block = source_.allocate(size);
  }
  if (!block) {
    const std::string situation = source_.situation();
    fail(ErrorKind::out_of_memory, "memory: ", size, " bytes were asked for but the system refused (", now_.used,
         " bytes are in use", situation.empty() ? "" : ", ", situation,
         "); a smaller --batch-size or --image-size needs less");
  }
  now_.held += size;
  return block;
}

void Pool::release_free() {
  for (const auto& [size, block] : free_) {
    source_.free(block);
    now_.held -= size;
  }
  free_.clear();
}

}  // namespace radial
