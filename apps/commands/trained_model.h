// A model from a weights file or a run folder, ready to look at pictures: for evaluate and predict.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/classifier.h"
#include "train/options.h"

namespace radial::apps {

// What the command line says; the rest comes from the file, if Radial wrote it, else from the defaults of train.
struct TrainedModelOptions {
  std::string weights;  // FILE or RUN, of which the last checkpoint is taken
  std::optional<std::string> arch, dtype;
  std::optional<Stem> stem;
  std::optional<Augment> augment;
  std::optional<int> classes, image_size, resize;
  std::optional<std::array<double, 3>> mean, std;
  std::string device = "auto";
  int threads = 0;
};

void list_options(OptionList& list, TrainedModelOptions& options);

struct TrainedModel {
  TrainOptions options;                // with which it was trained, as far as is known
  Device device;                       // where it computes
  std::vector<std::string> classes;    // names of the outputs; empty if the file does not say
  std::unique_ptr<Classifier> module;  // in evaluation mode

  std::string class_name(int64_t output) const;  // its number if there is no name
};

// Throws Error(usage) if neither the file nor the options name an architecture.
TrainedModel load_trained_model(const TrainedModelOptions& options);

}  // namespace radial::apps
