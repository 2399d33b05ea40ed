// A model layer by layer, for `radial inspect`.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "nn/module.h"

namespace radial {

struct LayerSummary {
  std::string name;              // layer1.0.conv1
  Kind kind = Kind::conv;        // of its weight: conv, linear or norm
  Shape shape;                   // of its weight
  int64_t parameters = 0;        // weight and bias
  int64_t multiply_adds = 0;     // of convolutions and linear layers for one picture; norms count none
  Shape output;                  // for one picture, [1, h, w, c] or [1, c]; of the last use if there are several
  bool scale_invariant = false;  // of its weight, see nn/homogeneity.h
};

struct ModelSummary {
  int64_t parameters = 0;
  int64_t multiply_adds = 0;
  int64_t scale_invariant = 0;  // parameters in scale-invariant weights
  std::vector<LayerSummary> layers;
};

// Runs the model once on `input`, [1, h, w, c].
ModelSummary summarise(Layer& model, const Shape& input);
// The same for a network that is more than a Layer: run() returns its outputs for one sample.
ModelSummary summarise(Module& model, const std::function<std::vector<Tensor>()>& run);

}  // namespace radial
