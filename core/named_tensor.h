// What nn gives and optim, io and analysis take: a tensor with the name and kind that the model gave it.
#pragma once

#include <string>
#include <vector>

#include "core/tensor.h"

namespace radial {

// What a parameter belongs to; `bias` is the additive vector of any layer, a normalisation's included.
enum class Kind { conv, linear, norm, bias, buffer };

constexpr const char* name_of(Kind kind) {
  switch (kind) {
    case Kind::conv:
      return "conv";
    case Kind::linear:
      return "linear";
    case Kind::norm:
      return "norm";
    case Kind::bias:
      return "bias";
    default:
      return "buffer";
  }
}

struct NamedTensor {
  std::string name;  // torchvision's, as in checkpoints: layer1.0.conv1.weight
  Tensor tensor;     // shares the model's data
  Kind kind = Kind::conv;
};

}  // namespace radial
