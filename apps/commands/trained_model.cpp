#include "apps/commands/trained_model.h"

#include "core/error.h"
#include "core/parallel.h"
#include "nn/weights.h"
#include "train/checkpoint.h"

namespace radial::apps {
namespace {

// Radial's own files say how the pictures were prepared; those that only name the model still have that in them.
TrainOptions options_of(const TensorFile& file, const std::string& path) {
  const std::string config = config_of(file);
  if (!config.empty()) {
    try {
      return train_options_from(config, path);
    } catch (const Error& error) {  // of a file, not of the command line
      fail(ErrorKind::file_format, "load: ", error.what());
    }
  }
  TrainOptions options;
  const ModelOptions model = from_metadata(file.metadata, {.arch = "", .classes = 0}, path);
  options.arch = model.arch;
  options.classes = model.classes;
  options.stem = model.stem;
  options.image_size = model.image_size;
  // torchvision's classifiers end with "fc"
  if (const auto fc = file.tensors.find("fc.weight"); options.classes == 0 && fc != file.tensors.end())
    options.classes = static_cast<int>(fc->second.dim(0));
  return options;
}

template <class T>
void override_with(T& value, const std::optional<T>& other) {
  if (other) value = *other;
}

}  // namespace

void list_options(OptionList& list, TrainedModelOptions& options) {
  Option& weights =
      list.add("weights", options.weights, "Weights (safetensors) or a run folder, whose last checkpoint is taken");
  weights.required = true;
  weights.type = "FILE|RUN";
  list.add("arch", options.arch, "Architecture, where the file does not say it", one_of(model_names()));
  list.add_choice("stem", options.stem, stem_names(), "First layers of a ResNet");
  list.add("classes", options.classes, "Outputs of the last layer", at_least(1));
  list.add("image-size", options.image_size, "Width and height that the network sees (as in training, or 224)",
           at_least(1));
  list.add("resize", options.resize, "Short side before the centre crop (256/224 of the size)", at_least(1));
  list.add_choice("augment", options.augment, augment_names(),
                  "As in training: pictures of the right size are not resized unless standard");
  list.add("mean", options.mean, "Of red, green and blue, subtracted from values of 0 to 1", within(-1e6, 1e6));
  list.add("std", options.std, "Of red, green and blue, divided by", within(1e-6, 1e6));
  list.add("dtype", options.dtype, "Of the arithmetic (as in training, or float32)", one_of(dtype_names()));
  list_device(list, options.device);
  list_threads(list, options.threads);
}

std::string TrainedModel::class_name(int64_t output) const {
  const auto i = static_cast<size_t>(output);
  return i < classes.size() ? classes[i] : std::to_string(output);
}

TrainedModel load_trained_model(const TrainedModelOptions& given) {
  set_threads(given.threads);
  const std::string path = weights_path(given.weights);
  const TensorFile file = read_safetensors(path);
  TrainedModel model;
  model.options = options_of(file, path);
  model.classes = classes_of(file, path);
  TrainOptions& options = model.options;
  override_with(options.arch, given.arch);
  override_with(options.stem, given.stem);
  override_with(options.dtype, given.dtype);
  // What was trained on a GPU has weights in float32, and is used where there is none, too.
  if (!given.dtype && options.dtype != "float64" && parse_device(given.device).type == DeviceType::cpu)
    options.dtype = "float32";
  override_with(options.augment, given.augment);
  override_with(options.classes, given.classes);
  override_with(options.mean, given.mean);
  override_with(options.std, given.std);
  if (given.image_size) options.resize = 0;  // that of the file belongs to its size
  override_with(options.image_size, given.image_size);
  override_with(options.resize, given.resize);
  check(!options.arch.empty(), path, " does not say its architecture; use --arch");
  if (options.classes == 0) options.classes = 1000;

  check_sizes(model_options(options), file, path);
  model.module = make_model(model_options(options));
  model.module->to(weights_dtype(options.dtype));
  load_weights(*model.module, file, path);
  options.device = given.device;
  model.device = device_from(options.device, options.dtype);
  set_tf32(model.device, options.dtype == "tf32");
  model.module->to(model.device);
  model.module->eval();
  return model;
}

}  // namespace radial::apps
