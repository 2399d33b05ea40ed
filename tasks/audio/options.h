// The options of `--task audio`, and what is made of them.
#pragma once

#include <memory>
#include <string>

#include "tasks/audio/audio.h"
#include "train/task_options.h"

namespace radial {

class AudioOptions : public TaskOptions {
 public:
  std::string arch = "harmonic_cnn";
  HarmonicCnnOptions model = {.outputs = 0};  // 0: as many as the data have classes or tags
  int64_t pieces = 1;                         // of a sound in evaluation
  double threshold = 0.1;
  bool tagged = false;  // the data have tags

  void list_options(OptionList& list) override;
  std::string network() const override { return arch; }
  void open_data(const TrainOptions& train) override;
  std::unique_ptr<Task> open(const TrainOptions& train) override;
  std::unique_ptr<Task> open_for_evaluation(const TrainOptions& train, const std::string& split,
                                            const Weights& weights) override;
  std::unique_ptr<Predictor> predictor(const TrainOptions& train, const Weights& weights, int top) override;
  ModelSummary summary(const TrainOptions& train, const Weights& weights) override;

 private:
  std::unique_ptr<HarmonicCnn> new_network(const TrainOptions& train) const;
  std::unique_ptr<HarmonicCnn> trained_network(const TrainOptions& train, const Weights& weights);

  std::shared_ptr<const SoundLists> lists_;
};

}  // namespace radial
