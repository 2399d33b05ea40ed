#include "nn/sequential.h"

namespace radial {

Tensor Sequential::forward(const Tensor& x) {
  Tensor y = x;
  for (auto& [name, layer] : layers_) y = layer->forward(y);
  return y;
}

void Sequential::visit(Visitor& visitor) {
  for (auto& [name, layer] : layers_) visitor.module(name, *layer);
}

}  // namespace radial
