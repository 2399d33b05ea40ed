// The options of `radial train` by name, and what is made from the list: config.toml, comparison of runs.
#include "io/configuration.h"
#include "train/options.h"

namespace radial {

void list_options(OptionList& list, TrainOptions& options) {
  constexpr auto machine = Role::machine, call = Role::call;

  list.group("Data");
  list.add_argument("data", options.data, "DATA", "Folder with train/<class>/* and val/<class>/*");
  list.add("image-size", options.image_size, "Width and height that the network sees", within(1, 1 << 15));
  list.add("resize", options.resize, "Short side before the centre crop in evaluation; 0: 256/224 of the size",
           at_least(0));
  list.add_choice("augment", options.augment, augment_names(),
                  "standard (random resized crop, flip), crop (pad 4, random crop, flip), flip, none");
  list.add("shuffle", options.shuffle,
           "a new order of the training pictures each epoch; --no-shuffle: sorted by class and name");
  list.add("mean", options.mean, "Of red, green and blue, subtracted from values of 0 to 1", within(-1e6, 1e6));
  list.add("std", options.std, "Of red, green and blue, divided by", within(1e-6, 1e6));
  list.add("limit-train", options.limit_train, "Takes the first N pictures of the epoch's order; 0: all", at_least(0));
  list.add("limit-val", options.limit_val, "The same for evaluation", at_least(0));
  list.add("drop-last", options.drop_last, "Leaves out a last, smaller batch");
  list.add_choice("on-bad-image", options.on_bad, on_bad_sample_names(), "error: stop; skip: leave out, count and name",
                  machine);
  list.add("workers", options.workers, "Threads that make batches; 0: the training thread does (default: by the cores)",
           at_least(0), machine);

  list.group("Model");
  list.add("arch", options.arch, "Architecture", one_of(model_names()));
  list.add_choice("stem", options.stem, stem_names(), "First layers of a ResNet, for large or for small pictures");
  list.add("classes", options.classes, "Outputs of the last layer; 0: as many as folders", at_least(0));
  list.add("init", options.init, "Weights to start from: safetensors with torchvision's names, or a run folder").type =
      "FILE|RUN";
  list.add("dtype", options.dtype,
           "Of the arithmetic; float64 is slow and exact, tf32 and bfloat16 are a GPU's (weights stay float32)",
           one_of(dtype_names()));
  list_device(list, options.device);

  list.group("Optimizer");
  list_options(list, options.optimizer);

  list.group("Training");
  list.add("epochs", options.epochs, "Passes over the training pictures", at_least(0), machine);
  list.add("batch-size", options.batch_size, "Pictures a batch", at_least(1));
  list.add("accumulate", options.accumulate, "Batches whose gradients make a step", at_least(1));
  list.add("label-smoothing", options.label_smoothing, "Share of the target spread over all classes", within(0, 1));
  list_options(list, options.schedule);
  list.add("seed", options.seed, "Of initial weights, order and augmentation");
  list_threads(list, options.threads);

  list.group("Recording");
  list.add("record-every", options.record_every, "Steps between measurements of the layers; 0: none", at_least(0));
  list.add("layers-every", options.layers_every,
           "Steps between rows of layers.csv (default: at most 100 rows a layer and epoch)", at_least(1));
  list.add("eval-first", options.eval_first, "Evaluates before training, too, as epoch 0");
  list.add("keep", options.keep, "Last epochs whose checkpoints are kept, beside last and best", at_least(0), machine);
  list.add("save-every", options.save_every, "Minutes between checkpoints within an epoch; 0: none", at_least(0),
           machine);
  list.add("cuda-graph", options.cuda_graph,
           "on a GPU gradients of batches of one size are recorded once and launched as a whole", {}, call);
  list.add("profile", options.profile, "Time by kernel at the end, and a Chrome trace in the run folder", {}, call);

  list.group("Run");
  list.add("out", options.out, "Run folder to make (default: runs/<time>-<arch>-<optimizer>)", {}, call).type = "RUN";
  list.add("resume", options.resume, "Run folder to go on with; its options are those of the run", {}, call).type =
      "RUN";
  list.add("config", options.config, "File with options, without dashes: lr = 0.1", {}, call).type = "FILE";
  list.add("dry-run", options.dry_run, "Runs one batch, estimates memory and disk, writes nothing", {}, call);
  list.add("print-config", options.print_config, "Prints all options as a configuration file; does not train", {},
           call);
}

TrainOptions train_options_from(const std::string& config, const std::string& source) {
  TrainOptions options;
  OptionList list;
  list_options(list, options);
  apply_configuration(list, "train", config, source);
  return options;
}

std::string config_text(TrainOptions options) {
  OptionList list;
  list_options(list, options);
  return configuration_text(list, "train");
}

std::vector<std::string> options_that_may_change() {
  TrainOptions options;
  OptionList list;
  list_options(list, options);
  std::vector<std::string> names;
  for (const Option& option : list.all())
    if (option.role == Role::machine && !option.argument) names.push_back("--" + option.name);
  return names;
}

std::vector<std::string> changed_options(TrainOptions run, TrainOptions now) {
  OptionList before, after;
  list_options(before, run);
  list_options(after, now);
  return differences(before, after);
}

}  // namespace radial
