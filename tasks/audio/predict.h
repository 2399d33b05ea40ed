// The most probable classes of single sounds.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/harmonic_cnn.h"
#include "train/task_options.h"

namespace radial {

class SoundPredictor : public Predictor {
 public:
  struct Parts {
    std::unique_ptr<HarmonicCnn> model;
    HarmonicCnnOptions network;
    Device device;
    DType dtype = DType::f32;  // of sounds
    int64_t pieces = 1;        // of each
    bool tagged = false;       // probabilities of tags, which do not add up to 1
    std::vector<std::string> classes = {};
    int top = 5;
  };
  explicit SoundPredictor(Parts parts) : parts_(std::move(parts)) {}

  // Throws Error(non_finite) if the probabilities are not finite.
  Answer predict(const std::string& file) override;

 private:
  Parts parts_;
};

}  // namespace radial
