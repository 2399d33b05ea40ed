// Memory of the emulated device, and the shared memory of its blocks. Fresh memory is full of NaN (-1 as an integer),
// behind its end lies a guard. Under the address sanitizer the host cannot touch device memory outside of a copy.
#pragma once

#include <cstddef>

namespace cuda_emulation {

void* allocate_guarded(size_t bytes);
void free_guarded(void* memory);
bool guard_intact(const void* memory, size_t bytes);

void* allocate_device(size_t bytes);  // null if there is no memory left
bool free_device(void* memory);       // false if it is none of the device's
bool on_device(const void* pointer);
void check_device_guards();  // throws Error if something was written behind a buffer

constexpr size_t device_bytes = size_t{4} << 30;  // of the emulated card
size_t free_device_bytes();

// While one lives, device memory may be touched.
struct DeviceAccess {
  DeviceAccess();
  ~DeviceAccess();
  DeviceAccess(const DeviceAccess&) = delete;
  DeviceAccess& operator=(const DeviceAccess&) = delete;
};

}  // namespace cuda_emulation
