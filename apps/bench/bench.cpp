// radial bench: the group of its parts, and what they share.
#include "apps/bench/bench.h"

#include <algorithm>
#include <sys/resource.h>

#include <CLI/CLI.hpp>

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

void add_bench(CLI::App& root, Chosen& chosen) {
  CLI::App* bench = root.add_subcommand("bench", "Measure speed: training steps, optimizers, the loader, single ops");
  bench->require_subcommand(1);
  add_bench_step(*bench, chosen);
  add_bench_optimizer(*bench, chosen);
  add_bench_loader(*bench, chosen);
  add_bench_ops(*bench, chosen);
}

}  // namespace radial::apps
