// What is trained. The loop (train/trainer.h) knows no picture, no class and no loss: only this.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/named_tensor.h"
#include "core/ops.h"
#include "data/loader.h"
#include "dist/group.h"
#include "nn/module.h"
#include "optim/make_optimizer.h"
#include "train/evaluation.h"
#include "train/numbers.h"

namespace radial {

// A network that is trained, by an optimizer of its own.
struct Party {
  std::string name;           // "" if it is the only one; "f", "g": before the names of its tensors in files
  Module* network = nullptr;  // on its device, in its dtype
  LrFactors lr_factors = {};  // of parameters that learn faster or slower than --lr says

  std::string prefix() const { return name.empty() ? "" : name + "."; }
};

// What is the same all through a training.
struct TaskFacts {
  std::vector<Measure> measures;                     // what gradients() writes; the first is a loss
  std::vector<Column> results;                       // what evaluate() finds; the first is a loss
  std::string decides;                               // the result that makes an epoch the best; higher is better
  std::vector<size_t> turns = {0};                   // each party once, in turn: its gradients, then its step
  bool same_launches = false;                        // gradients() launches the same in each step: may be a CUDA graph
  std::string sample = "picture";                    // what a sample is called
  std::string network, data;                         // what is trained, on what: for people
  std::vector<std::string> notes = {};               // what else a training should say as it begins
  std::vector<std::string> classes = {};             // names of the outputs, where they have some
  bool writes_predictions = false;                   // evaluate() knows EvaluationHooks::predictions
  bool writes_ground_truth = false;                  // and ground_truth
  bool writes_classes = false;                       // and per_class
  std::map<std::string, std::string> metadata = {};  // what a weights file says of the network: "radial.arch"
  std::vector<BadSample::Entry> unusable = {};       // what the listing of the data left out
};

// A part of a step.
struct Turn {
  size_t party = 0;
  double share = 1;  // of the batch in the step's mean: its samples / all samples of the step
};

class Task {
 public:
  Task() = default;
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  virtual ~Task() = default;

  const TaskFacts& facts() const { return facts_; }
  std::span<const Party> parties() const { return parties_; }  // the first is what evaluation and `best` mean

  virtual Loader& batches() = 0;  // of training

  // Adds turn.share times the gradient of the batch's mean loss to the gradients of the party's parameters, and leaves
  // its measures in `numbers` (float64 [measures], on the network's device; where a step has several turns, each writes
  // its own, and the others are 0). A mean that is not finite ends the training. Gradients of other parties do not
  // matter: they are dropped before their turn. What is drawn at random follows from the seed and the batch's epoch and
  // number alone.
  virtual void gradients(const Batch& batch, const Turn& turn, Tensor& numbers) = 0;

  // What is to be known before an epoch's steps: all ranks together, where a training enters the epoch, in its middle
  // too. Their state() is the same afterwards, and nothing else changes it.
  virtual void begin_epoch(int /*epoch*/, Group& /*group*/) {}

  // Of the first party, in evaluation mode; its mode is as before afterwards. Nothing if hooks.stop said so. Ranks
  // share out the batches (for_each_batch), and all find the same.
  virtual std::optional<Evaluation> evaluate(const EvaluationHooks& hooks) = 0;

  // All that read samples, training's first.
  virtual std::vector<Loader*> loaders() { return {&batches()}; }
  // Throws Error(usage) if a batch of one sample cannot be trained on (batch norm, but for one that is frozen).
  virtual void try_one_sample(std::span<const std::string> /*frozen*/) {}
  // What a checkpoint holds beside networks and optimizers, under "task.": shared data, there from the beginning.
  virtual std::vector<NamedTensor> state() { return {}; }

  // Which data these are, as JSON, for the run folder; may open every file.
  virtual std::string describe_data() const = 0;
  // Throws Error(dataset) unless `now` describes the data of `before`, which is the text of the file `path`, wherever
  // they lie; Error(file_format) if that is no description.
  virtual void check_same_data(const std::string& before, const std::string& path, const std::string& now) const = 0;

 protected:
  TaskFacts facts_;
  std::vector<Party> parties_;
};

// As gradients() ends: those of the mean loss, which counts with its share.
inline void add_gradients(const Tensor& loss, double share) { (share == 1 ? loss : scale(loss, share)).backward(); }

}  // namespace radial
