// radial bench optimizer: milliseconds of one step of each optimizer over all parameters, gradients at hand.

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "apps/bench/bench.h"
#include "core/ops.h"
#include "core/parallel.h"
#include "core/random.h"
#include "io/json_lines.h"
#include "models/models.h"
#include "optim/make_optimizer.h"
#include "train/options.h"

namespace radial::apps {
namespace {

struct BenchOptimizerOptions {
  ModelOptions model;
  int steps = 30;
  std::string device = "auto";
  int threads = 0;
  bool json = false;
};

// Gives each parameter a gradient of small random numbers: that of sum(w * g) is g.
void make_gradients(Module& model) {
  uint64_t index = 0;
  for (const NamedTensor& parameter : model.parameters()) {
    Tensor g = Tensor::empty(parameter.tensor.shape());
    Random random(0, Stream::test, 0, index++);
    for (float& value : std::span(g.data<float>(), static_cast<size_t>(g.numel())))
      value = static_cast<float>(random.uniform(-1e-3, 1e-3));
    sum(mul(parameter.tensor, g.to(parameter.tensor.device()))).backward();
  }
}

OptimizerOptions usual_options(const std::string& name) {
  const bool adam = name.starts_with("adam");
  OptimizerOptions options;
  options.name = name;
  options.lr = adam ? 1e-3 : 0.01;
  options.weight_decay = adam ? 1e-2 : 1e-4;
  options.projection.test = ProjectionTest::always;  // SGDP and AdamP do all of their work
  return options;
}

int run_bench_optimizer(const BenchOptimizerOptions& options) {
  set_threads(options.threads);
  const Device device = parse_device(options.device);
  const auto model = make_model(options.model);
  model->to(device);
  make_gradients(*model);
  if (!options.json) fmt::print("{}, {} threads, ms a step\n", options.model.arch, threads());
  for (const std::string& name : optimizer_names()) {
    const auto optimizer = make_optimizer(usual_options(name), model->parameters());
    std::vector<double> step_ms;
    for (int step = -3; step < options.steps; ++step) {  // the first three touch new memory
      const Stopwatch watch;
      for (int i = 0; i < steps_together(device); ++i) optimizer->step();
      synchronize(device);
      if (step >= 0) step_ms.push_back(watch.milliseconds() / steps_together(device));
    }
    if (options.json)
      print_json_line({{"optimizer", name}, {"step_ms", median(step_ms)}});
    else
      fmt::print("{:<8} {:8.2f}\n", name, median(step_ms));
  }
  return 0;
}

void list_bench_optimizer_options(OptionList& list, BenchOptimizerOptions& options) {
  list.add("arch", options.model.arch, "Architecture", model_name());
  list.add("steps", options.steps, "Steps that are timed; on a GPU so many times ten", at_least(1));
  list_device(list, options.device);
  list_threads(list, options.threads);
  add_json(list, options.json);
}

}  // namespace

Command bench_optimizer_command() {
  return command(
      "optimizer",
      "Milliseconds of a step of each optimizer over all parameters of a network, all of them projected, median",
      list_bench_optimizer_options, run_bench_optimizer);
}

}  // namespace radial::apps
