// radial bench step: images a second of whole training steps on random pictures in the device's memory.
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "analysis/layer_recorder.h"
#include "apps/bench/bench.h"
#include "apps/cli/option_checks.h"
#include "core/gpu_names.h"
#include "core/ops.h"
#include "core/parallel.h"
#include "core/random.h"
#include "io/json_lines.h"
#include "models/models.h"
#include "optim/make_optimizer.h"
#include "train/gradient_graph.h"
#include "train/train_options.h"

namespace radial::apps {
namespace {

struct BenchStepOptions {
  ModelOptions model;
  OptimizerOptions optimizer;
  int64_t batch_size = 32;
  int steps = 10, warmup = 2;
  std::string device = "auto", dtype = "float32";
  int threads = 0;
  bool cuda_graph = true, record = false, json = false;
};

// What the loader hands over: bytes for a GPU, which normalises them.
Tensor random_pictures(int64_t n, int64_t size, Device device) {
  Random random(0, Stream::test);
  if (device.type == DeviceType::cuda) {
    Tensor bytes = Tensor::empty({n, size, size, 3}, DType::u8);
    for (uint8_t& value : std::span(bytes.data<uint8_t>(), static_cast<size_t>(bytes.numel())))
      value = static_cast<uint8_t>(random.below(256));
    return bytes.to(device);
  }
  Tensor images = Tensor::empty({n, size, size, 3});
  for (float& value : std::span(images.data<float>(), static_cast<size_t>(images.numel())))
    value = static_cast<float>(random.uniform(-2, 2));
  return images;
}

Tensor random_labels(int64_t n, int classes) {
  Tensor labels = Tensor::empty({n}, DType::i32);
  Random random(1, Stream::test);
  for (int32_t& label : std::span(labels.data<int32_t>(), static_cast<size_t>(n)))
    label = static_cast<int32_t>(random.below(classes));
  return labels;
}

int run_bench_step(const BenchStepOptions& options) {
  set_threads(options.threads);
  const Device device = device_from(options.device, options.dtype);
  const NetworkInput input{device, activations_dtype(options.dtype), {}};
  const int together = steps_together(device);
  const auto model = make_model(options.model);
  model->to(weights_dtype(options.dtype));
  model->to(device);
  set_tf32(device, options.dtype == "tf32");
  const auto optimizer = make_optimizer(options.optimizer, model->parameters());
  LayerRecorder recorder(1);
  if (options.record) optimizer->observe(recorder);
  const Tensor images = random_pictures(options.batch_size, options.model.image_size, device);
  const Tensor labels = random_labels(options.batch_size, options.model.classes).to(device);
  GradientGraph graph(*model, input, 0);
  const bool use_graph = options.cuda_graph && device.type == DeviceType::cuda;

  std::vector<double> step_ms;
  for (int step = 0; step < options.warmup + options.steps; ++step) {
    const Stopwatch watch;
    for (int i = 0; i < together; ++i) {
      optimizer->zero_grad();
      if (!use_graph || !graph.run({images, labels, {}, 0})) cross_entropy((*model)(input(images)), labels).backward();
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

}  // namespace

void add_bench_step(CLI::App& bench, Chosen& chosen) {
  auto options = std::make_shared<BenchStepOptions>();
  options->optimizer.lr = 0.01;
  options->optimizer.weight_decay = 1e-4;
  CLI::App* command = bench.add_subcommand(
      "step", "Images a second of whole training steps: forward, loss, backward, optimizer; median after warm-up");
  command->add_option("--arch", options->model.arch, "Architecture")
      ->check(one_of(model_names()))
      ->capture_default_str();
  command->add_option("--classes", options->model.classes, "Outputs of the last layer")
      ->check(at_least(1))
      ->capture_default_str();
  command->add_option("--batch-size", options->batch_size, "Pictures a step")
      ->check(at_least(1))
      ->capture_default_str();
  command->add_option("--image-size", options->model.image_size, "Width and height of the pictures")
      ->check(at_least(1))
      ->capture_default_str();
  command->add_option("--optimizer", options->optimizer.name, "Optimizer")
      ->check(one_of(optimizer_names()))
      ->capture_default_str();
  command->add_option("--steps", options->steps, "Steps that are timed; on a GPU so many times ten")
      ->check(at_least(1))
      ->capture_default_str();
  command->add_option("--dtype", options->dtype, "Of the arithmetic; tf32 and bfloat16 are a GPU's")
      ->check(one_of(dtype_names()))
      ->capture_default_str();
  command->add_option("--warmup", options->warmup, "Steps before them")->check(at_least(0))->capture_default_str();
  command->add_option("--device", options->device, "cpu, cuda (the first GPU), cuda:N, or auto: a GPU if there is one")
      ->check(device_name())
      ->capture_default_str();
  command->add_option("--threads", options->threads, "0: all cores")->check(at_least(0))->capture_default_str();
  command->add_flag("--cuda-graph,!--no-cuda-graph", options->cuda_graph,
                    "On a GPU: gradients are recorded once and launched as a whole (the default)");
  command->add_flag("--record,!--no-record", options->record, "Measures all layers at each step");
  command->add_flag("--json,!--no-json", options->json, "A JSON object a line");
  command->callback([&chosen, options] { chosen.run = [options] { return run_bench_step(*options); }; });
}

}  // namespace radial::apps
