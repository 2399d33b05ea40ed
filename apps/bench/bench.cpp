// radial bench: the group of its parts, and what they share.
#include "apps/bench/bench.h"

#include <algorithm>
#include <sys/resource.h>

#include "apps/commands/commands.h"
#include "core/error.h"
#include "core/storage.h"

namespace radial::apps {

double median(std::vector<double> values) {
  check(!values.empty(), "median: got no values");
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

int64_t peak_memory_bytes(Device device) {
  if (device.type == DeviceType::cuda) return static_cast<int64_t>(peak_card_memory(device));
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return int64_t{usage.ru_maxrss} * 1024;  // Linux counts kilobytes
}

Command bench_command() {
  Command bench{.name = "bench", .help = "Measure speed: training steps, optimizers, the loader, single ops"};
  for (const auto& make : {bench_step_command, bench_optimizer_command, bench_loader_command, bench_ops_command})
    bench.parts.push_back(make());
  return bench;
}

}  // namespace radial::apps
