#include "tasks/audio/audio.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/core.h>

#include "core/autograd.h"
#include "core/error.h"
#include "core/ops.h"
#include "data/sound_samples.h"
#include "io/atomic_file.h"
#include "io/csv.h"
#include "nn/freeze.h"
#include "tasks/audio/scores.h"
#include "tasks/audio/tag_metrics.h"
#include "tasks/class_folders.h"
#include "train/together.h"

namespace radial {
namespace {

// What an evaluation gathers, sound by sound.
struct SoundScores {
  std::vector<double> scores;   // [n, outputs]
  std::vector<float> targets;   // [n, outputs], of tags
  std::vector<int32_t> labels;  // [n], of classes
  std::vector<int64_t> samples;

  int64_t size() const { return std::ssize(samples); }
  std::span<const double> scores_of(size_t sound) const {
    const size_t outputs = scores.size() / samples.size();
    return std::span(scores).subspan(sound * outputs, outputs);
  }
};

SoundScores gathered(Group& group, const SoundScores& own) {
  return {joined_ranks<double>(group, own.scores), joined_ranks<float>(group, own.targets),
          joined_ranks<int32_t>(group, own.labels), joined_ranks<int64_t>(group, own.samples)};
}

double mean_loss(const SoundScores& found, bool tagged) {
  double sum = 0;
  for (size_t i = 0; i < found.samples.size(); ++i) {
    const std::span<const double> p = found.scores_of(i);
    sum +=
        tagged ? tag_loss(p, std::span(found.targets).subspan(i * p.size(), p.size())) : class_loss(p, found.labels[i]);
  }
  return sum / static_cast<double>(found.size());
}

double accuracy(const SoundScores& found) {  // per cent
  int64_t right = 0;
  for (size_t i = 0; i < found.samples.size(); ++i) {
    const std::span<const double> p = found.scores_of(i);
    right += std::max_element(p.begin(), p.end()) - p.begin() == found.labels[i] ? 1 : 0;
  }
  return 100 * static_cast<double>(right) / static_cast<double>(found.size());
}

void write_scores(const SoundScores& found, const SoundList& list, const std::string& path) {
  std::vector<CsvField> fields = {"file"};
  fields.insert(fields.end(), list.classes.begin(), list.classes.end());
  std::string text = csv_line(fields);
  for (size_t i = 0; i < found.samples.size(); ++i) {
    fields = {list.path(found.samples[i]).string()};
    const std::span<const double> p = found.scores_of(i);
    for (size_t k = 0; k < std::min(p.size(), list.classes.size()); ++k) fields.emplace_back(p[k]);
    text += csv_line(fields);
  }
  write_atomically(path, text);
}

}  // namespace

Audio::Audio(Parts parts) : parts_(std::move(parts)) {
  parties_ = {{"", parts_.model.get()}};
  facts_.measures = {Measure{{"loss", "loss"}}};
  facts_.results = {Column{"loss", "loss"}};
  if (parts_.tagged) {
    facts_.results.insert(facts_.results.end(), {{"roc_auc", "ROC-AUC"}, {"pr_auc", "PR-AUC"}, {"f1", "F1"}});
    facts_.decides = "roc_auc";
  } else {
    facts_.measures.push_back({{"accuracy", "accuracy", true}, Measure::Kind::count});
    facts_.results.push_back({"accuracy", "accuracy", true});
    facts_.decides = "accuracy";
  }
  facts_.sample = "sound";
  facts_.writes_predictions = true;
  if (parts_.tagged) facts_.metadata["radial.tags"] = "true";
  facts_.notes = parts_.notes;
  facts_.network = fmt::format("harmonic_cnn, {:.2f} M parameters, {}, {} {}",
                               static_cast<double>(parts_.model->parameter_count()) / 1e6, parts_.dtype,
                               parts_.network.outputs, parts_.tagged ? "tags" : "classes");
  if (!parts_.lists) return;
  const SoundLists& lists = *parts_.lists;
  facts_.classes = lists.val.classes;
  for (const SoundList* list : {&lists.train, &lists.val})
    facts_.unusable.insert(facts_.unusable.end(), list->unusable.begin(), list->unusable.end());
  if (parts_.train)
    facts_.data = fmt::format("{} training and {} validation sounds, {} samples at {} Hz", lists.train.size(),
                              lists.val.size(), parts_.network.samples, parts_.network.rate);
}

Loader& Audio::batches() {
  check(parts_.train != nullptr, ErrorKind::internal, "audio: there are no sounds to train on");
  return *parts_.train;
}

std::vector<Loader*> Audio::loaders() {
  std::vector<Loader*> loaders;
  for (const auto* loader : {&parts_.train, &parts_.val})
    if (*loader != nullptr) loaders.push_back(loader->get());
  return loaders;
}

Tensor Audio::input(const Tensor& sounds) const {
  const Tensor rows = sounds.view({sounds.dim(0) * sounds.dim(1), sounds.dim(2)});
  return (parts_.dtype == "float64" ? rows.to(DType::f64) : rows).to(parts_.device);
}

void Audio::gradients(const Batch& batch, const Turn& turn, Tensor& numbers) {
  begin_dropouts(*parts_.model, parts_.seed, batch.epoch, batch.number);
  const Tensor logits = (*parts_.model)(input(batch[SoundSamples::sound]));
  const Tensor target = batch[SoundSamples::label].to(parts_.device);
  const DType wide = accumulator_of(logits.dtype());
  const Tensor loss = parts_.tagged ? bce_with_logits(logits, target.to(wide)) : cross_entropy(logits, target);
  if (parts_.tagged) {
    numbers.copy_from(loss.detach().to(DType::f64).view({1}));
  } else {
    Tensor score = Tensor::empty({3}, DType::f64, parts_.device);  // loss, right, among five
    score_batch(score, loss.detach(), logits.detach(), target);
    numbers.copy_from(score.slice(0, 2));
  }
  add_gradients(loss, turn.share);
}

std::optional<Evaluation> Audio::evaluate(const EvaluationHooks& hooks) {
  const NoGrad no_grad;
  const EvaluationMode evaluation(*parts_.model);
  SoundScores own;
  const auto outputs = static_cast<size_t>(parts_.network.outputs);
  const bool done = for_each_batch(*parts_.val, hooks, [&](const Batch& batch) {
    const Tensor& sounds = batch[SoundSamples::sound];
    const std::vector<double> logits = (*parts_.model)(input(sounds)).to_vector();
    const size_t of_sound = static_cast<size_t>(sounds.dim(1)) * outputs;
    const Tensor& target = batch[SoundSamples::label];
    for (size_t i = 0; i < batch.samples.size(); ++i) {
      const std::vector<double> p =
          mean_probabilities(std::span(logits).subspan(i * of_sound, of_sound), parts_.network.outputs, parts_.tagged);
      if (parts_.tagged) {
        const std::span<const float> tags(target.data<float>() + i * outputs, outputs);
        own.targets.insert(own.targets.end(), tags.begin(), tags.end());
      } else {
        own.labels.push_back(target.data<int32_t>()[i]);
      }
      own.scores.insert(own.scores.end(), p.begin(), p.end());
    }
    own.samples.insert(own.samples.end(), batch.samples.begin(), batch.samples.end());
  });
  if (!done) return std::nullopt;
  const SoundScores found = gathered(*hooks.group, own);
  Evaluation result{found.size(), {}};
  if (found.size() == 0) return Evaluation{0, std::vector<double>(facts_.results.size())};
  result.values.push_back(mean_loss(found, parts_.tagged));
  if (parts_.tagged) {
    const TagMetrics metrics = tag_metrics(found.scores, found.targets, parts_.network.outputs, parts_.threshold);
    result.values.insert(result.values.end(), {metrics.roc_auc, metrics.pr_auc, metrics.f1});
  } else {
    result.values.push_back(accuracy(found));
  }
  if (!hooks.predictions.empty()) write_scores(found, parts_.lists->val, hooks.predictions);
  return result;
}

void Audio::try_one_sample(std::span<const std::string> frozen) {
  HarmonicCnn probe(parts_.network);
  freeze(probe, frozen);
  probe(Tensor::zeros({1, parts_.network.samples}));
}

std::string Audio::describe_data() const {
  const ImageFolder train = parts_.lists->train.files(), val = parts_.lists->val.files();
  const std::array<NamedFolder, 2> folders = {NamedFolder{"train", &train}, NamedFolder{"val", &val}};
  return describe_class_folders(parts_.lists->train.root.string(), folders);
}

void Audio::check_same_data(const std::string& before, const std::string& path, const std::string& now) const {
  check_same_class_folders(before, path, now);
}

}  // namespace radial
