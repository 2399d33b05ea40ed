#include "core/host_memory.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string>
#include <sys/resource.h>
#include <sys/sysinfo.h>

#include "core/storage.h"

namespace radial {

namespace {

// Of a control group's limit in this file; SIZE_MAX where there is none ("max").
size_t limit_in(const std::string& path) {
  std::ifstream file(path);
  size_t bytes = 0;
  return file >> bytes && bytes > 0 ? bytes : SIZE_MAX;
}

// The least limit of a group and of those that it is in.
size_t limit_of(const std::string& hierarchy, std::string group, const char* file) {
  size_t least = SIZE_MAX;
  while (true) {
    if (group.ends_with('/')) group.pop_back();
    std::string path = hierarchy;
    least = std::min(least, limit_in(path.append(group).append("/").append(file)));
    if (group.empty()) return least;
    group.erase(group.rfind('/'));
  }
}

// /proc/self/cgroup has a line "number:controllers:/group" for each hierarchy of groups; version 2 names no
// controllers.
size_t group_limit() {
  std::ifstream groups("/proc/self/cgroup");
  size_t least = SIZE_MAX;
  for (std::string line; std::getline(groups, line);) {
    const size_t controllers = line.find(':') + 1, group = line.find(':', controllers) + 1;
    if (controllers == 0 || group == 0 || line[group] != '/') continue;
    const std::string names = line.substr(controllers, group - 1 - controllers), path = line.substr(group);
    if (names.empty()) least = std::min(least, limit_of("/sys/fs/cgroup", path, "memory.max"));
    if (names == "memory") least = std::min(least, limit_of("/sys/fs/cgroup/memory", path, "memory.limit_in_bytes"));
  }
  return least;
}

}  // namespace

size_t host_memory() {
  struct sysinfo machine {};
  if (sysinfo(&machine) != 0) return SIZE_MAX;
  const size_t bytes = (size_t{machine.totalram} + machine.totalswap) * machine.mem_unit;
  return std::min(bytes, group_limit());
}

int64_t peak_memory_bytes(Device device) {
  if (device.type == DeviceType::cuda) return static_cast<int64_t>(peak_card_memory(device));
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return int64_t{usage.ru_maxrss} * 1024;  // Linux counts kilobytes
}

}  // namespace radial
