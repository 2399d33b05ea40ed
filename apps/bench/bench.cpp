// radial bench: the group of its parts, and what they share.
#include "apps/bench/bench.h"

#include <algorithm>

#include "apps/commands/commands.h"
#include "core/error.h"

namespace radial::apps {

double median(std::vector<double> values) {
  check(!values.empty(), "median: got no values");
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

Command bench_command() {
  Command bench{.name = "bench", .help = "Measure speed: training steps, optimizers, the loader, single ops"};
  for (const auto& make : {bench_step_command, bench_optimizer_command, bench_loader_command, bench_ops_command})
    bench.parts.push_back(make());
  return bench;
}

}  // namespace radial::apps
