// radial bench step: images a second of whole training steps on random pictures in the device's memory.

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "analysis/layer_recorder.h"
#include "apps/bench/bench.h"
#include "core/gpu_names.h"
#include "core/host_memory.h"
#include "core/parallel.h"
#include "data/random_pictures.h"
#include "io/json_lines.h"
#include "models/models.h"
#include "optim/make_optimizer.h"
#include "tasks/classify/classify.h"
#include "train/batch_gradients.h"
#include "train/options.h"
#include "train/precision.h"

namespace radial::apps {
namespace {

struct BenchStepOptions {
  ModelOptions model;
  OptimizerOptions optimizer = {.lr = 0.01, .weight_decay = 1e-4};
  int64_t batch_size = 32;
  int steps = 10, warmup = 2;
  std::string device = "auto", dtype = "float32";
  int threads = 0;
  bool cuda_graph = true, record = false, json = false;
};

int run_bench_step(const BenchStepOptions& options) {
  set_threads(options.threads);
  const Device device = device_from(options.device, options.dtype);
  const int together = steps_together(device);
  auto model = make_model(options.model);
  place(*model, options.device, options.dtype);
  const auto optimizer = make_optimizer(options.optimizer, model->parameters());
  LayerRecorder recorder(1);
  if (options.record) optimizer->observe(recorder);
  Classify task({.network = options.model,
                 .model = std::move(model),
                 .input = {device, activations_dtype(options.dtype), {}},
                 .dtype = options.dtype});
  // What the loader hands over: bytes for a GPU, which normalises them.
  Batch batch = random_pictures(options.batch_size, options.model.image_size, options.model.classes,
                                device.type == DeviceType::cuda ? DType::u8 : DType::f32);
  for (Tensor& field : batch.fields) field = field.to(device);
  BatchGradients gradients(task, device,
                           options.cuda_graph && device.type == DeviceType::cuda && task.facts().same_launches);
  Tensor numbers = Tensor::zeros({std::ssize(task.facts().measures)}, DType::f64, device);

  std::vector<double> step_ms;
  for (int step = 0; step < options.warmup + options.steps; ++step) {
    const Stopwatch watch;
    for (int i = 0; i < together; ++i) {
      optimizer->zero_grad();
      gradients.run(batch, {}, numbers);
      optimizer->step();
    }
    synchronize(device);
    if (step >= options.warmup) step_ms.push_back(watch.milliseconds() / together);
  }

  const double rate = static_cast<double>(options.batch_size) / (1e-3 * median(step_ms));
  const int64_t memory = peak_memory_bytes(device);
  if (options.json)
    print_json_line({{"images_per_second", rate},
                     {"step_ms", step_ms},
                     {"peak_memory_bytes", memory},
                     {"peak_tensor_bytes", pool_statistics(device).peak}});
  else
    fmt::print("{}, batch {}, {} px, {}, {}, {}: {:.2f} images a second (median of {} steps, {:.1f} ms), {:.2f} GiB\n",
               options.model.arch, options.batch_size, options.model.image_size, options.optimizer.name, options.dtype,
               device.type == DeviceType::cpu ? fmt::format("{} threads", threads()) : gpu_name(device), rate,
               options.steps * together, median(step_ms), static_cast<double>(memory) / (1 << 30));
  return 0;
}

void list_bench_step_options(OptionList& list, BenchStepOptions& options) {
  list.add("arch", options.model.arch, "Architecture", model_name());
  list_stem(list, options.model.stem);
  list.add("classes", options.model.classes, "Outputs of the last layer", at_least(1));
  list.add("batch-size", options.batch_size, "Pictures a step", at_least(1));
  list.add("image-size", options.model.image_size, "Width and height of the pictures", at_least(1));
  list.add("optimizer", options.optimizer.name, "Optimizer", one_of(optimizer_names()));
  list.add("steps", options.steps, "Steps that are timed; on a GPU so many times ten", at_least(1));
  list.add("dtype", options.dtype, "Of the arithmetic; tf32 and bfloat16 are a GPU's", one_of(dtype_names()));
  list.add("warmup", options.warmup, "Steps before them", at_least(0));
  list_device(list, options.device);
  list_threads(list, options.threads);
  list.add("cuda-graph", options.cuda_graph, "on a GPU gradients are recorded once and launched as a whole");
  list.add("record", options.record, "Measures all layers at each step");
  add_json(list, options.json);
}

}  // namespace

Command bench_step_command() {
  return command("step",
                 "Images a second of whole training steps: forward, loss, backward, optimizer; median after warm-up",
                 list_bench_step_options, run_bench_step);
}

}  // namespace radial::apps
