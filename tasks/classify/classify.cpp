#include "tasks/classify/classify.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "core/autograd.h"
#include "core/error.h"
#include "core/fnv.h"
#include "core/ops.h"
#include "data/picture_samples.h"
#include "io/json_lines.h"
#include "nn/dropout.h"
#include "nn/freeze.h"
#include "nn/layer_depth.h"
#include "tasks/class_folders.h"

namespace radial {
namespace {

using Json = nlohmann::ordered_json;

std::vector<BadSample::Entry> unusable(const Dataset& dataset) {
  std::vector<BadSample::Entry> all = dataset.train.unusable;
  all.insert(all.end(), dataset.val.unusable.begin(), dataset.val.unusable.end());
  return all;
}

// Whether the weights of a batch's labels (i32, on the host) are all 0, by whose sum its loss would be divided.
bool counts_nothing(const Tensor& labels, const std::vector<double>& weights) {
  const int32_t* label = labels.data<int32_t>();
  return std::all_of(label, label + labels.numel(), [&](int32_t of) { return weights[static_cast<size_t>(of)] == 0; });
}

// 0, and gradients of 0: pictures that count nothing teach nothing.
Tensor no_loss(const Tensor& logits, const Tensor& labels, CrossEntropyOptions how) {
  how.reduction = LossReduction::sum;
  return scale(cross_entropy(logits, labels, how), 0);
}

constexpr const char* weights_key = "class_weights";  // in dataset.json

// As shares, since the rates themselves follow the schedule.
std::string told(Module& network, const LrFactors& factors) {
  std::string text = "learning rates, as shares of --lr:";
  for (const LayerParameters& layer : layers_from_head(network))
    text +=
        fmt::format("{} {} {:.3g}", text.back() == ':' ? "" : ",", layer.name, factors.at(layer.parameters.front()));
  return text;
}

}  // namespace

LrFactors Classify::lr_factors(Module& network) const {
  return parts_.layer_decay == 1 ? LrFactors() : layer_decay_factors(network, parts_.layer_decay);
}

Classify::Classify(Parts parts) : parts_(std::move(parts)) {
  parties_ = {{"", parts_.model.get(), lr_factors(*parts_.model)}};
  facts_.measures = {{{"loss", "loss"}, Measure::Kind::mean},
                     {{"top1", "top-1", true}, Measure::Kind::count},
                     {{"top5", "top-5", true}, Measure::Kind::count, false}};
  evaluated_ = facts_.measures;
  evaluated_[2].written = true;
  set_results("top1");
  const std::vector<double>& weights = parts_.class_weights;
  if (!weights.empty())
    class_weights_ =
        Tensor::from(weights, {std::ssize(weights)}).to(accumulator_of(parts_.input.dtype)).to(parts_.input.device);
  // What is drawn, or looked at, on the host in each batch is not.
  const bool some_count_nothing = std::find(weights.begin(), weights.end(), 0.0) != weights.end();
  facts_.same_launches = !parts_.mix.on() && !has_dropouts(*parts_.model) && !some_count_nothing;
  facts_.writes_classes = facts_.writes_predictions = true;
  facts_.metadata = to_metadata(parts_.network);
  facts_.notes = parts_.notes;
  if (!parties_[0].lr_factors.empty()) facts_.notes.push_back(told(*parts_.model, parties_[0].lr_factors));
  facts_.network =
      fmt::format("{}, {:.2f} M parameters, {}, {} classes", parts_.network.arch,
                  static_cast<double>(parts_.model->parameter_count()) / 1e6, parts_.dtype, parts_.network.classes);
  if (parts_.train && parts_.val)
    facts_.data = fmt::format("{} training and {} validation pictures at {} px", parts_.train->size(),
                              parts_.val->size(), parts_.network.image_size);
  if (!parts_.dataset) return;
  facts_.classes = parts_.dataset->train.classes;
  facts_.unusable = unusable(*parts_.dataset);
}

void Classify::Answers::add(const Batch& batch, const Tensor& logits) {
  const Tensor& labels = batch[PictureSamples::label];
  if (confusion) confusion->add(labels, logits);
  if (predictions) predictions->add(batch.samples, labels, logits);
}

Loader& Classify::batches() {
  check(parts_.train != nullptr, ErrorKind::internal, "classify: there are no pictures to train on");
  return *parts_.train;
}

std::vector<Loader*> Classify::loaders() {
  std::vector<Loader*> loaders;
  for (const auto* loader : {&parts_.train, &parts_.val})
    if (*loader != nullptr) loaders.push_back(loader->get());
  return loaders;
}

void Classify::set_results(const std::string& decides) {
  facts_.results.clear();
  for (const Measure& measure : evaluated_)
    if (measure.written) facts_.results.push_back(measure);
  facts_.decides = decides;
}

CrossEntropyOptions Classify::training_loss() const {
  return {.label_smoothing = parts_.label_smoothing, .class_weights = class_weights_};
}

Tensor Classify::score(const Tensor& x, const Batch& batch, const CrossEntropyOptions& how, Tensor& numbers,
                       const Mix& mix, Answers* answers) {
  const Tensor &own = batch[PictureSamples::label], labels = own.to(parts_.input.device);
  const Tensor logits = (*parts_.model)(mix.pictures(x));
  Tensor loss;
  if (mix.on())
    loss = mix.loss(logits, own, how);
  else if (how.class_weights && counts_nothing(own, parts_.class_weights))
    loss = no_loss(logits, labels, how);
  else
    loss = cross_entropy(logits, labels, how);
  score_batch(numbers, loss, logits, labels);
  if (answers != nullptr) answers->add(batch, logits);
  return loss;
}

void Classify::gradients(const Batch& batch, const Turn& turn, Tensor& numbers) {
  begin_dropouts(*parts_.model, parts_.seed, batch.epoch, batch.number);
  const Shape& shape = batch[PictureSamples::image].shape();
  const Random random(parts_.seed, Stream::noise, static_cast<uint32_t>(batch.epoch),
                      fnv1a("mix") + static_cast<uint64_t>(batch.number));
  const Mix mix = draw_mix(parts_.mix, shape[0], shape[1], shape[2], random);
  const Tensor x = parts_.input(batch[PictureSamples::image]);
  add_gradients(score(x, batch, training_loss(), numbers, mix), turn.share);
}

void Classify::evaluate_batch(const Batch& batch, Tensor& numbers) {
  const NoGrad no_grad;
  score(parts_.input(batch[PictureSamples::image]), batch, {}, numbers, {}, &answers_);
}

void Classify::write_answers(const EvaluationHooks& hooks) const {
  const std::vector<std::string>& names = parts_.dataset->val.classes;
  if (answers_.confusion) write_confusion(*answers_.confusion, names, hooks.per_class);
  if (answers_.predictions) answers_.predictions->write(hooks.predictions, parts_.val->samples(), names);
}

std::optional<Evaluation> Classify::evaluate(const EvaluationHooks& hooks) {
  const EvaluationMode evaluation(*parts_.model);
  answers_ = {};
  if (!hooks.per_class.empty()) answers_.confusion.emplace(static_cast<size_t>(parts_.network.classes));
  if (!hooks.predictions.empty()) answers_.predictions.emplace();
  PendingNumbers pending(parts_.input.device, std::ssize(evaluated_));
  std::vector<BatchNumbers> own;
  const auto read = [&] {
    for (BatchNumbers& batch : pending.take()) own.push_back(std::move(batch));
  };
  const bool done = for_each_batch(*parts_.val, hooks, [&](const Batch& batch) {
    Tensor numbers = pending.next(std::ssize(batch.samples));
    evaluate_batch(batch, numbers);
    if (pending.batches() >= steps_between_readings(parts_.input.device)) read();
  });
  read();
  if (!done) return std::nullopt;
  Sums sums;
  for (const BatchNumbers& batch : gathered(*hooks.group, own)) sums.add(batch, evaluated_);
  if (sums.samples > 0) write_answers(hooks);
  Evaluation result{sums.samples, {}};
  for (size_t i = 0; i < evaluated_.size(); ++i)
    if (evaluated_[i].written) result.values.push_back(sums.of(i, evaluated_));
  return result;
}

void Classify::try_one_sample(std::span<const std::string> frozen) {
  const int64_t size = parts_.network.image_size;
  const auto probe = make_model(parts_.network);
  freeze(*probe, frozen);
  (*probe)(Tensor::zeros({1, size, size, parts_.network.in_channels}));
}

std::string Classify::describe_data() const {
  const std::string folders = describe_class_folders(*parts_.dataset);
  if (parts_.class_weights.empty()) return folders;
  Json description = parse_json(folders, "classify");
  description[weights_key] = parts_.class_weights;
  return json_text(description, 2) + "\n";
}

void Classify::check_same_data(const std::string& before, const std::string& path, const std::string& now) const {
  check_same_class_folders(before, path, now);
  const auto weights = [&](const std::string& text) {
    return parse_json(text, path).value(weights_key, Json::array());
  };
  check(weights(before) == weights(now), ErrorKind::dataset, "resume: the class weights are not those that the run ",
        "began with, which ", path, " lists under ", weights_key);
}

}  // namespace radial
