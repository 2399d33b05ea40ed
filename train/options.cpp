#include "train/options.h"

#include <algorithm>
#include <filesystem>
#include <thread>

#include "core/error.h"
#include "dist/group.h"
#include "io/protocol_buffers.h"
#include "train/precision.h"
#include "train/task_options.h"

namespace radial {
namespace {

// A decoder keeps up with several training threads.
int default_workers() {
  return std::clamp(static_cast<int>(std::thread::hardware_concurrency()) / world().local_size() / 4, 1, 4);
}

}  // namespace

void make_absolute(std::string& path) {
  if (!path.empty()) path = std::filesystem::absolute(path).lexically_normal().string();
}

void list_data_options(OptionList& list, TrainOptions& options) {
  list.group("Data");
  list.add_argument("data", options.data, "DATA",
                    "Folder with train/ and val/, or a tar or zip file of it (docs/data.md)");
  list.add("task", options.task, "What is trained. " + task_summaries(), one_of(task_names()));
  list.add("shuffle", options.shuffle, "a new order of the training data each epoch; --no-shuffle: sorted by name");
  list.add("limit-train", options.limit_train, "Takes the first N samples of the epoch's order; 0: all", at_least(0));
  list.add("limit-val", options.limit_val, "The same for evaluation", at_least(0));
  list.add("drop-last", options.drop_last, "Leaves out a last, smaller batch");
  list_on_bad(list, options.on_bad);
  list_workers(list, options.workers);
}

void list_training_options(OptionList& list, TrainOptions& options) {
  constexpr auto machine = Role::machine, call = Role::call;

  list.group("Weights and arithmetic");
  list.add("init", options.init,
           "Weights to start from, with torchvision's names: safetensors, PyTorch's .pth, or a run folder")
      .type = "FILE|RUN";
  list.add("init-skip", options.init_skip,
           "Tensors of --init that are left out: names, or how names begin; * for any part (fc, layer4.*.conv2)")
      .type = "PATTERN";
  list.add("freeze", options.freeze, "Parameters that are not trained, likewise; their batch norms stay as they are")
      .type = "PATTERN";
  list_dtype(list, options.dtype);
  list_device(list, options.device);
  list_threads(list, options.threads);

  list.group("Optimizer");
  list_options(list, options.optimizer);
  list.add("clip-grad", options.clip_grad, "Bound of the gradients of a step (default: none)", at_least(0));
  const Choices<ClipMode> clip_modes = {{"norm", ClipMode::norm}, {"value", ClipMode::value}};
  list.add_choice("clip-mode", options.clip_mode, clip_modes,
                  "What --clip-grad bounds: the norm of all gradients together, or the value of each element");

  list.add("ema-decay", options.ema_decay,
           "Averages the weights: average = D average + (1 - D) weights after each step; they are evaluated, too, and "
           "saved as checkpoints/ema.safetensors",
           at_least(0))
      .type = "D";

  list.group("Training");
  list.add("epochs", options.epochs, "Passes over the training data", at_least(0), machine);
  list.add("batch-size", options.batch_size, "Samples a batch", at_least(1));
  list.add("accumulate", options.accumulate,
           "Batches whose gradients make a step, shared out among processes (default: one for each)", at_least(1));
  list_options(list, options.schedule);
  list.add("seed", options.seed, "Of initial weights, order and augmentation");

  list.group("Recording");
  list.add("record-every", options.record_every, "Steps between measurements of the layers; 0: none", at_least(0));
  list.add("layers-every", options.layers_every,
           "Steps between rows of layers.csv (default: at most 100 rows a layer and epoch)", at_least(1));
  list.add("eval-first", options.eval_first, "Evaluates before training, too, as epoch 0");
  list.add("tensorboard", options.tensorboard, "Writes event files for TensorBoard, too, into RUN/tensorboard", {},
           machine);
  list.add("keep", options.keep, "Last epochs whose checkpoints are kept, beside last and best", at_least(0), machine);
  list.add("save-every", options.save_every, "Minutes between checkpoints within an epoch; 0: none", at_least(0),
           machine);
  list.add("patience", options.patience, "Ends after so many epochs without a better one; 0: never", at_least(0),
           machine);
  list.add("max-hours", options.max_hours, "Saves and stops after so many hours, with exit code 0; 0: never",
           at_least(0), Role::call);
  list.add("cuda-graph", options.cuda_graph,
           "on a GPU gradients of batches of one size are recorded once and launched as a whole", {}, call);
  list.add("profile", options.profile, "Time by kernel at the end, and a Chrome trace in the run folder", {}, call);

  list.group("Run");
  list.add("out", options.out, "Run folder to make (default: runs/<time>-<network>-<optimizer>)", {}, call).type =
      "RUN";
  list.add("resume", options.resume, "Run folder to go on with; its options are those of the run", {}, call).type =
      "RUN";
  list.add("config", options.config, "File with options, without dashes: lr = 0.1", {}, call).type = "FILE";
  list.add("dry-run", options.dry_run, "Runs one batch, estimates memory and disk, writes nothing", {}, call);
  list.add("print-config", options.print_config, "Prints all options as a configuration file; does not train", {},
           call);
}

void list_device(OptionList& list, std::string& device) {
  list.add("device", device, "cpu, cuda (the first GPU), cuda:N, or auto: a GPU if there is one", device_name(),
           Role::machine);
}

void list_dtype(OptionList& list, std::string& dtype) {
  list.add("dtype", dtype,
           "Of the arithmetic; float64 is slow and exact, tf32 and bfloat16 are a GPU's (weights stay float32)",
           one_of(dtype_names()));
}

void list_threads(OptionList& list, int& threads) {
  list.add("threads", threads, "Threads that compute; 0: all cores", at_least(0), Role::machine);
}

void list_workers(OptionList& list, std::optional<int>& workers) {
  list.add("workers", workers, "Threads that make batches; 0: the thread that computes does (default: by the cores)",
           at_least(0), Role::machine);
}

void list_on_bad(OptionList& list, OnBadSample& on_bad) {
  list.add_choice("on-bad-image", on_bad, on_bad_sample_names(), "error: stop; skip: leave out, count and name",
                  Role::machine);
}

void resolve(TrainOptions& options) {
  resolve(options.optimizer);
  if (!options.workers) options.workers = default_workers();
  if (!options.accumulate) options.accumulate = world().size();
  check(options.clip_grad.value_or(1) > 0, "train: --clip-grad is ", options.clip_grad.value_or(1),
        " but must be positive");
  check(options.ema_decay.value_or(0) < 1, "train: --ema-decay is ", options.ema_decay.value_or(0),
        " but must be below 1");
  check(options.init_skip.empty() || !options.init.empty(),
        "train: --init-skip leaves out tensors of --init, which is not given");
  if (options.tensorboard) check_protocol_buffers("train: --tensorboard");
  device_from(options.device, options.dtype);  // throws if it cannot be used
  make_absolute(options.data);
  make_absolute(options.init);
}

}  // namespace radial
