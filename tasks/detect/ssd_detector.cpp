#include "tasks/detect/ssd_detector.h"

#include <algorithm>
#include <cmath>

#include "core/autograd.h"
#include "core/error.h"
#include "core/ops.h"
#include "nn/freeze.h"

namespace radial {

namespace {

constexpr double least_score = 0.01, most_overlap = 0.45;
constexpr size_t most_of_class = 400, most_of_picture = 200;

double two_decimals_of(double value) { return std::round(value * 100) / 100; }

}  // namespace

SsdLoss ssd_loss(const Ssd::Output& output, const Tensor& labels, const Tensor& codes) {
  const auto wide = [](const Tensor& x) { return cast(x, accumulator_of(x.dtype())); };
  const Tensor logits = wide(output.classes), found = wide(output.codes);
  const int64_t rows = logits.dim(0) * logits.dim(1), boxes = logits.dim(1);
  const Tensor losses = cross_entropy(reshape(logits, {rows, logits.dim(2)}), reshape(labels, {rows}),
                                      {.reduction = LossReduction::none});
  const Tensor on_host = labels.to(Device{});
  const std::span<const int32_t> label(on_host.data<int32_t>(), static_cast<size_t>(rows));
  const std::vector<double> counts = hard_negatives(losses.detach().to_vector(), label, boxes);
  std::vector<double> positive;
  for (const int32_t one : label) positive.push_back(one > 0 ? 1 : 0);
  const auto objects = static_cast<double>(std::count(positive.begin(), positive.end(), 1.0));
  const double n = std::max(objects, 1.0);
  const auto mask = [&](const std::vector<double>& values, const Shape& shape) {
    return Tensor::from(values, shape).to(logits.dtype()).to(logits.device());
  };
  SsdLoss loss;
  loss.classes = sum(losses * mask(counts, {rows})) / n;
  loss.boxes = sum(smooth_l1_loss(found, codes.to(found.dtype()), 1, LossReduction::none) *
                   mask(positive, {logits.dim(0), boxes, 1})) /
               n;
  loss.total = loss.boxes + loss.classes;
  return loss;
}

std::vector<SsdFound> decode_boxes(const Tensor& classes, const Tensor& codes) {
  const std::vector<double> scores = classes.to_vector(), code = codes.to_vector();
  const auto outputs = static_cast<size_t>(classes.dim(1));
  const std::vector<Centered>& defaults = default_boxes();
  std::vector<Corners> boxes;
  for (size_t i = 0; i < defaults.size(); ++i) {
    const Corners box = decode({code[4 * i], code[4 * i + 1], code[4 * i + 2], code[4 * i + 3]}, defaults[i]);
    const auto cut = [](double value) { return std::clamp(value, 0.0, 1.0); };
    boxes.push_back({cut(box.x1), cut(box.y1), cut(box.x2), cut(box.y2)});
  }
  std::vector<SsdFound> found;
  for (size_t c = 1; c < outputs; ++c) {
    std::vector<size_t> order;
    const auto score = [&](size_t i) { return scores[i * outputs + c]; };
    for (size_t i = 0; i < defaults.size(); ++i)
      if (score(i) > least_score) order.push_back(i);
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return score(a) > score(b); });
    order.resize(std::min(order.size(), most_of_class));
    if (order.empty()) continue;
    std::vector<double> corners, of_box;
    for (const size_t i : order) {
      corners.insert(corners.end(), {boxes[i].x1, boxes[i].y1, boxes[i].x2, boxes[i].y2});
      of_box.push_back(score(i));
    }
    const int64_t n = std::ssize(order);
    const Tensor kept = nms(Tensor::from(corners, {n, 4}), Tensor::from(of_box, {n}), most_overlap);
    for (int64_t k = 0; k < kept.numel(); ++k) {
      const size_t i = order[static_cast<size_t>(kept.data<int32_t>()[k])];
      found.push_back({static_cast<int32_t>(c) - 1, score(i), boxes[i]});
    }
  }
  std::stable_sort(found.begin(), found.end(), [](const SsdFound& a, const SsdFound& b) { return a.score > b.score; });
  found.resize(std::min(found.size(), most_of_picture));
  return found;
}

void SsdDetector::try_one_sample(std::span<const std::string> frozen) const {
  if (!options_.network.batch_norm) return;
  Ssd probe(options_.network);
  freeze(probe, frozen);
  probe(Tensor::zeros({1, Ssd::image_size, Ssd::image_size, 3}));
}

std::vector<Measure> SsdDetector::measures() const {
  return {{{"loss", "loss"}, Measure::Kind::mean},
          {{"boxes", "boxes"}, Measure::Kind::mean},
          {{"classes", "classes"}, Measure::Kind::mean}};
}

std::shared_ptr<const Samples> SsdDetector::samples(std::shared_ptr<const BoxedPictures> pictures, bool train) const {
  return std::make_shared<SsdSamples>(std::move(pictures), options_.input, train, picture_dtype());
}

Tensor SsdDetector::loss(const Batch& batch, Tensor& numbers, std::vector<std::vector<Detection>>* found) {
  const Ssd::Output output = network_(input_(batch[SsdSamples::image]));
  const SsdLoss loss =
      ssd_loss(output, batch[SsdSamples::label].to(input_.device), batch[SsdSamples::code].to(input_.device));
  const auto number = [](const Tensor& x) { return x.detach().to(DType::f64); };
  numbers.copy_from(stack({number(loss.total), number(loss.boxes), number(loss.classes)}));
  if (found == nullptr) return loss.total;
  for (int64_t i = 0; i < std::ssize(batch.samples); ++i) {
    const int32_t* extents = batch[SsdSamples::extents].data<int32_t>() + 2 * i;
    found->push_back(found_in(output, i, extents[0], extents[1]));
  }
  return loss.total;
}

std::vector<Detection> SsdDetector::detect(const Image& picture) {
  const NoGrad no_grad;
  Tensor x = Tensor::empty({1, Ssd::image_size, Ssd::image_size, 3}, picture_dtype());
  read_for_ssd(picture, options_.input, x);
  const Ssd::Output output = network_(input_(x));
  for (const Tensor* part : {&output.classes, &output.codes})
    check(std::isfinite(sum(*part).item()), ErrorKind::non_finite,
          "detect: the boxes are not finite; are the weights?");
  return found_in(output, 0, picture.width, picture.height);
}

std::vector<Detection> SsdDetector::found_in(const Ssd::Output& output, int64_t picture, int width, int height) const {
  const auto part = [&](const Tensor& x) {
    const Tensor one = select(x.detach(), 0, picture).to(Device{});
    return one.to(accumulator_of(one.dtype()));
  };
  std::vector<Detection> detections;
  for (const SsdFound& found : decode_boxes(softmax(part(output.classes)), part(output.codes))) {
    const Corners& box = found.box;
    Detection one{found.label,
                  found.score,
                  {box.x1 * width, box.y1 * height, (box.x2 - box.x1) * width, (box.y2 - box.y1) * height}};
    if (options_.rounded) {
      one.score = two_decimals_of(one.score);
      for (double& value : one.box) value = two_decimals_of(value);
    }
    detections.push_back(one);
  }
  return detections;
}

}  // namespace radial
