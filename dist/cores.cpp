#include "dist/cores.h"

#include <algorithm>
#include <sched.h>
#include <thread>
#include <unistd.h>

namespace radial {
namespace {

cpu_set_t own_cores() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  (void)sched_getaffinity(0, sizeof cores, &cores);  // none where the machine has more than a set of them holds
  return cores;
}

}  // namespace

int cores_of_machine() { return std::max(static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)), 1); }

int cores_of_process() {
  const cpu_set_t cores = own_cores();
  const int count = CPU_COUNT(&cores);
  return count > 0 ? count : cores_of_machine();
}

int fair_threads(Group& group) {
  const cpu_set_t cores = own_cores();
  const std::string own = host_name() + std::string(reinterpret_cast<const char*>(&cores), sizeof cores);
  const std::vector<std::string> all = group.gather(own);
  const auto sharing = static_cast<int>(std::count(all.begin(), all.end(), own));
  return std::max(cores_of_process() / sharing, 1);
}

std::string host_name() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "unknown";
}

}  // namespace radial
