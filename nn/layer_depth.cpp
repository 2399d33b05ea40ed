#include "nn/layer_depth.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <utility>

#include "core/error.h"

namespace radial {
namespace {

bool is_number(const std::string& part) {
  return !part.empty() && std::all_of(part.begin(), part.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}

// "layer4.1" of "layer4.1.conv2.weight", "conv1" of "conv1.weight".
std::string layer_or_block(const std::string& name) {
  for (size_t dot = name.find('.'); dot != std::string::npos;) {
    const size_t next = std::min(name.find('.', dot + 1), name.size());
    if (is_number(name.substr(dot + 1, next - dot - 1))) return name.substr(0, next);
    dot = name.find('.', next);
  }
  return name.substr(0, name.rfind('.'));
}

}  // namespace

std::vector<LayerParameters> layers_from_head(Module& network) {
  std::vector<LayerParameters> named, layers;
  std::vector<bool> only_norms;  // no convolution, no linear layer
  for (const NamedTensor& parameter : network.parameters()) {
    const std::string name = layer_or_block(parameter.name);
    if (named.empty() || named.back().name != name) {
      named.push_back({name, {}});
      only_norms.push_back(true);
    }
    named.back().parameters.push_back(parameter.name);
    if (parameter.kind == Kind::conv || parameter.kind == Kind::linear) only_norms.back() = false;
  }
  for (size_t i = 0; i < named.size(); ++i)
    if (only_norms[i] && !layers.empty())
      std::copy(named[i].parameters.begin(), named[i].parameters.end(), std::back_inserter(layers.back().parameters));
    else
      layers.push_back(std::move(named[i]));
  std::reverse(layers.begin(), layers.end());
  return layers;
}

std::map<std::string, double> layer_decay_factors(Module& network, double decay) {
  check(0 < decay && decay <= 1, "layer decay: it is ", decay, " but must be above 0 and at most 1");
  std::map<std::string, double> factors;
  double factor = 1;
  for (const LayerParameters& layer : layers_from_head(network)) {
    for (const std::string& parameter : layer.parameters) factors[parameter] = factor;
    factor *= decay;
  }
  return factors;
}

}  // namespace radial
