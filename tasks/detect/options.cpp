#include "tasks/detect/options.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "nn/init.h"
#include "nn/summary.h"
#include "nn/trace.h"
#include "nn/weights.h"
#include "tasks/detect/detect.h"
#include "tasks/detect/predict.h"
#include "tasks/detect/ssd_detector.h"
#include "train/checkpoint.h"
#include "train/loaders.h"
#include "train/precision.h"

namespace radial {

namespace {

const std::vector<std::string> detectors = {"centernet_resnet18", "centernet_resdcn18", "ssd300_vgg16",
                                            "ssd300_vgg16_bn"};

// How the networks' authors normalise, red, green, blue: CenterNet by COCO's colours; SSD takes a mean off values of 0
// to 255.
constexpr std::array<double, 3> centernet_mean = {0.47026115, 0.44719302, 0.40789654};
constexpr std::array<double, 3> centernet_std = {0.27809835, 0.27408164, 0.28863828};
constexpr std::array<double, 3> ssd_mean = {123.0 / 255, 117.0 / 255, 104.0 / 255};
constexpr std::array<double, 3> ssd_std = {1.0 / 255, 1.0 / 255, 1.0 / 255};

std::array<double, 3> three_of(const std::vector<double>& given, const std::array<double, 3>& otherwise) {
  return given.empty() ? otherwise : std::array<double, 3>{given[0], given[1], given[2]};
}

// Classes of the detector in the file, by its last layer, whatever stands before its name; 0: there is none. SSD's has
// the background besides, for each default box of a cell.
int64_t outputs_in(const TensorFile& file) {
  const auto rows = [&](const std::string& last) {
    for (const auto& [name, tensor] : file.tensors)
      if ((name == last || name.ends_with("." + last)) && tensor.rank() > 0) return tensor.dim(0);
    return int64_t{0};
  };
  const int64_t of_ssd = rows("head.classification_head.module_list.0.weight") / Ssd::shapes[0];
  return of_ssd > 1 ? of_ssd - 1 : rows("hm.2.weight");
}

// A file with heads is that of a detector; one without them is a classifier's, of which the backbone is taken.
std::vector<std::string> load_what_fits(Detector& detector, TrainOptions train) {
  if (outputs_in(first_network(read_safetensors(weights_path(train.init)))) > 0)
    return load_initial_weights(detector.network(), train);
  // The last layers of a ResNet, or of a VGG.
  const TensorFile file = first_network(read_safetensors(weights_path(train.init)));
  for (const std::string last : {"fc", "classifier"})
    if (std::any_of(file.tensors.begin(), file.tensors.end(),
                    [&](const auto& named) { return named.first.find(last + ".") != std::string::npos; }))
      train.init_skip.push_back(last);
  std::vector<std::string> notes = load_initial_weights(detector.backbone(), train);
  notes.push_back("the backbone begins with the weights of " + train.init);
  return notes;
}

// The pictures of one half of a data set, which stays there as long as they do.
std::shared_ptr<const BoxedPictures> part(const std::shared_ptr<const BoxedDataset>& dataset, const BoxedPictures& of) {
  return {dataset, &of};
}

}  // namespace

void DetectOptions::list_options(OptionList& list) {
  list.group("Pictures");
  list.add("image-size", image_size,
           "Width and height that the network sees: CenterNet a multiple of 32, SSD 300; 0: 512, 300",
           within(0, 1 << 13));
  list.add_choice("data-format", format, box_format_names(), "Of the boxes: coco, voc, yolo, or auto: by the files");
  list.add_choice("augment", augment, detect_augment_names(),
                  "standard (random part, flip, colours), shift (CenterNet: smaller changes of scale and centre), "
                  "flip, none")
      .in_evaluation = false;
  list.add_choice("channel-order", order, channel_order_names(),
                  "In which the network sees the colours (CenterNet: bgr, SSD: rgb)");
  list.add("mean", mean, "Of red, green and blue, subtracted from values of 0 to 1 (the authors')", within(-1e6, 1e6));
  list.add("std", std, "Of red, green and blue, divided by (the authors')", within(1e-6, 1e6));

  list.group("Detection");
  list.add("arch", arch, "Network", one_of(detectors));
  list.add("heat-weight", loss.heat, "CenterNet: of the loss of the map of classes", at_least(0)).in_evaluation = false;
  list.add("size-weight", loss.size, "CenterNet: of the loss of widths and heights", at_least(0)).in_evaluation = false;
  list.add("offset-weight", loss.offset, "CenterNet: of the loss of places in a cell", at_least(0)).in_evaluation =
      false;
  list.add("rounded", rounded, "Boxes and scores are rounded to two decimals, as the authors' evaluation does");
}

void DetectOptions::resolve(const TrainOptions&) {
  if (image_size == 0) image_size = is_ssd() ? Ssd::image_size : 512;
  for (const auto& [name, values] : {std::pair("mean", &mean), std::pair("std", &std)})
    check(values->empty() || values->size() == 3, "train: --", name, " takes three numbers but got ", values->size());
  check(!is_ssd() || image_size == Ssd::image_size, "train: --image-size is ", image_size, " but ", arch, " sees ",
        Ssd::image_size);
  check(!is_ssd() || augment != DetectAugment::shift, "train: --augment shift is CenterNet's alone");
  check(is_ssd() || image_size % CenterNet::multiple_of == 0, "train: --image-size is ", image_size,
        " but must be a multiple of ", CenterNet::multiple_of);
}

void DetectOptions::learn_from(const TensorFile& file, const std::string& path) {
  const auto found = file.metadata.find("radial.arch");
  if (found == file.metadata.end()) return;
  check(one_of(detectors).expected(found->second).empty(), ErrorKind::file_format, "load: radial.arch is \"",
        found->second, "\", which is no detector (", path, ")");
  arch = found->second;
}

std::unique_ptr<Detector> DetectOptions::new_detector(int64_t classes, bool pretrained) const {
  if (is_ssd())
    return std::make_unique<SsdDetector>(
        SsdDetector::Options{{.outputs = classes + 1, .batch_norm = arch.ends_with("_bn")},
                             {.order = order.value_or(ChannelOrder::rgb),
                              .mean = three_of(mean, ssd_mean),
                              .std = three_of(std, ssd_std),
                              .augment = augment},
                             rounded});
  return std::make_unique<CenterNetDetector>(CenterNetDetector::Options{
      {.classes = classes, .deformable = arch == "centernet_resdcn18", .pretrained = pretrained},
      {.image_size = image_size,
       .order = order.value_or(ChannelOrder::bgr),
       .mean = three_of(mean, centernet_mean),
       .std = three_of(std, centernet_std),
       .augment = augment},
      loss,
      rounded});
}

void DetectOptions::open_data(const TrainOptions& train) {
  dataset_ = std::make_shared<const BoxedDataset>(open_boxed_dataset(train.data, format, train.on_bad));
}

std::unique_ptr<Task> DetectOptions::open(const TrainOptions& train) {
  const bool pretrained = !train.init.empty();
  auto detector = new_detector(std::ssize(dataset_->train.classes), pretrained);
  initialise(detector->network(), train.seed);
  place(detector->network(), train.device, train.dtype);
  std::vector<std::string> notes;
  if (pretrained) notes = load_what_fits(*detector, train);
  const Device device = device_from(train.device, train.dtype);
  detector->place(device, activations_dtype(train.dtype));
  const auto boxes = part(dataset_, dataset_->train), val = part(dataset_, dataset_->val);
  auto train_loader = std::make_unique<Loader>(training_loader(train, detector->samples(boxes, true)));
  auto val_loader = std::make_unique<Loader>(evaluation_loader(train, detector->samples(val, false)));
  return std::make_unique<Detect>(Detect::Parts{.arch = arch,
                                                .dtype = train.dtype,
                                                .image_size = image_size,
                                                .detector = std::move(detector),
                                                .device = device,
                                                .train_boxes = boxes,
                                                .boxes = val,
                                                .train = std::move(train_loader),
                                                .val = std::move(val_loader),
                                                .notes = std::move(notes)});
}

std::unique_ptr<Detector> DetectOptions::trained_detector(const TrainOptions& train, const Weights& weights) const {
  const int64_t classes = outputs_in(weights.file);
  check(classes > 0, ErrorKind::file_format, weights.path,
        " holds no detector that is known: neither hm.2.weight nor head.classification_head.module_list.0.weight");
  auto detector = new_detector(classes, false);
  place(detector->network(), train.device, train.dtype);
  load_weights(detector->network(), weights.file, weights.path, {.any_prefix = true});
  detector->network().eval();
  detector->place(device_from(train.device, train.dtype), activations_dtype(train.dtype));
  return detector;
}

std::unique_ptr<Task> DetectOptions::open_for_evaluation(const TrainOptions& train, const std::string& split,
                                                         const Weights& weights) {
  auto detector = trained_detector(train, weights);
  const int64_t outputs = outputs_in(weights.file);
  BoxedPictures pictures = open_boxed_pictures(train.data, split, format, train.on_bad);
  std::vector<std::string> names = weights.classes.empty() ? pictures.classes : weights.classes;
  check(std::ssize(names) <= outputs, ErrorKind::dataset, "evaluate: ", pictures.root.string(), " has ", names.size(),
        " classes but the network has ", outputs, " outputs");
  while (std::ssize(names) < outputs) names.push_back(std::to_string(names.size()));
  match_boxed_labels(pictures, names);
  const auto kept = std::make_shared<const BoxedPictures>(std::move(pictures));
  auto loader = std::make_unique<Loader>(evaluation_loader(train, detector->samples(kept, false)));
  return std::make_unique<Detect>(Detect::Parts{.arch = arch,
                                                .dtype = train.dtype,
                                                .image_size = image_size,
                                                .detector = std::move(detector),
                                                .device = device_from(train.device, train.dtype),
                                                .train_boxes = nullptr,
                                                .boxes = kept,
                                                .val = std::move(loader)});
}

std::unique_ptr<Predictor> DetectOptions::predictor(const TrainOptions& train, const Weights& weights, int) {
  return std::make_unique<BoxPredictor>(trained_detector(train, weights), weights.classes);
}

ModelSummary DetectOptions::summary(const TrainOptions& train, const Weights& weights) {
  const auto detector = trained_detector(train, weights);
  const Tensor picture = zeros_for(detector->network(), {1, image_size, image_size, 3});
  return summarise(detector->network(), [&] { return detector->outputs(picture); });
}

}  // namespace radial
