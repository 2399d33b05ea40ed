#include "tasks/classify/options.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/core.h>

#include "core/error.h"
#include "data/folder_scan.h"
#include "data/picture_archive.h"
#include "data/picture_samples.h"
#include "data/val_labels.h"
#include "data/val_split.h"
#include "nn/input_channels.h"
#include "nn/weights.h"
#include "tasks/class_folders.h"
#include "tasks/classify/class_weights.h"
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

// DATA/<class>/*, as it seems.
bool is_one_folder(const std::string& data) { return is_picture_folder(data) && !is_split(data); }

// Where DATA/val is, or would be; with --val-labels a folder in an archive of it, too.
std::filesystem::path val_of(const std::string& data, bool is_flat) {
  const std::filesystem::path val = folder_of_data(data, "val").value_or(std::filesystem::path(data) / "val");
  return is_flat ? flat_folder_of(val) : val;
}

Contents contents_of_val(const std::filesystem::path& val) {
  return is_picture_folder(val) ? contents_of(val) : Contents::nothing;  // told of by whoever reads it
}

// All pictures in one folder, as ImageNet's are shipped, say nothing of their classes.
void check_is_sorted(const std::filesystem::path& val) {
  check(contents_of_val(val) != Contents::files, ErrorKind::dataset, "dataset: ", val.string(),
        " holds no folders but one for each class is expected; --val-labels FILE says the classes of pictures that lie "
        "in one folder (and --class-map FILE which folders its numbers are)");
}

// Sorted as texts, numbers would be others than those of the outputs.
void check_no_numbers(const std::vector<std::string>& classes, const std::vector<std::string>& known,
                      const std::string& labels) {
  for (const std::string& name : classes)
    check(name.find_first_not_of("0123456789") != std::string::npos ||
              std::find(known.begin(), known.end(), name) != known.end(),
          ErrorKind::dataset, "evaluate: ", labels, " has the class ", name,
          ", a number that no output is called; --class-map FILE says which folder a number is");
}

// Pictures of each class among those that are trained on. A limit takes others of a new order each epoch, so that in
// the mean it leaves the shares of the classes as they are; of the sorted order it takes the same first ones.
std::vector<int64_t> counts_of_training(const ImageFolder& folder, const TrainOptions& train) {
  if (train.shuffle || train.limit_train == 0) return folder.class_counts();
  ImageFolder first = folder;
  first.samples.resize(static_cast<size_t>(std::min(train.limit_train, folder.size())));
  return first.class_counts();
}

// What was done to the weights of --init for a network that sees grey pictures.
std::vector<std::string> made_grey(Module& network, const TrainOptions& train, TensorFile& file) {
  std::vector<std::string> notes;
  for (const std::string& name : sum_input_channels(network, file, train.init_skip))
    notes.push_back("grey pictures: the filters of " + name + " are those of --init, summed over red, green and blue");
  return notes;
}

// Weights that other programs made have outputs without names.
std::vector<std::string> told_of_outputs(int folders, int outputs, const Weights& weights) {
  if (!weights.classes.empty()) return {};
  std::string note = weights.path + " names no classes: folder i of DATA, in sorted order, is taken for output i";
  if (folders != outputs)
    note += fmt::format(
        "; DATA has {} folders but the network {} outputs, so unless these folders are the first of its classes, loss "
        "and rates mean nothing",
        folders, outputs);
  return {note};
}

// "class weights from 0.5 (dog) to 3 (cat)"
std::string range_of(const std::vector<double>& weights, const std::vector<std::string>& classes) {
  const auto last = weights.begin() + std::ssize(classes);
  const auto [low, high] = std::minmax_element(weights.begin(), last);
  const auto name = [&](auto at) { return classes[static_cast<size_t>(at - weights.begin())]; };
  return fmt::format("class weights from {:.4g} ({}) to {:.4g} ({})", *low, name(low), *high, name(high));
}

}  // namespace

void ClassifyOptions::list_options(OptionList& list) {
  list_picture_options(list);
  list_class_options(list);
  list_own_options(list);
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
  list_statistics(list, mean, std);
}

void ClassifyOptions::list_class_options(OptionList& list) {
  list.group("Classification");
  radial::list_options(list, model, "Outputs of the last layer; 0: as many as folders");
  list.add("val-split", val_split,
           "DATA/<class>/* without train/ and val/: the share of each class that is evaluated, by seed and names",
           within(0, 0.99));
  Option& decay = list.add(
      "layer-decay", layer_decay,
      "The last layer learns with --lr, each layer before it with FACTOR times the rate of the next", within(0, 1));
  decay.type = "FACTOR";
  decay.in_evaluation = false;
  list.add("label-smoothing", label_smoothing, "Share of the target spread over all classes", within(0, 1))
      .in_evaluation = false;
}

