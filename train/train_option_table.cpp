// The table of the options of `radial train`, and what is made from it: command line, config.toml, comparison of runs.
#include <functional>
#include <type_traits>

#include "apps/cli/config_file.h"
#include "apps/cli/option_checks.h"
#include "io/toml.h"
#include "train/train_options.h"

namespace radial::apps {
namespace {

enum class Role {
  config,   // part of config.toml; must stay the same when a run goes on
  machine,  // part of config.toml; may change
  call      // about this call only
};

struct Row {
  std::string name;  // "lr"
  Role role;
  std::string type;  // what the help shows for the value; "": what CLI11 makes of the C++ type
  std::function<CLI::Option*(CLI::App&, TrainOptions&)> add;
  std::function<std::string(const TrainOptions&)> text;  // as TOML; "" if there is no value
};

template <class T>
std::string text_of(const T& value) {
  return toml(value);
}
template <class T>
std::string text_of(const std::optional<T>& value) {
  return value ? toml(*value) : "";
}
std::string text_of(const std::string& value) { return value.empty() ? "" : toml(value); }
std::string text_of(const std::vector<std::string>& values) { return values.empty() ? "" : toml(values); }

// What the help shows as default.
template <class T>
void show_default(CLI::Option* option, const T&) {
  option->capture_default_str();
}
template <class T>
void show_default(CLI::Option*, const std::optional<T>&) {}  // the description says it
void show_default(CLI::Option* option, const std::string& value) {
  if (!value.empty()) option->capture_default_str();
}

template <class T>
CLI::Option* add_option(CLI::App& command, const std::string& name, T& value, const std::string& help,
                        const CLI::Validator& valid) {
  CLI::Option* option = command.add_option((name == "data" ? "" : "--") + name, value, help);
  show_default(option, value);
  if constexpr (std::is_same_v<T, std::string>) option->check(not_empty());
  if constexpr (std::is_integral_v<T>) option->check(fits<T>());
  if (!valid.get_name().empty()) option->check(valid);
  return option;
}
template <class T>
CLI::Option* add_option(CLI::App& command, const std::string& name, std::vector<T>& values, const std::string& help,
                        const CLI::Validator& valid) {
  CLI::Option* option = command.add_option("--" + name, values, help)->delimiter(',');
  if (!values.empty()) option->capture_default_str();
  if (!valid.get_name().empty()) option->check(valid);
  return name == "mean" || name == "std" ? exactly(3, option) : option;
}
CLI::Option* add_option(CLI::App& command, const std::string& name, bool& value, const std::string& help,
                        const CLI::Validator&) {
  return command.add_flag("--" + name + ",!--no-" + name, value, (value ? "On by default: " : "") + help);
}

class Table {
 public:
  void group(const char* name) { group_ = name; }

  template <class T>
  Row& add(const std::string& name, T TrainOptions::*member, const std::string& help, const CLI::Validator& valid = {},
           Role role = Role::config) {
    const auto add_to = [=, group = group_](CLI::App& command, TrainOptions& options) {
      CLI::Option* option = add_option(command, name, options.*member, help, valid);
      if (option->get_expected_max() <= 1) option->take_last();  // given twice: the last one counts
      option->group(group);
      return option;
    };
    rows.push_back(
        {name, role, "", add_to, [member](const TrainOptions& options) { return text_of(options.*member); }});
    return rows.back();
  }

  std::vector<Row> rows;

