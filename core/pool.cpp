#include "core/pool.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <new>

#include "core/error.h"

namespace radial {

namespace {

// Few size classes, little waste: powers of two cut in eight.
size_t rounded(size_t bytes) {
  const size_t step = std::max<size_t>(64, std::bit_floor(bytes) / 8);
  return std::max(step, (bytes + step - 1) / step * step);
}

// What may be held where so much was in use at once. A step that repeats its sizes stays below: at worst no size occurs
// twice, and each activation has a gradient beside it that takes no other's place, and some scratch.
size_t most_held(size_t most_used, size_t limit) { return std::min(3 * most_used + (size_t{64} << 20), limit / 4 * 3); }

}  // namespace

Pool::~Pool() {
  while (!free_.empty()) release_oldest();
}

void* Pool::take(size_t bytes) {
  check(bytes <= PTRDIFF_MAX, ErrorKind::out_of_memory, "memory: ", bytes, " bytes are more than there can be");
  const size_t size = rounded(bytes);
  const std::lock_guard lock(mutex_);
  void* block = take_free(size);
  if (!block) block = allocate(size);
  now_.used += size;
  now_.peak = std::max(now_.peak, now_.used);
  most_used_ = std::max(most_used_, now_.used);
  return block;
}

void Pool::give(void* block, size_t bytes) noexcept {
  const size_t size = rounded(bytes);
  const std::lock_guard lock(mutex_);
  now_.used -= size;
  if (keeps_ && keep(block, size)) return;
  source_.free(block);
  now_.held -= size;
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
  release_until(0);
}

// The one that was given back last: those that a program does not need any more are never taken, and grow old.
void* Pool::take_free(size_t size) {
  const auto found = of_size_.find(size);
  if (found == of_size_.end() || found->second.empty()) return nullptr;
  const auto last = found->second.back();
  found->second.pop_back();
  void* block = last->block;
  free_.erase(last);
  return block;
}

bool Pool::keep(void* block, size_t size) noexcept {
  try {
    std::vector<std::list<Free>::iterator>& of_size = of_size_[size];
    of_size.emplace_back();
    try {
      of_size.back() = free_.insert(free_.end(), {size, block});
    } catch (...) {
      of_size.pop_back();
      throw;
    }
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

void* Pool::allocate(size_t size) {
  const size_t most = most_held(std::max(most_used_, now_.used + size), source_.limit);
  release_until(most > size ? most - size : 0);
  void* block = ask_source(size);
  if (!block) {  // what is kept may be of other sizes: give it back and try once more
    release_until(0);
    block = ask_source(size);
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

void* Pool::ask_source(size_t size) {
  const bool allowed = size <= source_.limit && now_.held <= source_.limit - size;
  return allowed ? source_.allocate(size) : nullptr;
}

void Pool::release_oldest() {
  const Free oldest = free_.front();
  std::vector<std::list<Free>::iterator>& of_size = of_size_.at(oldest.size);
  of_size.erase(of_size.begin());
  free_.pop_front();
  source_.free(oldest.block);
  now_.held -= oldest.size;
}

void Pool::release_until(size_t held) {
  while (!always_keeps_ && !free_.empty() && now_.held > held) release_oldest();
}

}  // namespace radial
