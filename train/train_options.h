// The options of `radial train`: one struct and one table, from which the command line, configuration files, the
// config.toml of a run and the comparison on --resume are made.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data/loader.h"
#include "models/models.h"
#include "optim/make_optimizer.h"
#include "optim/schedule.h"
#include "train/network_input.h"

namespace CLI {
class App;
}

namespace radial::apps {

struct TrainOptions {
  std::string data;

  std::string arch = "resnet18";
  std::string stem = "imagenet";
  int classes = 0;  // 0: as many as there are folders
  std::string init;
  std::string dtype = "float32";
  std::string device = "auto";

  std::string optimizer = "sgd";
  double lr = 1e-3;
  std::optional<double> momentum;  // 0.9; gd: 0
  double dampening = 0;
  bool nesterov = false;
  double beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
  std::optional<double> weight_decay;  // 0; adamw: 0.01
  double delta = 0.1, wd_ratio = 0.1;
  std::string projection_test = "cosine";
  bool projected_buffer = false;
  std::vector<std::string> no_decay;

  std::string schedule = "constant";
  int lr_step_epochs = 30;
  std::vector<int> lr_milestones = {30, 60, 90};
  double lr_gamma = 0.1;
  double warmup_epochs = 0;

  int epochs = 100;
  int64_t batch_size = 256;
  int accumulate = 1;
  double label_smoothing = 0;

  int image_size = 224;
  int resize = 0;  // 0: 256/224 of image_size
  std::string augment = "standard";
  bool shuffle = true;
  std::vector<double> mean = {0.485, 0.456, 0.406};
  std::vector<double> std = {0.229, 0.224, 0.225};
  int64_t limit_train = 0, limit_val = 0;  // 0: all
  bool drop_last = false;
  std::string on_bad_image = "error";
  std::optional<int> workers;  // default_workers()

  int record_every = 1;
  std::optional<int> layers_every;  // at most 100 rows a layer and epoch
  int keep = 0;
  double save_every = 10;  // minutes; 0: not by time
  bool eval_first = false;
  uint64_t seed = 0;
  int threads = 0;  // 0: all cores

  // About one call, not about the training.
  std::string out, resume, config;
  bool cuda_graph = true;
  bool profile = false;
  bool dry_run = false;
  bool print_config = false;
};

// Adds the table to a command; parsing writes into `options`, which must outlive it.
void add_train_options(CLI::App& command, TrainOptions& options);

// What the text of a config.toml says; `source` is for messages.
TrainOptions train_options_from(const std::string& config, const std::string& source);

// Fills in what follows from other options (momentum, weight decay, resize, workers) and makes paths absolute. Throws
// Error(usage) for options that contradict each other or that this build cannot do.
void resolve(TrainOptions& options);

// The text of config.toml: what makes this training what it is, ready for --config.
std::string config_text(const TrainOptions& options);

// What may not change when a run goes on, but does: "--lr 0.2 (the run has 0.1)".
std::vector<std::string> changed_options(const TrainOptions& run, const TrainOptions& now);
std::vector<std::string> options_that_may_change();  // "--epochs", ..., beside DATA

// The parts, as the libraries want them.
ModelOptions model_options(const TrainOptions& options);
OptimizerOptions optimizer_options(const TrainOptions& options);
ScheduleOptions schedule_options(const TrainOptions& options);
OnBadImage on_bad_image_from(const std::string& text);  // error, skip
LoaderOptions train_loader_options(const TrainOptions& options);
LoaderOptions val_loader_options(const TrainOptions& options);
// What --dtype says: float32, float64, tf32, bfloat16.
const std::vector<std::string>& dtype_names();
DType weights_dtype(const std::string& dtype);      // f64 or f32, also of gradients and of the optimizer's state
DType activations_dtype(const std::string& dtype);  // f64, f32 or bf16
// cpu, cuda, cuda:N, auto: parse_device, but float64 is the CPU's alone, tf32 and bfloat16 are a GPU's. `auto` is a
// device that can; there may be none, or another is asked for: Error(usage).
Device device_from(const std::string& device, const std::string& dtype);
NetworkInput network_input(const TrainOptions& options, Device device);

}  // namespace radial::apps
