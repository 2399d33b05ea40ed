// Pictures into classes: cross entropy, and how often the right class is the first or among five.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/image_folder.h"
#include "models/models.h"
#include "tasks/classify/confusion.h"
#include "tasks/classify/mix.h"
#include "tasks/classify/predictions.h"
#include "tasks/network_input.h"
#include "train/task.h"

namespace radial {

class Classify : public Task {
 public:
  struct Parts {
    ModelOptions network;                                    // what the model is
    std::unique_ptr<Classifier> model;                       // on its device
    NetworkInput input;                                      // the model's
    std::string dtype = "float32";                           // as --dtype calls it
    double label_smoothing = 0;                              // in training
    std::vector<double> class_weights = {};                  // of each output, in training; none: all count the same
    MixOptions mix = {};                                     // in training
    double layer_decay = 1;                                  // of learning rates: nn/layer_depth.h
    uint64_t seed = 0;                                       // of what training draws
    std::shared_ptr<const Dataset> dataset = nullptr;        // that of the loaders
    std::unique_ptr<Loader> train = nullptr, val = nullptr;  // what is not needed may be missing
    std::vector<std::string> notes = {};
  };
  explicit Classify(Parts parts);

  Loader& batches() override;
  void gradients(const Batch& batch, const Turn& turn, Tensor& numbers) override;
  std::optional<Evaluation> evaluate(const EvaluationHooks& hooks) override;
  std::vector<Loader*> loaders() override;
  void try_one_sample(std::span<const std::string> frozen) override;
  std::string describe_data() const override;
  void check_same_data(const std::string& before, const std::string& path, const std::string& now) const override;

 protected:
  // What an evaluation gathers beside numbers, where it is asked for.
  struct Answers {
    std::optional<Confusion> confusion;
    std::optional<Predictions> predictions;
    void add(const Batch& batch, const Tensor& logits);
  };

  Parts& parts() { return parts_; }
  const Parts& parts() const { return parts_; }

  // Those of --layer-decay; none where it is 1.
  LrFactors lr_factors(Module& network) const;

  // The network's answers to x, its input made of the batch: writes loss and hits to `numbers` and returns the loss:
  // the only place where it is written down. Of mixed pictures the loss is that of the mixed targets; hits are those of
  // a picture's own label. `answers` gets the answers.
  Tensor score(const Tensor& x, const Batch& batch, const CrossEntropyOptions& how, Tensor& numbers,
               const Mix& mix = {}, Answers* answers = nullptr);
  // In training; in evaluation every picture counts the same, and targets are not smoothed.
  CrossEntropyOptions training_loss() const;

  // Writes what is evaluated of a batch. The network is in evaluation mode.
  virtual void evaluate_batch(const Batch& batch, Tensor& numbers);
  // Those of evaluated_ that are written become the results, of which one decides.
  void set_results(const std::string& decides);

  std::vector<Measure> evaluated_;  // what evaluate_batch() writes

 private:
  void write_answers(const EvaluationHooks& hooks) const;

  Parts parts_;
  Answers answers_;       // of the evaluation that goes on
  Tensor class_weights_;  // parts_.class_weights where the network is, in the dtype of its losses
};

}  // namespace radial
