// The options of `radial train`: one struct and one list, from which the command line, configuration files, the
// config.toml of a run and the comparison on --resume are made.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data/loader.h"
#include "data/picture_samples.h"
#include "io/options.h"
#include "models/models.h"
#include "optim/make_optimizer.h"
#include "optim/schedule.h"
#include "tasks/network_input.h"

namespace radial {

struct TrainOptions {
  std::string data;

  std::string arch = "resnet18";
  Stem stem = Stem::imagenet;
  int classes = 0;  // 0: as many as there are folders
  std::string init;
  std::string dtype = "float32";
  std::string device = "auto";

  OptimizerOptions optimizer = {.lr = 1e-3};
  ScheduleOptions schedule = {};

  int epochs = 100;
  int64_t batch_size = 256;
  int accumulate = 1;
  double label_smoothing = 0;

  int image_size = 224;
  int resize = 0;  // 0: 256/224 of image_size
  Augment augment = Augment::standard;
  bool shuffle = true;
  std::array<double, 3> mean = {0.485, 0.456, 0.406};
  std::array<double, 3> std = {0.229, 0.224, 0.225};
  int64_t limit_train = 0, limit_val = 0;  // 0: all
  bool drop_last = false;
  OnBadSample on_bad = OnBadSample::error;
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

void list_options(OptionList& list, TrainOptions& options);
// Those that other commands have, too.
void list_device(OptionList& list, std::string& device);
void list_threads(OptionList& list, int& threads);

// What the text of a config.toml says; `source` is for messages.
TrainOptions train_options_from(const std::string& config, const std::string& source);

// Fills in what follows from other options (momentum, weight decay, resize, workers) and makes paths absolute. Throws
// Error(usage) for options that contradict each other or that this build cannot do.
void resolve(TrainOptions& options);

// The text of config.toml: what makes this training what it is, ready for --config.
std::string config_text(TrainOptions options);

// What may not change when a run goes on, but does: "--lr 0.2 (the run has 0.1)".
std::vector<std::string> changed_options(TrainOptions run, TrainOptions now);
std::vector<std::string> options_that_may_change();  // "--epochs", ..., beside DATA

// The parts, as the libraries want them.
ModelOptions model_options(const TrainOptions& options);
TransformOptions transform_options(const TrainOptions& options, bool train);
Loader train_loader(const TrainOptions& options, const ImageFolder& folder);  // which must outlive the loader
Loader val_loader(const TrainOptions& options, const ImageFolder& folder);
// What --dtype says: float32, float64, tf32, bfloat16.
const std::vector<std::string>& dtype_names();
DType weights_dtype(const std::string& dtype);      // f64 or f32, also of gradients and of the optimizer's state
DType activations_dtype(const std::string& dtype);  // f64, f32 or bf16
// cpu, cuda, cuda:N, auto: parse_device, but float64 is the CPU's alone, tf32 and bfloat16 are a GPU's. `auto` is a
// device that can; there may be none, or another is asked for: Error(usage).
Device device_from(const std::string& device, const std::string& dtype);
NetworkInput network_input(const TrainOptions& options, Device device);

}  // namespace radial