 private:
  std::string group_;
};

Table make_table() {
  using O = TrainOptions;
  constexpr auto machine = Role::machine, call = Role::call;
  Table table;

  table.group("Data");
  table.add("data", &O::data, "Folder with train/<class>/* and val/<class>/*", {}, machine).type = "DATA";
  table.add("image-size", &O::image_size, "Width and height that the network sees", within(1, 1 << 15));
  table.add("resize", &O::resize, "Short side before the centre crop in evaluation; 0: 256/224 of the size",
            at_least(0));
  table.add("augment", &O::augment, "standard (random resized crop, flip), crop (pad 4, random crop, flip), flip, none",
            one_of({"standard", "crop", "flip", "none"}));
  table.add("shuffle", &O::shuffle,
            "a new order of the training pictures each epoch; --no-shuffle: sorted by class and name");
  table.add("mean", &O::mean, "Of red, green and blue, subtracted from values of 0 to 1", within(-1e6, 1e6));
  table.add("std", &O::std, "Of red, green and blue, divided by", within(1e-6, 1e6));
  table.add("limit-train", &O::limit_train, "Takes the first N pictures of the epoch's order; 0: all", at_least(0));
  table.add("limit-val", &O::limit_val, "The same for evaluation", at_least(0));
  table.add("drop-last", &O::drop_last, "Leaves out a last, smaller batch");
  table.add("on-bad-image", &O::on_bad_image, "error: stop; skip: leave out, count and name", one_of({"error", "skip"}),
            machine);
  table.add("workers", &O::workers, "Threads that make batches; 0: the training thread does (default: by the cores)",
            at_least(0), machine);

  table.group("Model");
  table.add("arch", &O::arch, "Architecture", one_of(model_names()));
  table.add("stem", &O::stem, "First layers of a ResNet, for large or for small pictures",
            one_of({"imagenet", "cifar"}));
  table.add("classes", &O::classes, "Outputs of the last layer; 0: as many as folders", at_least(0));
  table.add("init", &O::init, "Weights to start from: safetensors with torchvision's names, or a run folder").type =
      "FILE|RUN";
  table.add("dtype", &O::dtype,
            "Of the arithmetic; float64 is slow and exact, tf32 and bfloat16 are a GPU's (weights stay float32)",
            one_of(dtype_names()));
  table.add("device", &O::device, "cpu, cuda (the first GPU), cuda:N, or auto: a GPU if there is one", device_name(),
            machine);

  table.group("Optimizer");
  table.add("optimizer", &O::optimizer, "gd is sgd with momentum 0", one_of(optimizer_names()));
  table.add("lr", &O::lr, "Learning rate", at_least(0));
  table.add("momentum", &O::momentum, "Of sgd and sgdp (default 0.9)", within(0, 1));
  table.add("dampening", &O::dampening, "Of sgd and sgdp", within(0, 1));
  table.add("nesterov", &O::nesterov, "Nesterov's momentum, in sgd, sgdp and adamp");
  table.add("beta1", &O::beta1, "Of adam, adamw and adamp", within(0, 1));
  table.add("beta2", &O::beta2, "Of adam, adamw and adamp", within(0, 1));
  table.add("eps", &O::eps, "Of adam, adamw, sgdp and adamp", at_least(0));
  table.add("weight-decay", &O::weight_decay,
            "Coupled in sgd and adam, decoupled in the others (default 0; adamw 0.01)", at_least(0));
  table.add("no-decay", &O::no_decay, "Without weight decay: kinds (conv, linear, norm, bias) or parts of names").type =
      "KIND";
  table.add("delta", &O::delta, "Threshold of the test for scale invariance, in sgdp and adamp", at_least(0));
  table.add("wd-ratio", &O::wd_ratio, "Weight decay of projected weights, relative, in sgdp and adamp", at_least(0));
  table.add("projection-test", &O::projection_test, "When to project: cosine (released code), printed (slides), always",
            one_of({"cosine", "printed", "always"}));
  table.add("projected-buffer", &O::projected_buffer, "sgdp's momentum buffer is projected, too, as in released code");

  table.group("Training");
  table.add("epochs", &O::epochs, "Passes over the training pictures", at_least(0), machine);
  table.add("batch-size", &O::batch_size, "Pictures a batch", at_least(1));
  table.add("accumulate", &O::accumulate, "Batches whose gradients make a step", at_least(1));
  table.add("label-smoothing", &O::label_smoothing, "Share of the target spread over all classes", within(0, 1));
  table.add("schedule", &O::schedule, "Of the learning rate", one_of({"constant", "step", "multistep", "cosine"}));
  table.add("lr-step-epochs", &O::lr_step_epochs, "step: epochs from drop to drop", at_least(1));
  table.add("lr-milestones", &O::lr_milestones, "multistep: drops after these epochs", at_least(1));
  table.add("lr-gamma", &O::lr_gamma, "step, multistep: factor of a drop", at_least(0));
  table.add("warmup-epochs", &O::warmup_epochs, "Epochs of linear growth from 0", at_least(0));
  table.add("seed", &O::seed, "Of initial weights, order and augmentation");
  table.add("threads", &O::threads, "Threads that compute; 0: all cores", at_least(0), machine);

  table.group("Recording");
  table.add("record-every", &O::record_every, "Steps between measurements of the layers; 0: none", at_least(0));
  table.add("layers-every", &O::layers_every,
            "Steps between rows of layers.csv (default: at most 100 rows a layer and epoch)", at_least(1));
  table.add("eval-first", &O::eval_first, "Evaluates before training, too, as epoch 0");
  table.add("keep", &O::keep, "Last epochs whose checkpoints are kept, beside last and best", at_least(0), machine);
  table.add("save-every", &O::save_every, "Minutes between checkpoints within an epoch; 0: none", at_least(0), machine);
  table.add("cuda-graph", &O::cuda_graph,
            "on a GPU gradients of batches of one size are recorded once and launched as a whole", {}, call);
  table.add("profile", &O::profile, "Time by kernel at the end, and a Chrome trace in the run folder", {}, call);

  table.group("Run");
  table.add("out", &O::out, "Run folder to make (default: runs/<time>-<arch>-<optimizer>)", {}, call).type = "RUN";
  table.add("resume", &O::resume, "Run folder to go on with; its options are those of the run", {}, call).type = "RUN";
  table.add("config", &O::config, "File with options, without dashes: lr = 0.1", {}, call).type = "FILE";
  table.add("dry-run", &O::dry_run, "Runs one batch, estimates memory and disk, writes nothing", {}, call);
  table.add("print-config", &O::print_config, "Prints all options as a configuration file; does not train", {}, call);
  return table;
}

const std::vector<Row>& table() {
  static const std::vector<Row> rows = make_table().rows;
  return rows;
}

}  // namespace

void add_train_options(CLI::App& command, TrainOptions& options) {
  for (const Row& row : table()) {
    CLI::Option* option = row.add(command, options);
    if (!row.type.empty()) option->type_name(row.type);
  }
}

TrainOptions train_options_from(const std::string& config, const std::string& source) {
  TrainOptions options;
  CLI::App command("", "train");
  add_train_options(command, options);
  apply_config(command, config, source);
  return options;
}

std::string config_text(const TrainOptions& options) {
  std::string text = "[train]\n";
  for (const Row& row : table())
    if (row.role != Role::call)
      if (const std::string value = row.text(options); !value.empty()) text += row.name + " = " + value + "\n";
  return text;
}

std::vector<std::string> options_that_may_change() {
  std::vector<std::string> names;
  for (const Row& row : table())
    if (row.role == Role::machine && row.name != "data") names.push_back("--" + row.name);
  return names;
}

std::vector<std::string> changed_options(const TrainOptions& run, const TrainOptions& now) {
  std::vector<std::string> changes;
  for (const Row& row : table()) {
    if (row.role != Role::config) continue;
    const std::string before = row.text(run), after = row.text(now);
    const auto shown = [](const std::string& value) { return value.empty() ? "none" : value; };
    if (before != after)
      changes.push_back("--" + row.name + " " + shown(after) + " (the run has " + shown(before) + ")");
  }
  return changes;
}

}  // namespace radial::apps
