#include "tasks/audio/options.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "data/sound.h"
#include "data/sound_samples.h"
#include "nn/init.h"
#include "nn/summary.h"
#include "nn/weights.h"
#include "tasks/audio/predict.h"
#include "train/checkpoint.h"
#include "train/loaders.h"
#include "train/precision.h"

namespace radial {
namespace {

std::shared_ptr<const Samples> pieces_of(const SoundList& list, const HarmonicCnnOptions& model, int64_t pieces,
                                         bool random) {
  return std::make_shared<SoundSamples>(
      list, SoundOptions{.rate = model.rate, .length = model.samples, .pieces = pieces, .random = random});
}

// Of outputs with names: labels by name.
void match_sounds(SoundList& list, std::span<const std::string> names, int64_t outputs) {
  check(std::ssize(list.classes) <= outputs, ErrorKind::dataset, "evaluate: ", list.root.string(), " has ",
        list.classes.size(), " classes but the model has ", outputs, " outputs");
  if (names.empty() || std::equal(names.begin(), names.end(), list.classes.begin(), list.classes.end())) return;
  check(!list.tagged, ErrorKind::dataset, "evaluate: ", list.root.string(),
        " has other tags than those that the model was trained on");
  std::vector<int32_t> output;
  for (const std::string& name : list.classes) {
    const auto found = std::find(names.begin(), names.end(), name);
    check(found != names.end(), ErrorKind::dataset, "evaluate: ", list.root.string(), " has the class ", name,
          " but the model was not trained on it");
    output.push_back(static_cast<int32_t>(found - names.begin()));
  }
  for (SoundList::Item& item : list.items) item.label = output[static_cast<size_t>(item.label)];
  list.classes.assign(names.begin(), names.end());
}

}  // namespace

void AudioOptions::list_options(OptionList& list) {
  list.group("Sounds");
  list.add("arch", arch, "Architecture", one_of({"harmonic_cnn"}));
  list.add("sample-rate", model.rate, "Samples a second; sounds of other rates are resampled", within(1000, 1 << 20));
  list.add("samples", model.samples, "Length of the piece of a sound that the network hears", within(1, 1 << 26));
  list.add("pieces", pieces, "Pieces of each sound in evaluation, whose probabilities are averaged", within(1, 1024));
  list.add("channels", model.channels, "Of the first four stages; twice as many in the others", within(1, 1 << 14));
  list.add("dropout", model.dropout, "Probability that an element is 0 before the last layer, in training",
           within(0, 0.99))
      .in_evaluation = false;
  list.add("threshold", threshold, "Tags: scores above it count as predicted, for F1", within(0, 1));
}

void AudioOptions::open_data(const TrainOptions& train) {
  lists_ = std::make_shared<const SoundLists>(open_sounds(train.data, train.on_bad));
  model.outputs = std::ssize(lists_->train.classes);
  tagged = lists_->train.tagged;
}

std::unique_ptr<HarmonicCnn> AudioOptions::new_network(const TrainOptions& train) const {
  auto network = std::make_unique<HarmonicCnn>(model);
  initialise(*network, train.seed);
  place(*network, train.device, train.dtype);
  network->set_dtype(activations_dtype(train.dtype));
  return network;
}

std::unique_ptr<Task> AudioOptions::open(const TrainOptions& train) {
  auto network = new_network(train);
  std::vector<std::string> notes;
  if (!train.init.empty()) notes = load_initial_weights(*network, train);
  return std::make_unique<Audio>(Audio::Parts{
      .network = model,
      .model = std::move(network),
      .device = device_from(train.device, train.dtype),
      .dtype = train.dtype,
      .tagged = tagged,
      .threshold = threshold,
      .seed = train.seed,
      .lists = lists_,
      .train = std::make_unique<Loader>(training_loader(train, pieces_of(lists_->train, model, 1, true))),
      .val = std::make_unique<Loader>(evaluation_loader(train, pieces_of(lists_->val, model, pieces, false))),
      .notes = std::move(notes)});
}

std::unique_ptr<HarmonicCnn> AudioOptions::trained_network(const TrainOptions& train, const Weights& weights) {
  const auto last = std::find_if(weights.file.tensors.begin(), weights.file.tensors.end(),
                                 [](const auto& named) { return named.first.ends_with("fc2.weight"); });
  check(last != weights.file.tensors.end() && last->second.rank() == 2, ErrorKind::file_format, "load: ", weights.path,
        " has no layer fc2: these are no weights of --task audio");
  model.outputs = last->second.dim(0);
  model.channels = last->second.dim(1) / 2;
  auto network = new_network(train);
  load_weights(*network, weights.file, weights.path, {.any_prefix = true});
  network->eval();
  return network;
}

std::unique_ptr<Task> AudioOptions::open_for_evaluation(const TrainOptions& train, const std::string& split,
                                                        const Weights& weights) {
  auto network = trained_network(train, weights);
  SoundLists lists;
  lists.val = open_sound_split(train.data, split, train.on_bad);
  match_sounds(lists.val, weights.classes, model.outputs);
  tagged = lists.val.tagged;
  check(!tagged || std::ssize(lists.val.classes) == model.outputs, ErrorKind::dataset, "evaluate: ", train.data,
        " has ", lists.val.classes.size(), " tags but the model has ", model.outputs, " outputs");
  const auto kept = std::make_shared<const SoundLists>(std::move(lists));
  return std::make_unique<Audio>(Audio::Parts{
      .network = model,
      .model = std::move(network),
      .device = device_from(train.device, train.dtype),
      .dtype = train.dtype,
      .tagged = tagged,
      .threshold = threshold,
      .lists = kept,
      .val = std::make_unique<Loader>(evaluation_loader(train, pieces_of(kept->val, model, pieces, false)))});
}

std::unique_ptr<Predictor> AudioOptions::predictor(const TrainOptions& train, const Weights& weights, int top) {
  check_sounds();
  auto network = trained_network(train, weights);
  return std::make_unique<SoundPredictor>(SoundPredictor::Parts{.model = std::move(network),
                                                                .network = model,
                                                                .device = device_from(train.device, train.dtype),
                                                                .dtype = weights_dtype(train.dtype),
                                                                .pieces = pieces,
                                                                .tagged = weights.file.metadata.contains("radial.tags"),
                                                                .classes = weights.classes,
                                                                .top = top});
}

ModelSummary AudioOptions::summary(const TrainOptions& train, const Weights& weights) {
  const auto trained = trained_network(train, weights);
  return summarise(*trained, {1, model.samples});
}

}  // namespace radial
