// A network as an ONNX graph: from what one forward pass does, so a network that is added needs no export of its own.
#pragma once

#include <array>
#include <optional>

#include "io/onnx.h"
#include "nn/module.h"

namespace radial {

// Of each channel of pictures with pixels from 0 to 1: (x - mean) / std goes into the network.
struct PixelScale {
  std::array<double, 3> mean, std;
};

// What the model computes in evaluation mode: "pictures" [batch, 3, size, size], channels first as in PyTorch, to
// "logits" [batch, classes], all float32. Parameters and buffers keep their names and their layout in files. With
// `pixels` the graph begins with this normalisation.
//
// The model is run on one picture, twice, and on two others: what depends on their number, or on their values unseen,
// is refused, as are ops that have no counterpart here: Error(usage) with the op.
OnnxModel onnx_graph(Layer& model, int image_size, const std::optional<PixelScale>& pixels = {});

}  // namespace radial
