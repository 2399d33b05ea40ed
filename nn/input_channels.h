// Weights of a network that sees colours, for one that sees grey pictures.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "io/safetensors.h"
#include "nn/module.h"

namespace radial {

// Filters of the file [out, 3, kh, kw] that the model has as [out, kh, kw, 1] are summed over red, green and blue, as
// in timm: on a picture whose channels are equal the sums see what the filters saw, if it is normalised in the same
// way. Returns the names of the model's parameters. Those that fit a pattern of `skip` (nn/name_pattern.h) stay as they
// are.
std::vector<std::string> sum_input_channels(Module& model, TensorFile& file, std::span<const std::string> skip = {});

}  // namespace radial
