#include "tasks/detect/detect.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "core/autograd.h"
#include "core/error.h"
#include "io/atomic_file.h"
#include "tasks/detect/boxed_data.h"
#include "tasks/detect/coco_ap.h"
#include "tasks/detect/voc_ap.h"
#include "train/together.h"

namespace radial {

namespace {

constexpr size_t shown_numbers = 9;  // of COCO's twelve: AP to AR100

// What has been seen of the validation, and what was found in it.
class Found {
 public:
  explicit Found(const BoxedPictures& boxes) : boxes_(boxes) {
    for (size_t i = 0; i < boxes.classes.size(); ++i)
      truth_.categories.push_back({boxes.categories[i], boxes.classes[i]});
  }

  // Of each picture of all ranks: sample, width, height, how many boxes, and of each box label, score, x, y, width,
  // height.
  void add(std::span<const double> pictures) {
    for (auto at = pictures.begin(); at != pictures.end();) {
      const auto sample = static_cast<int64_t>(at[0]), boxes = static_cast<int64_t>(at[3]);
      const int width = static_cast<int>(at[1]), height = static_cast<int>(at[2]);
      std::vector<Detection> found;
      at += 4;
      for (int64_t i = 0; i < boxes; ++i, at += 6)
        found.push_back({static_cast<int32_t>(at[0]), at[1], {at[2], at[3], at[4], at[5]}});
      add(sample, width, height, found);
    }
  }

  void add(int64_t sample, int width, int height, const std::vector<Detection>& found) {
    const BoxedPicture& picture = boxes_.pictures[static_cast<size_t>(sample)];
    truth_.pictures.push_back({picture.id, picture.file, width, height});
    const auto category = [&](int32_t label) { return boxes_.categories[static_cast<size_t>(label)]; };
    for (const BoxedObject& object : boxes_.objects(sample, width, height))
      truth_.objects.push_back({std::ssize(truth_.objects) + 1, picture.id, category(object.label), object.box,
                                object.area, object.crowd || object.difficult});
    for (const Detection& one : found) detections_.push_back({picture.id, category(one.label), one.box, one.score});
  }

  const CocoAnnotations& truth() const { return truth_; }
  const std::vector<CocoDetection>& detections() const { return detections_; }

 private:
  const BoxedPictures& boxes_;
  CocoAnnotations truth_;
  std::vector<CocoDetection> detections_;
};

}  // namespace

Detect::Detect(Parts parts) : parts_(std::move(parts)) {
  parties_ = {{"", &parts_.detector->network()}};
  facts_.measures = parts_.detector->measures();
  facts_.results = {{"loss", "loss"}};
  for (size_t i = 0; i < shown_numbers; ++i)
    facts_.results.push_back({CocoNumbers::names[i], CocoNumbers::names[i], true});
  facts_.decides = "AP";
  facts_.writes_predictions = facts_.writes_ground_truth = true;
  facts_.notes = parts_.notes;
  facts_.classes = parts_.boxes->classes;
  facts_.metadata = {{"radial.arch", parts_.arch},
                     {"radial.classes", std::to_string(parts_.boxes->classes.size())},
                     {"radial.image_size", std::to_string(parts_.image_size)}};
  facts_.network = fmt::format("{}, {:.2f} M parameters, {}, {} classes", parts_.arch,
                               static_cast<double>(parts_.detector->network().parameter_count()) / 1e6, parts_.dtype,
                               parts_.boxes->classes.size());
  facts_.unusable = parts_.boxes->unusable;
  // val.csv has the same columns for all data.
  adds_voc_ = parts_.train == nullptr && parts_.boxes->voc;
  if (adds_voc_)
    for (const char* name : {"voc07_AP", "voc_AP"}) facts_.results.push_back({name, name, true});
  if (parts_.train == nullptr) return;
  facts_.data = fmt::format("{} training and {} validation pictures at {} px", parts_.train->size(), parts_.val->size(),
                            parts_.image_size);
  facts_.unusable.insert(facts_.unusable.begin(), parts_.train_boxes->unusable.begin(),
                         parts_.train_boxes->unusable.end());
}

Loader& Detect::batches() {
  check(parts_.train != nullptr, ErrorKind::internal, "detect: there are no pictures to train on");
  return *parts_.train;
}

std::vector<Loader*> Detect::loaders() {
  std::vector<Loader*> loaders;
  for (const auto* loader : {&parts_.train, &parts_.val})
    if (*loader != nullptr) loaders.push_back(loader->get());
  return loaders;
}

void Detect::gradients(const Batch& batch, const Turn& turn, Tensor& numbers) {
  add_gradients(parts_.detector->loss(batch, numbers, nullptr), turn.share);
}

std::optional<Evaluation> Detect::evaluate(const EvaluationHooks& hooks) {
  const NoGrad no_grad;
  const EvaluationMode evaluation(parts_.detector->network());
  std::vector<BatchNumbers> own_numbers;
  std::vector<double> own;  // pictures, as Found takes them
  const bool done = for_each_batch(*parts_.val, hooks, [&](const Batch& batch) {
    Tensor numbers = Tensor::zeros({std::ssize(facts_.measures)}, DType::f64, parts_.device);
    std::vector<std::vector<Detection>> boxes;
    parts_.detector->loss(batch, numbers, &boxes);
    own_numbers.push_back({std::ssize(batch.samples), numbers.to_vector()});
    const int32_t* extents = batch[parts_.detector->extents_field()].data<int32_t>();
    for (size_t i = 0; i < boxes.size(); ++i) {
      const auto count = static_cast<double>(boxes[i].size());
      own.insert(own.end(), {static_cast<double>(batch.samples[i]), static_cast<double>(extents[2 * i]),
                             static_cast<double>(extents[2 * i + 1]), count});
      for (const Detection& one : boxes[i]) {
        own.insert(own.end(), {static_cast<double>(one.label), one.score});
        own.insert(own.end(), one.box.begin(), one.box.end());
      }
    }
  });
  if (!done) return std::nullopt;
  Sums sums;
  for (const BatchNumbers& batch : gathered(*hooks.group, own_numbers)) sums.add(batch, facts_.measures);
  Found found(*parts_.boxes);
  found.add(joined_ranks<double>(*hooks.group, own));
  if (!hooks.predictions.empty()) write_atomically(hooks.predictions, coco_results_json(found.detections()));
  if (!hooks.ground_truth.empty()) write_atomically(hooks.ground_truth, coco_json(found.truth()));
  const CocoNumbers numbers = coco_ap(found.truth(), found.detections());
  Evaluation result{sums.samples, {sums.of(0, facts_.measures)}};
  const auto add = [&](double value) { result.values.push_back(value < 0 ? value : 100 * value); };
  for (size_t i = 0; i < shown_numbers; ++i) add(numbers.values[i]);
  if (adds_voc_) {
    const VocNumbers voc = voc_ap(found.truth(), found.detections());
    add(voc.eleven_points);
    add(voc.area);
  }
  return result;
}

std::string Detect::describe_data() const { return describe_boxed_data(*parts_.train_boxes, *parts_.boxes); }

void Detect::check_same_data(const std::string& before, const std::string& path, const std::string& now) const {
  check_same_boxed_data(before, path, now);
}

}  // namespace radial
