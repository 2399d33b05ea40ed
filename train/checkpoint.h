// What a checkpoint holds: weights with torchvision's names, optimizer state ("optimizer." + name), and in the metadata
// where the training stands, its options and its classes; with --ema-decay the averages ("ema." + name). Any of them
// can be evaluated, or resumed; `best` has weights alone, to be evaluated. RunFolder::checkpoint() names the files,
// TrainingRun::save() decides which are written.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "io/safetensors.h"
#include "nn/module.h"
#include "optim/average.h"
#include "optim/optimizer.h"
#include "train/options.h"
#include "train/task.h"
#include "train/training_state.h"

namespace radial {

// A network and its optimizer. Names of the tensors of both begin with the party's prefix.
struct Player {
  Party party;
  std::unique_ptr<Optimizer> optimizer;
  std::unique_ptr<MovingAverage> average = nullptr;  // of parameters and buffers; with --ema-decay the first has one
};

std::vector<NamedTensor> weights_of(Module& network);  // its parameters, then its buffers

// `config` is the text of the run's options.
TensorFile checkpoint_file(Task& task, std::span<const Player> players, const std::string& config,
                           const TrainingState& state);

// Weights and buffers alone, sharing their data: of the first network, under its own names, where there are several.
TensorFile first_network(const TensorFile& file);
// The same as a file of its own, with options and classes. `result` is what the weights reached.
TensorFile weights_alone(const TensorFile& checkpoint, const EpochResult& result);
// The averages in place of the weights, under the weights' names.
TensorFile averages_alone(const TensorFile& checkpoint, const EpochResult& result);

// Where the training stood. Throws Error(file_format) if the file is no checkpoint, or one of a later version.
TrainingState training_state_of(const TensorFile& file, const std::string& path, std::span<const Measure> measures);

// Whether the gradients of the batches of a step were summed in a tree (dist/tree_sum.h): not in runs of before.
bool sums_in_tree(const TensorFile& file);

// Puts weights, buffers, optimizers' and the task's state back and returns where the training stood. Throws
// Error(file_format) if the file is no checkpoint, or not one of these networks and optimizers.
TrainingState restore_checkpoint(Task& task, std::span<Player> players, const TensorFile& file,
                                 const std::string& path);

// Finished epochs of the weights in a checkpoint or a file of weights_alone(); Error(file_format) for others.
int epoch_of(const TensorFile& file, const std::string& path);

// What the metadata says; "" and nothing where it says nothing (weights of torchvision, say).
std::string config_of(const TensorFile& file);
std::vector<std::string> classes_of(const TensorFile& file, const std::string& path);

// Loads --init into a network, but for what fits --init-skip, and returns what should be said of it. Throws
// Error(file_format) for what does not fit. `adapt` may change what was read before, and what it returns is said, too.
using AdaptWeights = std::function<std::vector<std::string>(TensorFile& file)>;
std::vector<std::string> load_initial_weights(Module& network, const TrainOptions& options,
                                              const AdaptWeights& adapt = {});

// The weights that FILE_OR_RUN means: the file, or the last checkpoint of a run folder.
std::string weights_path(const std::string& file_or_run);

}  // namespace radial
