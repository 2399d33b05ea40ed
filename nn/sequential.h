// Layers one after another, named "0", "1", ... as in PyTorch, or by names of one's own.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/ops.h"
#include "nn/module.h"

namespace radial {

class Sequential : public Layer {
 public:
  // model.add<Conv2d>(3, 16, Conv2d::Options{.kernel = 3}); returns the new layer.
  template <class L, class... Args>
  L& add(Args&&... args) {
    return add_named<L>(std::to_string(layers_.size()), std::forward<Args>(args)...);
  }
  template <class L, class... Args>
  L& add_named(const std::string& name, Args&&... args) {
    auto layer = std::make_unique<L>(std::forward<Args>(args)...);
    L& added = *layer;
    layers_.emplace_back(name, std::move(layer));
    return added;
  }

  size_t size() const { return layers_.size(); }
  Layer& operator[](size_t i) { return *layers_[i].second; }

  Tensor forward(const Tensor& x) override;
  void visit(Visitor& visitor) override;

 private:
  std::vector<std::pair<std::string, std::unique_ptr<Layer>>> layers_;
};

// x + what its layers, one after another, make of x.
class Residual : public Sequential {
 public:
  Tensor forward(const Tensor& x) override { return x + Sequential::forward(x); }
};

}  // namespace radial
