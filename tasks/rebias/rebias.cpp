#include "tasks/rebias/rebias.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/core.h>

#include "core/autograd.h"
#include "core/error.h"
#include "core/ops.h"
#include "data/picture_samples.h"
#include "dist/share.h"
#include "nn/dropout.h"
#include "nn/freeze.h"
#include "nn/norms.h"
#include "tasks/rebias/hsic.h"
#include "train/batch_statistics.h"
#include "train/together.h"

namespace radial {
namespace {

constexpr size_t f = 0, g = 1;                                  // parties
constexpr int64_t of_f = 0, of_g = 3, dependence = 6, end = 9;  // where the numbers of a batch begin

struct CountBatches : Visitor {
  explicit CountBatches(int count) : times(count) {}
  void on_module(const std::string&, Module& module) override {
    if (auto* norm = dynamic_cast<BatchNorm*>(&module)) norm->count_batches(times);
  }
  int times;
};

// numpy's: the mean of the two in the middle, where there are two.
double median(std::vector<double> values) {
  const auto half = values.begin() + std::ssize(values) / 2;
  std::nth_element(values.begin(), half, values.end());
  if (values.size() % 2 == 1) return *half;
  return (*half + *std::max_element(values.begin(), half)) / 2;
}

}  // namespace

Rebias::Rebias(Parts all, Other other) : Classify(std::move(all)), other_(std::move(other)) {
  const auto measures = [&](const std::string& suffix, const std::string& of) {
    facts_.measures.push_back({{"loss" + suffix, "loss" + of}, Measure::Kind::mean});
    facts_.measures.push_back({{"top1" + suffix, "top-1" + of, true}, Measure::Kind::count});
    facts_.measures.push_back({{"top5" + suffix, "top-5" + of, true}, Measure::Kind::count, false});
  };
  facts_.measures.clear();
  measures("", "");
  measures("_g", " of g");
  facts_.measures.push_back({{"hsic", "HSIC"}, Measure::Kind::mean});
  facts_.measures.push_back({{"unused1", ""}, Measure::Kind::count, false});  // score_batch() writes three numbers
  facts_.measures.push_back({{"unused2", ""}, Measure::Kind::count, false});
  facts_.writes_classes = false;
  facts_.results = {{"loss", "loss"}, {"biased", "biased", true}};
  bool unbiased = false;
  for (const TestSet& test : other_.tests) unbiased = unbiased || test.column.name == "unbiased";
  if (!unbiased) facts_.results.push_back({"unbiased", "unbiased", true});
  for (const TestSet& test : other_.tests) facts_.results.push_back(test.column);
  facts_.decides = "unbiased";
  facts_.same_launches = false;
  parties_ = {{"f", parts().model.get(), lr_factors(*parts().model)}};
  if (other_.model == nullptr) return;
  parties_.push_back({"g", other_.model.get(), lr_factors(*other_.model)});
  facts_.turns = {g, f};
  facts_.network += fmt::format(", beside {}", other_.arch);
  // With one batch a step f is computed once for both of its turns.
  if (other_.lambda_g != 0 && other_.accumulate == 1) count_batches(2);
}

void Rebias::count_batches(int times) {
  CountBatches visitor(times);
  parts().model->visit(visitor);
}

std::vector<NamedTensor> Rebias::state() {
  if (other_.sigma == Sigma::fixed) return {};
  return {{"sigmas", sigmas_, Kind::buffer}};
}

// Both networks are in training mode, and their running statistics move; as in a step, ranks share out the batches
// where there are several.
void Rebias::begin_epoch(int epoch, Group& group) {
  if (other_.sigma == Sigma::fixed || sigmas_.at(0) == epoch) return;
  const NoGrad no_grad;
  const int64_t quarter = std::min(other_.again->batches() / 4 + 1, other_.again->batches());
  const Share own = share_of(group.rank(), group.size(), quarter);
  BatchStatistics statistics(parties_);
  std::string movements;
  std::vector<double> distances[2];
  if (other_.accumulate == 1) count_batches(1);
  together(group, [&] {
    other_.again->start(epoch, own.first);
    while (const auto batch = other_.again->next(own.end)) {
      if (other_.accumulate > 1) statistics.begin();
      for (const size_t party : {f, g}) {
        const Tensor features = see(party == f ? *parts().model : *other_.model, *batch).features;
        const std::vector<double> of_batch = squared_distances(features, features).to_vector();
        distances[party].insert(distances[party].end(), of_batch.begin(), of_batch.end());
      }
      if (other_.accumulate > 1) movements += statistics.end();
    }
  });
  for (const std::string& of_rank : group.gather(movements)) statistics.apply_all(of_rank);
  for (const size_t party : {f, g}) distances[party] = joined_ranks<double>(group, distances[party]);
  if (other_.lambda_g != 0 && other_.accumulate == 1) count_batches(2);
  double* sigmas = sigmas_.data<double>();
  sigmas[0] = epoch;
  for (const size_t party : {f, g})
    if (const double sigma = distances[party].empty() ? 0 : std::sqrt(median(distances[party])); sigma > 0)
      sigmas[1 + party] = sigma;
}

std::vector<Loader*> Rebias::loaders() {
  std::vector<Loader*> all = Classify::loaders();
  for (const TestSet& test : other_.tests) all.push_back(test.loader.get());
  return all;
}

void Rebias::try_one_sample(std::span<const std::string> frozen) {
  std::vector<std::string> of_model;
  for (const std::string& name : frozen)
    if (name.starts_with("f.")) of_model.push_back(name.substr(2));
  Classify::try_one_sample(of_model);
}

Rebias::Seen Rebias::see(Classifier& network, const Batch& batch) {
  begin_dropouts(network, parts().seed, batch.epoch, batch.number);
  const Tensor features = network.features(parts().input(batch[PictureSamples::image]));
  return {features, network.logits(features)};
}

Rebias::Seen Rebias::see_f(const Batch& batch) {
  if (kept_.epoch == batch.epoch && kept_.batch == batch.number) return std::exchange(kept_, {}).seen;
  return see(*parts().model, batch);
}

void Rebias::gradients(const Batch& batch, const Turn& turn, Tensor& numbers) {
  turn.party == g ? gradients_of_g(batch, turn, numbers) : gradients_of_f(batch, turn, numbers);
}

void Rebias::gradients_of_g(const Batch& batch, const Turn& turn, Tensor& numbers) {
  const Tensor labels = batch[PictureSamples::label].to(parts().input.device);
  kept_ = {};
  Tensor features_of_f;
  if (other_.lambda_g != 0 && other_.accumulate == 1) {
    kept_ = {batch.epoch, batch.number, see(*parts().model, batch)};
    features_of_f = kept_.seen.features.detach();
  } else if (other_.lambda_g != 0) {
    const NoGrad no_grad;
    features_of_f = see(*parts().model, batch).features;
  }
  const Seen own = see(*other_.model, batch);
  Tensor loss = cross_entropy(own.logits, labels, {.label_smoothing = parts().label_smoothing});
  if (features_of_f.defined() && labels.dim(0) >= hsic_needs)
    loss = loss - hsic(own.features, features_of_f, sigma_of(other_.sigma == Sigma::swapped ? f : g),
                       sigma_of(other_.sigma == Sigma::swapped ? g : f)) *
                      other_.lambda_g;
  Tensor row = numbers.slice(of_g, dependence);
  score_batch(row, loss, own.logits, labels);
  add_gradients(loss, turn.share);
}

void Rebias::gradients_of_f(const Batch& batch, const Turn& turn, Tensor& numbers) {
  const Tensor labels = batch[PictureSamples::label].to(parts().input.device);
  const Seen own = see_f(batch);
  Tensor loss = cross_entropy(own.logits, labels, {.label_smoothing = parts().label_smoothing});
  if (other_.lambda != 0) {
    Tensor features_of_g;
    {
      const NoGrad no_grad;
      features_of_g = see(*other_.model, batch).features;
    }
    if (labels.dim(0) >= hsic_needs) {
      const Tensor h = hsic(own.features, features_of_g, sigma_of(f), sigma_of(g));
      Tensor row = numbers.slice(dependence, end);
      score_batch(row, h, own.logits, labels);
      loss = loss + h * other_.lambda;
    }
  }
  Tensor row = numbers.slice(of_f, of_g);
  score_batch(row, loss, own.logits, labels);
  add_gradients(loss, turn.share);
}

std::optional<Rebias::Score> Rebias::score_on(Loader& loader, const EvaluationHooks& hooks, bool with_answers,
                                              Predictions* predictions) {
  const NoGrad no_grad;
  PendingNumbers pending(parts().input.device, 3);
  std::vector<BatchNumbers> own;
  std::vector<Clusters::Answer> answers;
  const auto read = [&] {
    for (BatchNumbers& batch : pending.take()) own.push_back(std::move(batch));
  };
  const bool done = for_each_batch(loader, hooks, [&](const Batch& batch) {
    Tensor numbers = pending.next(std::ssize(batch.samples));
    const Tensor labels = batch[PictureSamples::label].to(parts().input.device),
                 logits = (*parts().model)(parts().input(batch[PictureSamples::image]));
    score_batch(numbers, cross_entropy(logits, labels), logits, labels);
    if (predictions != nullptr) predictions->add(batch.samples, labels, logits);
    if (with_answers) {
      const std::vector<double> right = equal(argmax(logits, {1}), labels).to_vector();
      for (size_t i = 0; i < right.size(); ++i) answers.push_back({batch.samples[i], right[i] != 0});
    }
    if (pending.batches() >= steps_between_readings(parts().input.device)) read();
  });
  read();
  if (!done) return std::nullopt;
  Score score;
  for (const BatchNumbers& batch : gathered(*hooks.group, own)) {
    score.loss += batch.values[0] * static_cast<double>(batch.samples);
    score.right += batch.values[1];
    score.samples += batch.samples;
  }
  score.answers = joined_ranks<Clusters::Answer>(*hooks.group, answers);
  return score;
}

std::optional<Evaluation> Rebias::evaluate(const EvaluationHooks& hooks) {
  const EvaluationMode evaluation(*parts().model);
  const auto share = [](const Score& of) {
    return of.samples == 0 ? 0 : 100 * of.right / static_cast<double>(of.samples);
  };
  const bool asked = !hooks.predictions.empty();
  Predictions predictions;
  const auto own = score_on(*parts().val, hooks, other_.clusters != nullptr, asked ? &predictions : nullptr);
  if (!own) return std::nullopt;
  Evaluation result{own->samples, {}};
  result.values = {own->samples == 0 ? 0 : own->loss / static_cast<double>(own->samples), share(*own)};
  if (facts_.results.size() > other_.tests.size() + 2)
    result.values.push_back(other_.clusters ? other_.clusters->unbiased_accuracy(own->answers) : share(*own));
  for (const TestSet& test : other_.tests) {
    const auto of_test = score_on(*test.loader, hooks);
    if (!of_test) return std::nullopt;
    result.values.push_back(share(*of_test));
  }
  if (asked && own->samples > 0)
    predictions.write(hooks.predictions, parts().val->samples(), parts().dataset->val.classes);
  return result;
}

}  // namespace radial