void ClassifyOptions::list_own_options(OptionList& list) {
  list.add(
      "in-chans", model.in_channels,
      "Channels of the pictures that the network sees: 3, or 1: they are made grey (--mean and --std then have one "
      "number: 0.449 and 0.226, if not given); --init sums the first filters over red, green and blue",
      one_of({"1", "3"}));
  list.add("val-labels", val_labels,
           "File with the classes of the pictures of a flat DATA/val: lines CLASS in the order of names, lines NAME "
           "CLASS, "
           "or CSV file,class",
           {}, Role::machine)
      .type = "FILE";
  list.add("class-map", class_map, "File that says which folder a number of --val-labels is: lines NUMBER FOLDER", {},
           Role::machine)
      .type = "FILE";
  Option& weights = list.add("class-weights", class_weights,
                             "How much pictures count in the loss of training, by their class: none (all the same), "
                             "auto (rare classes more: pictures / (classes * pictures of the class)), or a CSV file "
                             "class,weight");
  weights.type = "none|auto|FILE";
  weights.in_evaluation = false;
  const Choices<Sampler> samplers = {{"shuffle", Sampler::shuffle}, {"balanced", Sampler::balanced}};
  list.add_choice("sampler", sampler, samplers,
                  "Training pictures of an epoch: each once, or as many drawn with replacement, each class equally "
                  "likely")
      .in_evaluation = false;
}

std::shared_ptr<const Samples> ClassifyOptions::samples(const TrainOptions& train, const ImageFolder& folder,
                                                        bool training) const {
  return std::make_shared<PictureSamples>(folder, transform(training), picture_dtype(train));
}

void ClassifyOptions::resolve(const TrainOptions& train) {
  const size_t jitters = color_jitter.size();
  check(jitters != 2 && jitters <= 4, "train: --color-jitter takes one number, three or four but got ", jitters);
  check(jitters < 4 || color_jitter[3] <= 0.5, "train: --color-jitter turns the hue by at most 0.5, but got ",
        jitters < 4 ? 0 : color_jitter[3]);
  check_options(mix);
  check(class_map.empty() || !val_labels.empty(), "train: --class-map has no effect without --val-labels");
  check(val_labels.empty() || val_split == 0,
        "train: --val-labels says the classes of DATA/val, which --val-split does without; use one of them");
  make_absolute(val_labels);
  make_absolute(class_map);
  check(!class_weights.empty(), "train: --class-weights is empty but must be none, auto or a file");
  if (class_weights != "none" && class_weights != "auto") make_absolute(class_weights);
  check(sampler == Sampler::shuffle || train.shuffle,
        "train: --sampler balanced draws its pictures, so --no-shuffle cannot be had with it");
  check(sampler == Sampler::shuffle || class_weights != "auto",
        "train: --class-weights auto has no effect beside --sampler balanced, with which all classes are equally "
        "frequent; use one of them");
  check(layer_decay > 0, "train: --layer-decay is ", layer_decay,
        " but must be above 0; --freeze keeps layers as they are");
  if (model.in_channels == 1) resolve_grey();
  if (resize == 0) resize = transform(false).short_side();
}

void ClassifyOptions::resolve_grey() {
  check(lighting == 0, "train: --lighting changes colours, which grey pictures (--in-chans 1) do not have");
  if (mean == imagenet_mean) mean.fill(grey_mean);
  if (std == imagenet_std) std.fill(grey_std);
  const auto one = [](const std::array<double, 3>& of) { return of[0] == of[1] && of[0] == of[2]; };
  check(one(mean) && one(std), "train: with --in-chans 1, --mean and --std have one number each but got three");
}

void ClassifyOptions::before_overriding(const OptionList& given) { forget_resize(given, resize); }

void ClassifyOptions::learn_from(const TensorFile& file, const std::string& path) {
  model = from_metadata(file.metadata, {.arch = "", .classes = 0}, path);
  if (model.classes == 0) model.classes = classes_in(file);
}

