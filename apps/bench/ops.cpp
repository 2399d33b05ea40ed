// radial bench ops: time of single ops, pass by pass, and their share of the machine's measured limits.
#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "apps/bench/bench.h"
#include "apps/bench/fma_peak.h"
#include "apps/bench/memory_bandwidth.h"
#include "apps/bench/micro_kernel.h"
#include "apps/bench/op_cases.h"
#include "core/autograd.h"
#include "core/error.h"
#include "core/parallel.h"
#include "core/random.h"
#include "core/simd/target.h"
#include "io/json_lines.h"
#include "train/options.h"

namespace radial::apps {
namespace {

struct BenchOpsOptions {
  std::string op;  // empty: all
  int64_t batch_size = 16;
  double seconds = 0.3;  // of measuring each pass
  int threads = 0;
  bool list = false, json = false;
};

std::vector<Tensor> random_inputs(const OpBenchCase& c) {
  std::vector<Tensor> inputs;
  for (size_t i = 0; i < c.inputs.size(); ++i) {
    Random random(0, Stream::test, 0, i);
    const bool whole = c.classes > 0 && i + 1 == c.inputs.size();
    Tensor x = Tensor::empty(c.inputs[i], whole ? DType::i32 : DType::f32);
    const auto n = static_cast<size_t>(x.numel());
    if (whole)
      for (int32_t& number : std::span(x.data<int32_t>(), n)) number = static_cast<int32_t>(random.below(c.classes));
    else
      for (float& value : std::span(x.data<float>(), n)) value = static_cast<float>(random.uniform(-1, 1));
    inputs.push_back(whole ? x.to(c.whole) : x);
  }
  return inputs;
}

// What the op recorded, the last first: several nodes where it is made of other ops.
std::vector<std::shared_ptr<GradNode>> nodes_below(const Tensor& y) {
  std::vector<std::shared_ptr<GradNode>> nodes = {y.node()};
  for (size_t i = 0; i < nodes.size(); ++i)
    for (const auto& input : nodes[i]->inputs)
      if (input && input->backward && std::find(nodes.begin(), nodes.end(), input) == nodes.end())
        nodes.push_back(input);
  std::sort(nodes.begin(), nodes.end(), [](const auto& a, const auto& b) { return a->id > b->id; });
  return nodes;
}

// Runs their backward functions, and nothing else; the graph can be run again.
void run_backward(const std::vector<std::shared_ptr<GradNode>>& nodes, const Tensor& dy) {
  const NoGrad no_grad;
  for (const auto& node : nodes) {
    const Tensor gradient = node == nodes.front() ? dy : std::exchange(node->grad, Tensor());
    Grads grads(*node);
    node->backward(gradient, grads);
  }
}

double median_ms(const OpBenchCase& c, const OpPass& pass, std::vector<Tensor> inputs, double seconds) {
  for (const size_t i : pass.gradients) inputs[i].set_requires_grad();
  const bool backward = !pass.gradients.empty();
  const Tensor y = c.run(inputs);
  const Tensor dy = Tensor::full(y.shape(), 1e-3);
  // What nobody else holds may be written over: after some runs its numbers would be subnormal.
  const std::vector<Tensor> held(1, dy);
  const auto nodes = backward ? nodes_below(y) : std::vector<std::shared_ptr<GradNode>>();
  std::vector<double> ms;
  const Stopwatch all;
  while (ms.size() < 4 || all.seconds() < seconds) {
    const Stopwatch watch;
    if (backward)
      run_backward(nodes, dy);
    else
      c.run(inputs);
    ms.push_back(watch.milliseconds());
    for (const size_t i : pass.gradients) inputs[i].zero_grad();  // else the next run would add to it
  }
  ms.erase(ms.begin());  // touches new memory
  return median(ms);
}

// Prints a row of the table, or a JSON object.
class OpTimes {
 public:
  explicit OpTimes(bool json) : json_(json) {
    if (json_) return;
    fmt::print(
        "{} threads, {}; measured limits: {:.0f} GFLOP/s, {:.1f} GB/s\n"
        "peak: share of the GFLOP/s; floor: time that these limits allow / time (above 1: Winograd's fewer\n"
        "multiplications, or tensors that stay in caches)\n\n{:<28} {:<46} {:<11} {:>9} {:>9} {:>6} {:>7} {:>6}\n",
        threads(), simd::target(), peak_, bandwidth_, "op", "shape", "pass", "ms", "GFLOP/s", "peak", "GB/s", "floor");
  }

  void add(const std::string& op, const std::string& shape, const std::string& pass, double ms, double gflops,
           double gigabytes) const {
    const double share_of_floor = std::max(gflops / peak_, gigabytes / bandwidth_);
    if (json_)
      print_json_line({{"op", op},
                       {"shape", shape},
                       {"pass", pass},
                       {"ms", ms},
                       {"gflops", gflops},
                       {"share_of_peak", gflops / peak_},
                       {"gigabytes_per_second", gigabytes},
                       {"share_of_floor", share_of_floor}});
    else
      fmt::print("{:<28} {:<46} {:<11} {:>9.3f} {:>9.1f} {:>6.2f} {:>7.1f} {:>6.2f}\n", op, shape, pass, ms, gflops,
                 gflops / peak_, gigabytes, share_of_floor);
  }

 private:
  bool json_;
  double peak_ = measure_fma_peak(), bandwidth_ = measure_memory_bandwidth();
};

// Which cases there are: op and shape of each.
int list_cases(const BenchOpsOptions& options) {
  for (const OpBenchCase& c : op_bench_cases(options.batch_size)) {
    if (options.json)
      print_json_line({{"op", c.op}, {"shape", c.shape}});
    else
      fmt::print("{:<28} {}\n", c.op, c.shape);
  }
  return 0;
}

int run_bench_ops(const BenchOpsOptions& options) {
  if (options.list) return list_cases(options);
  set_threads(options.threads);
  const auto asked = [&](const std::string& op) { return options.op.empty() || op == options.op; };
  const OpTimes report(options.json);
  bool found = false;
  if (asked("micro-kernel")) {
    found = true;
    for (const MicroKernelSpeed& m : measure_micro_kernels())
      report.add("micro-kernel", m.shape, m.kernel, m.ms, m.gflops, 0);
  }
  for (const OpBenchCase& c : op_bench_cases(options.batch_size)) {
    if (!asked(c.op)) continue;
    found = true;
    const std::vector<Tensor> inputs = random_inputs(c);
    for (const OpPass& pass : c.passes) {
      const double ms = median_ms(c, pass, inputs, options.seconds);
      report.add(c.op, c.shape, pass.name, ms, pass.operations / ms * 1e-6, 4 * pass.elements / ms * 1e-6);
    }
  }
  check(found, "bench ops: there is no case of --op ", options.op);
  return 0;
}

void list_bench_ops_options(OptionList& list, BenchOpsOptions& options) {
  list.add("op", options.op,
           "Only this op: conv2d, linear, ..., or micro-kernel: whole tiles of products, data in caches");
  list.add("batch-size", options.batch_size, "Pictures", at_least(1));
  list.add("seconds", options.seconds, "Time for each pass", at_least(0));
  list_threads(list, options.threads);
  list.add("list", options.list, "Print the cases and measure nothing");
  add_json(list, options.json);
}

}  // namespace

Command bench_ops_command() {
  return command(
      "ops",
      "Time of single ops, those of ResNets at their shapes, pass by pass, beside the measured limits of processor "
      "and memory",
      list_bench_ops_options, run_bench_ops);
}

}  // namespace radial::apps
