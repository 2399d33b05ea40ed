// Atomic operations, and the fence between blocks.
#pragma once

#include <algorithm>
#include <type_traits>

namespace cuda_emulation {

template <class T, class F>
T atomically(T* place, F&& next_of) {
  T before, next;
  __atomic_load(place, &before, __ATOMIC_RELAXED);
  do next = next_of(before);
  while (!__atomic_compare_exchange(place, &before, &next, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
  return before;
}

void fence();

}  // namespace cuda_emulation

template <class T>
T atomicAdd(T* place, std::type_identity_t<T> value) {
  return cuda_emulation::atomically(place, [value](T before) { return static_cast<T>(before + value); });
}
template <class T>
T atomicMax(T* place, std::type_identity_t<T> value) {
  return cuda_emulation::atomically(place, [value](T before) { return std::max(before, value); });
}
template <class T>
T atomicMin(T* place, std::type_identity_t<T> value) {
  return cuda_emulation::atomically(place, [value](T before) { return std::min(before, value); });
}
template <class T>
T atomicOr(T* place, std::type_identity_t<T> value) {
  return cuda_emulation::atomically(place, [value](T before) { return static_cast<T>(before | value); });
}
template <class T>
T atomicExch(T* place, std::type_identity_t<T> value) {
  return cuda_emulation::atomically(place, [value](T) { return value; });
}
template <class T>
T atomicCAS(T* place, std::type_identity_t<T> compare, std::type_identity_t<T> value) {
  return cuda_emulation::atomically(place, [=](T before) { return before == compare ? value : before; });
}

inline void __threadfence() { cuda_emulation::fence(); }
