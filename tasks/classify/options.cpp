#include "tasks/classify/options.h"

#include <utility>

#include "core/error.h"
#include "data/picture_samples.h"
#include "nn/weights.h"
#include "tasks/class_folders.h"
#include "tasks/classify/classify.h"
#include "tasks/classify/predict.h"
#include "tasks/picture_options.h"
#include "train/checkpoint.h"
#include "train/loaders.h"
#include "train/precision.h"

namespace radial {
namespace {

// The outputs of classifiers as torchvision's, which end with "fc", or VGG's and MobileNetV2's; other programs may
// write names of their own before it. 0: none is found.
int classes_in(const TensorFile& file) {
  for (const std::string last : {"fc.weight", "classifier.6.weight", "classifier.1.weight"})
    for (const auto& [name, tensor] : file.tensors)
      if ((name == last || name.ends_with("." + last)) && tensor.rank() > 0) return static_cast<int>(tensor.dim(0));
  return 0;
}

}  // namespace

void ClassifyOptions::list_options(OptionList& list) {
  list_picture_options(list);
  list_class_options(list);
  radial::list_options(list, mix);
}

void ClassifyOptions::list_picture_options(OptionList& list) {
  list.group("Pictures");
  list.add("image-size", model.image_size, "Width and height that the network sees", within(1, 1 << 15));
  list.add("resize", resize, "Short side before the centre crop in evaluation; 0: 256/224 of the size", at_least(0));
  list.add_choice("augment", augment, augment_names(),
                  "standard (random resized crop, flip), crop (pad 4, random crop, flip), flip, none; pictures of the "
                  "right size are resized with standard alone");
  list.add_choice("auto-augment", auto_augment, auto_augment_names(),
                  "randaugment: two of 14 operations on each training picture, of torchvision's strength")
      .in_evaluation = false;
  Option& jitter = list.add("color-jitter", color_jitter,
                            "Brightness, contrast, saturation and hue of training pictures change by up to so much; "
                            "one number: the first three; none: 0.4",
                            within(0, 10));
  jitter.alone = {"0.4"};
  jitter.in_evaluation = false;
  Option& light = list.add("lighting", lighting, "Standard deviation of the light's colour in training; no number: 0.1",
                           within(0, 10));
  light.alone = {"0.1"};
  light.in_evaluation = false;
  list.add("random-erase", random_erase, "Probability that a rectangle of a training picture is erased", within(0, 1))
      .in_evaluation = false;
  list.add("mean", mean, "Of red, green and blue, subtracted from values of 0 to 1", within(-1e6, 1e6));
  list.add("std", std, "Of red, green and blue, divided by", within(1e-6, 1e6));
}

void ClassifyOptions::list_class_options(OptionList& list) {
  list.group("Classification");
  radial::list_options(list, model, "Outputs of the last layer; 0: as many as folders");
  Option& decay = list.add(
      "layer-decay", layer_decay,
      "The last layer learns with --lr, each layer before it with FACTOR times the rate of the next", within(0, 1));
  decay.type = "FACTOR";
  decay.in_evaluation = false;
  list.add("label-smoothing", label_smoothing, "Share of the target spread over all classes", within(0, 1))
      .in_evaluation = false;
}

std::shared_ptr<const Samples> ClassifyOptions::samples(const TrainOptions& train, const ImageFolder& folder,
                                                        bool training) const {
  return std::make_shared<PictureSamples>(folder, transform(training), picture_dtype(train));
}

void ClassifyOptions::resolve(const TrainOptions&) {
  const size_t jitters = color_jitter.size();
  check(jitters != 2 && jitters <= 4, "train: --color-jitter takes one number, three or four but got ", jitters);
  check(jitters < 4 || color_jitter[3] <= 0.5, "train: --color-jitter turns the hue by at most 0.5, but got ",
        jitters < 4 ? 0 : color_jitter[3]);
  check_options(mix);
  check(layer_decay > 0, "train: --layer-decay is ", layer_decay,
        " but must be above 0; --freeze keeps layers as they are");
  if (resize == 0) resize = transform(false).short_side();
}

void ClassifyOptions::before_overriding(const OptionList& given) { forget_resize(given, resize); }

void ClassifyOptions::learn_from(const TensorFile& file, const std::string& path) {
  model = from_metadata(file.metadata, {.arch = "", .classes = 0}, path);
  if (model.classes == 0) model.classes = classes_in(file);
}

void ClassifyOptions::open_data(const TrainOptions& train) {
  check_crop(resize, model.image_size);
  Dataset dataset = open_dataset(train.data, train.on_bad);
  dataset.train = grouped(std::move(dataset.train), true);
  dataset.val = grouped(std::move(dataset.val), true);
  dataset_ = std::make_shared<const Dataset>(std::move(dataset));
  const auto folders = static_cast<int>(dataset_->train.classes.size());
  if (model.classes == 0) model.classes = folders;
  check(model.classes >= folders, "train: --classes ", model.classes, " but ", dataset_->train.root.string(), " has ",
        folders, " folders");
}

std::unique_ptr<Task> ClassifyOptions::open(const TrainOptions& train) {
  return std::make_unique<Classify>(training_parts(train));
}

std::unique_ptr<Task> ClassifyOptions::open_for_evaluation(const TrainOptions& train, const std::string& split,
                                                           const Weights& weights) {
  return std::make_unique<Classify>(evaluation_parts(train, split, weights));
}

// Initial values are made on the CPU, so that they do not depend on the device.
Classify::Parts ClassifyOptions::training_parts(const TrainOptions& train) {
  model.seed = train.seed;
  auto network = make_model(model);
  place(*network, train.device, train.dtype);
  std::vector<std::string> notes;
  if (!train.init.empty()) notes = load_initial_weights(*network, train);
  return {.network = model,
          .model = std::move(network),
          .input = input(train),
          .dtype = train.dtype,
          .label_smoothing = label_smoothing,
          .mix = mix,
          .layer_decay = layer_decay,
          .seed = train.seed,
          .dataset = dataset_,
          .train = std::make_unique<Loader>(training_loader(train, samples(train, dataset_->train, true))),
          .val = std::make_unique<Loader>(evaluation_loader(train, samples(train, dataset_->val, false))),
          .notes = std::move(notes)};
}

std::unique_ptr<Classifier> ClassifyOptions::trained_model(const TrainOptions& train, const Weights& weights) {
  check(!model.arch.empty(), weights.path, " does not say its architecture; use --arch");
  if (model.classes == 0) model.classes = classes_in(weights.file);
  if (model.classes == 0) model.classes = 1000;
  check_sizes(model, weights.file, weights.path);
  auto network = make_model(model);
  place(*network, train.device, train.dtype);
  load_weights(*network, weights.file, weights.path, {.any_prefix = true});
  network->eval();
  return network;
}

Classify::Parts ClassifyOptions::evaluation_parts(const TrainOptions& train, const std::string& split,
                                                  const Weights& weights) {
  auto network = trained_model(train, weights);
  Dataset dataset;
  dataset.val = grouped(open_split(train.data, split, train.on_bad), false);
  match_labels(dataset.val, model.classes, weights.classes);
  const auto kept = std::make_shared<const Dataset>(std::move(dataset));
  return {.network = model,
          .model = std::move(network),
          .input = input(train),
          .dtype = train.dtype,
          .dataset = kept,
          .val = std::make_unique<Loader>(evaluation_loader(train, samples(train, kept->val, false)))};
}

std::unique_ptr<Predictor> ClassifyOptions::predictor(const TrainOptions& train, const Weights& weights, int top) {
  auto network = trained_model(train, weights);
  return std::make_unique<ClassPredictor>(std::move(network), input(train), transform(false),
                                          weights_dtype(train.dtype), weights.classes, top);
}

TransformOptions ClassifyOptions::transform(bool train) const {
  const auto jitter = [&](size_t which) {
    if (which < color_jitter.size()) return color_jitter[which];
    return color_jitter.size() == 1 && which < 3 ? color_jitter[0] : 0;
  };
  return {.image_size = model.image_size,
          .resize = resize,
          .augment = augment,
          .train = train,
          .auto_augment = auto_augment,
          .color_jitter = {jitter(0), jitter(1), jitter(2), jitter(3)},
          .lighting = lighting,
          .random_erase = random_erase,
          .mean = mean,
          .std = std};
}

NetworkInput ClassifyOptions::input(const TrainOptions& train) const { return picture_input(train, mean, std); }

}  // namespace radial
