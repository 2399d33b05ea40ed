// One allocation of one device, taken from a pool that keeps pages between steps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/device.h"

namespace radial {

class Pool;

class Storage {
 public:
  Storage(size_t bytes, Device device);  // uninitialised, aligned to 64 bytes; throws out_of_memory
  ~Storage();
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  void* data() { return data_; }
  const void* data() const { return data_; }
  size_t bytes() const { return bytes_; }
  Device device() const { return device_; }

 private:
  std::shared_ptr<Pool> pool_;
  void* data_ = nullptr;
  size_t bytes_ = 0;
  Device device_;
};

struct PoolStatistics {
  size_t used = 0;  // bytes in tensors now
  size_t peak = 0;  // most bytes in tensors at once since the start or the last reset
  size_t held = 0;  // bytes taken from the system: in tensors or kept for the next ones
};

// The pool of a device; safe to call from any thread.
PoolStatistics pool_statistics(Device device = {});
// Most bytes that this process has taken from a GPU at once, for tensors and recorded graphs; 0 for the CPU.
size_t peak_card_memory(Device device);
void reset_pool_peak(Device device = {});
void release_pool(Device device = {});  // returns what no tensor uses to the system

}  // namespace radial
