#include "tasks/classify/classify.h"

#include <utility>

#include <fmt/core.h>

#include "core/autograd.h"
#include "core/error.h"
#include "core/fnv.h"
#include "core/ops.h"
#include "data/picture_samples.h"
#include "nn/dropout.h"
#include "nn/freeze.h"
#include "nn/layer_depth.h"
#include "tasks/class_folders.h"

namespace radial {
namespace {

std::vector<BadSample::Entry> unusable(const Dataset& dataset) {
  std::vector<BadSample::Entry> all = dataset.train.unusable;
  all.insert(all.end(), dataset.val.unusable.begin(), dataset.val.unusable.end());
  return all;
}

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
  facts_.same_launches = !parts_.mix.on() && !has_dropouts(*parts_.model);  // which are drawn on the host
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

Tensor Classify::score(const Tensor& x, const Batch& batch, double label_smoothing, Tensor& numbers, const Mix& mix) {
  const Tensor labels = batch[PictureSamples::label].to(parts_.input.device), logits = (*parts_.model)(mix.pictures(x));
  const Tensor loss = mix.on() ? mix.loss(logits, batch[PictureSamples::label], label_smoothing)
                               : cross_entropy(logits, labels, {.label_smoothing = label_smoothing});
  score_batch(numbers, loss, logits, labels);
  return loss;
}

void Classify::gradients(const Batch& batch, const Turn& turn, Tensor& numbers) {
  begin_dropouts(*parts_.model, parts_.seed, batch.epoch, batch.number);
  const Shape& shape = batch[PictureSamples::image].shape();
  const Random random(parts_.seed, Stream::noise, static_cast<uint32_t>(batch.epoch),
                      fnv1a("mix") + static_cast<uint64_t>(batch.number));
  const Mix mix = draw_mix(parts_.mix, shape[0], shape[1], shape[2], random);
  const Tensor x = parts_.input(batch[PictureSamples::image]);
  add_gradients(score(x, batch, parts_.label_smoothing, numbers, mix), turn.share);
}

void Classify::evaluate_batch(const Batch& batch, Tensor& numbers) {
  const NoGrad no_grad;
  score(parts_.input(batch[PictureSamples::image]), batch, 0, numbers);
}

std::optional<Evaluation> Classify::evaluate(const EvaluationHooks& hooks) {
  const EvaluationMode evaluation(*parts_.model);
  PendingNumbers pending(parts_.input.device, std::ssize(evaluated_));
  Sums sums;
  const auto read = [&] {
    for (const BatchNumbers& batch : pending.take()) sums.add(batch, evaluated_);
  };
  const bool done = for_each_batch(*parts_.val, hooks, [&](const Batch& batch) {
    Tensor numbers = pending.next(std::ssize(batch.samples));
    evaluate_batch(batch, numbers);
    if (pending.batches() >= steps_between_readings(parts_.input.device)) read();
  });
  read();
  if (!done) return std::nullopt;
  Evaluation result{sums.samples, {}};
  for (size_t i = 0; i < evaluated_.size(); ++i)
    if (evaluated_[i].written) result.values.push_back(sums.of(i, evaluated_));
  return result;
}

void Classify::try_one_sample(std::span<const std::string> frozen) {
  const int64_t size = parts_.network.image_size;
  const auto probe = make_model(parts_.network);
  freeze(*probe, frozen);
  (*probe)(Tensor::zeros({1, size, size, 3}));
}

std::string Classify::describe_data() const { return describe_class_folders(*parts_.dataset); }

void Classify::check_same_data(const std::string& before, const std::string& path, const std::string& now) const {
  check_same_class_folders(before, path, now);
}

}  // namespace radial
