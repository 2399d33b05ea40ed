#include "core/host_memory.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <sys/sysinfo.h>

namespace radial {

namespace {

// Of a control group's limit in this file; SIZE_MAX where there is none ("max").
size_t limit_in(const char* path) {
  std::ifstream file(path);
  size_t bytes = 0;
  return file >> bytes && bytes > 0 ? bytes : SIZE_MAX;
}

}  // namespace

size_t host_memory() {
  struct sysinfo machine {};
  if (sysinfo(&machine) != 0) return SIZE_MAX;
  const size_t bytes = (size_t{machine.totalram} + machine.totalswap) * machine.mem_unit;
  return std::min(
      {bytes, limit_in("/sys/fs/cgroup/memory.max"), limit_in("/sys/fs/cgroup/memory/memory.limit_in_bytes")});
}

}  // namespace radial
