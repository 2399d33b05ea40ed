#include "nn/sequential.h"

namespace radial {

Tensor Sequential::forward(const Tensor& x) {
  Tensor y = x;
  for (auto& [name, module] : modules_) y = module->forward(y);
  return y;
}

void Sequential::visit(Visitor& visitor) {
  for (auto& [name, module] : modules_) visitor.module(name, *module);
}

}  // namespace radial
