// Sounds into classes, or to tags of which each may have several.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/sound_folder.h"
#include "models/harmonic_cnn.h"
#include "train/task.h"

namespace radial {

class Audio : public Task {
 public:
  struct Parts {
    HarmonicCnnOptions network;
    std::unique_ptr<HarmonicCnn> model;  // on its device
    Device device;
    std::string dtype = "float32";  // as --dtype calls it
    bool tagged = false;
    double threshold = 0.1;  // of a tag's score, for F1
    uint64_t seed = 0;       // of what training draws
    std::shared_ptr<const SoundLists> lists = nullptr;
    std::unique_ptr<Loader> train = nullptr, val = nullptr;
    std::vector<std::string> notes = {};
  };
  explicit Audio(Parts parts);

  Loader& batches() override;
  void gradients(const Batch& batch, const Turn& turn, Tensor& numbers) override;
  // Of several pieces of a sound, probabilities are averaged.
  std::optional<Evaluation> evaluate(const EvaluationHooks& hooks) override;
  std::vector<Loader*> loaders() override;
  void try_one_sample(std::span<const std::string> frozen) override;
  std::string describe_data() const override;
  void check_same_data(const std::string& before, const std::string& path, const std::string& now) const override;

 private:
  Tensor input(const Tensor& sounds) const;  // [n, samples] on the device

  Parts parts_;
};

}  // namespace radial