Dataset ClassifyOptions::open_folders(const TrainOptions& train) const {
  if (val_split > 0) return split_dataset(train.data, val_split, train.seed, train.on_bad);
  check(!is_one_folder(train.data), ErrorKind::dataset, "dataset: ", train.data,
        " holds no folder train but train/<class>/<picture> is expected; --val-split 0.2 splits the pictures of "
        "DATA/<class>/*");
  if (val_labels.empty() && train.task == "classify") check_is_sorted(val_of(train.data, false));
  if (val_labels.empty()) return open_dataset(train.data, train.on_bad);
  Dataset dataset;
  dataset.train = open_split(train.data, "train", train.on_bad);
  dataset.val =
      open_labelled_folder(val_of(train.data, true), val_labels, class_map, dataset.train.classes, train.on_bad);
  return dataset;
}

// Other data than those of the training may be split already.
ImageFolder ClassifyOptions::open_evaluated(const TrainOptions& train, const std::string& split,
                                            const Weights& weights) const {
  if (val_split > 0 && is_one_folder(train.data)) {
    Dataset both = split_dataset(train.data, val_split, train.seed, train.on_bad);
    return split == "train" ? std::move(both.train) : std::move(both.val);
  }
  const std::filesystem::path val = val_of(train.data, !val_labels.empty());
  if (val_labels.empty() && split == "val" && train.task == "classify") check_is_sorted(val);
  if (val_labels.empty() || split == "train" || contents_of_val(val) == Contents::folders)
    return open_split(train.data, split, train.on_bad);
  ImageFolder folder = open_labelled_folder(val, val_labels, class_map, {}, train.on_bad);
  if (class_map.empty()) check_no_numbers(folder.classes, weights.classes, val_labels);
  return folder;
}

void ClassifyOptions::open_data(const TrainOptions& train) {
  check_crop(resize, model.image_size);
  Dataset dataset = open_folders(train);
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

Loader ClassifyOptions::picture_loader(const TrainOptions& train) const {
  const ImageFolder& folder = dataset_->train;
  if (sampler == Sampler::shuffle) return training_loader(train, samples(train, folder, true));
  return training_loader(train, samples(train, folder, true), equal_classes(folder.labels(), train.seed));
}

// Outputs beyond the classes of the data weigh 1, which matters to smoothed targets alone.
std::vector<double> ClassifyOptions::loss_weights(const TrainOptions& train) const {
  if (class_weights == "none") return {};
  check(class_weights == "auto" || std::filesystem::exists(class_weights), ErrorKind::io, "class weights: there is no ",
        class_weights, " (--class-weights is none, auto, or a CSV file class,weight)");
  const ImageFolder& folder = dataset_->train;
  std::vector<double> weights = class_weights == "auto" ? balanced_class_weights(counts_of_training(folder, train))
                                                        : read_class_weights(class_weights, folder.classes);
  weights.resize(static_cast<size_t>(model.classes), 1);
  return weights;
}

// Initial values are made on the CPU, so that they do not depend on the device.
Classify::Parts ClassifyOptions::training_parts(const TrainOptions& train) {
  model.seed = train.seed;
  auto network = make_model(model);
  place(*network, train.device, train.dtype);
  std::vector<std::string> notes;
  if (!train.init.empty())
    notes = load_initial_weights(*network, train, [&](TensorFile& file) { return made_grey(*network, train, file); });
  std::vector<double> weights = loss_weights(train);
  if (!weights.empty()) notes.push_back(range_of(weights, dataset_->train.classes));
  return {.network = model,
          .model = std::move(network),
          .input = input(train),
          .dtype = train.dtype,
          .label_smoothing = label_smoothing,
          .class_weights = std::move(weights),
          .mix = mix,
          .layer_decay = layer_decay,
          .seed = train.seed,
          .dataset = dataset_,
          .train = std::make_unique<Loader>(picture_loader(train)),
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
  dataset.val = grouped(open_evaluated(train, split, weights), false);
  std::vector<std::string> notes =
      told_of_outputs(static_cast<int>(dataset.val.classes.size()), model.classes, weights);
  match_labels(dataset.val, model.classes, weights.classes);
  const auto kept = std::make_shared<const Dataset>(std::move(dataset));
  return {.network = model,
          .model = std::move(network),
          .input = input(train),
          .dtype = train.dtype,
          .dataset = kept,
          .val = std::make_unique<Loader>(evaluation_loader(train, samples(train, kept->val, false))),
          .notes = std::move(notes)};
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
          .std = std,
          .channels = model.in_channels};
}

NetworkInput ClassifyOptions::input(const TrainOptions& train) const { return picture_input(train, mean, std); }

}  // namespace radial
