// A network as an ONNX graph: from what one forward pass does, so a network that is added needs no export of its own.
#pragma once

#include <array>
#include <optional>

#include "io/onnx.h"
#include "nn/module.h"

namespace radial {

// Of each channel, at most three, of pictures with pixels from 0 to 1: (x - mean) / std goes into the network.
struct PixelScale {
  std::array<double, 3> mean, std;
};

// What the model computes of pictures [h, w, c] in evaluation mode: "pictures" [batch, c, h, w], channels first, to
// "logits" [batch, classes], all float32. Parameters and buffers keep their names and their layout in files. With
// `pixels` the graph begins with this normalisation.
//
// The model is run on one picture, twice, and on two others: what depends on their number, or on their values unseen,
// is refused, as are ops that have no counterpart here: Error(usage) with the op.
OnnxModel onnx_graph(Layer& model, const Shape& picture, const std::optional<PixelScale>& pixels = {});

}  // namespace radial
