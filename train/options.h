// The options of a training that all tasks share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data/bad_sample.h"
#include "io/options.h"
#include "optim/make_optimizer.h"
#include "optim/schedule.h"

namespace radial {

// How --clip-grad X holds the gradients of a step (optim/clip.h): all of them together in a ball of radius X, or each
// element in [-X, X].
enum class ClipMode { norm, value };

struct TrainOptions {
  std::string task = "classify";
  std::string data;

  bool shuffle = true, drop_last = false;
  int64_t limit_train = 0, limit_val = 0;  // 0: all
  OnBadSample on_bad = OnBadSample::error;
  std::optional<int> workers;  // unset: by the cores

  std::string init;
  std::vector<std::string> init_skip;  // patterns of tensors that keep their initial values
  std::vector<std::string> freeze;     // patterns of parameters that are not trained
  std::string dtype = "float32", device = "auto";

  OptimizerOptions optimizer = {.lr = 1e-3};
  std::optional<double> clip_grad;  // unset: gradients are taken as they are
  ClipMode clip_mode = ClipMode::norm;
  std::optional<double> ema_decay;  // of averages of the weights; unset: none are kept
  ScheduleOptions schedule = {};
  int epochs = 100;
  int64_t batch_size = 256;
  std::optional<int> accumulate;  // batches of a step; unset: one for each process
  uint64_t seed = 0;
  int threads = 0;  // 0: all cores

  int record_every = 1;
  std::optional<int> layers_every;  // unset: at most 100 rows a layer and epoch
  int keep = 0;
  double save_every = 10;  // minutes; 0: not by time
  int patience = 0;        // epochs without a better one; 0: any number
  double max_hours = 0;    // of this call; 0: any number
  bool eval_first = false;
  bool tensorboard = false;

  // About one call, not about the training.
  std::string out, resume, config;
  bool cuda_graph = true;
  bool profile = false;
  bool dry_run = false;
  bool print_config = false;
};

// Whether the norm of the gradients is measured.
inline bool clips_norm(const TrainOptions& options) {
  return options.clip_grad.has_value() && options.clip_mode == ClipMode::norm;
}

// Those about the data, and all others: a task's own come between them.
void list_data_options(OptionList& list, TrainOptions& options);
void list_training_options(OptionList& list, TrainOptions& options);
// Those that other commands have, too.
void list_device(OptionList& list, std::string& device);
void list_dtype(OptionList& list, std::string& dtype);
void list_threads(OptionList& list, int& threads);
void list_workers(OptionList& list, std::optional<int>& workers);
void list_on_bad(OptionList& list, OnBadSample& on_bad);

// A run keeps paths that hold wherever it goes on; "" stays.
void make_absolute(std::string& path);

// Fills in what follows from other options (momentum, weight decay, workers) and makes paths absolute. Throws
// Error(usage) for options that contradict each other or that this build cannot do.
void resolve(TrainOptions& options);

}  // namespace radial
