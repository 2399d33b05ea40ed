// radial bench: what each of its parts measures. All print one JSON object a line with --json, a table otherwise.
#pragma once

#include <chrono>
#include <vector>

#include <CLI/CLI.hpp>

#include "apps/command.h"

namespace radial::apps {

void add_bench_step(CLI::App& bench, Chosen& chosen);
void add_bench_optimizer(CLI::App& bench, Chosen& chosen);
void add_bench_loader(CLI::App& bench, Chosen& chosen);
void add_bench_ops(CLI::App& bench, Chosen& chosen);

class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }
  double milliseconds() const { return 1e3 * seconds(); }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_ = Clock::now();
};

double median(std::vector<double> values);  // of an even number: the mean of the two in the middle

// Most memory that the process has held at once, as the system counts it (resident set).
int64_t peak_memory_bytes();

}  // namespace radial::apps
