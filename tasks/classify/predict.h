// The most probable classes of single pictures.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/transforms.h"
#include "models/classifier.h"
#include "tasks/network_input.h"
#include "train/task_options.h"

namespace radial {

class ClassPredictor : public Predictor {
 public:
  // Pictures are prepared in `dtype`, as in evaluation. `classes`: names of the outputs; numbers where there are none.
  ClassPredictor(std::unique_ptr<Classifier> model, const NetworkInput& input, const TransformOptions& transform,
                 DType dtype, std::vector<std::string> classes, int top);

  // Throws Error(non_finite) if the probabilities are not finite.
  Answer predict(const std::string& file) override;

 private:
  Tensor read_picture(const std::string& path);

  std::unique_ptr<Classifier> model_;
  NetworkInput input_;
  int image_size_, channels_;
  PictureTransform transform_;
  DType dtype_;
  std::vector<std::string> classes_;
  int top_;
};

}  // namespace radial
