// Where a NaN or an infinity comes from.
#pragma once

#include <string>

#include "data/loader.h"
#include "nn/module.h"

namespace radial::apps {

bool is_finite(const Tensor& x);

// The first parameter or buffer with a value that is not finite; "" if there is none.
std::string first_non_finite_weight(Module& model);

// For a batch whose loss is not finite: a weight if one is not finite, else the first layer whose output is not when
// the batch is run again, as "the output of layer1.0.conv1 (conv2d)".
std::string first_non_finite(Layer& model, const Batch& batch);

}  // namespace radial::apps
