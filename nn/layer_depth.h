// The layers of a classifier, counted from its head: for learning rates that decay from layer to layer.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "nn/module.h"

namespace radial {

struct LayerParameters {
  std::string name;                     // "layer4.1"
  std::vector<std::string> parameters;  // "layer4.1.conv1.weight" ...
};

// The head first, the stem last. Parameters share a layer if they share the beginning of their names up to the first
// number ("layer4.1", "features.3"), or all but its last part ("conv1"); norms of their own ("bn1") belong to the layer
// before. For ResNets these are timm's layers. The network's parameters must come as its input meets them.
std::vector<LayerParameters> layers_from_head(Module& network);

// decay ^ (layers up to the head) of each parameter: layer-wise decay of the learning rate, as in BEiT (Bao et al.,
// 2022). Throws Error(usage) unless 0 < decay <= 1.
std::map<std::string, double> layer_decay_factors(Module& network, double decay);

}  // namespace radial
