// Modules one after another, named "0", "1", ... as in PyTorch, or by names of one's own.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "nn/module.h"

namespace radial {

class Sequential : public Module {
 public:
  // model.add<Conv2d>(3, 16, Conv2d::Options{.kernel = 3}); returns the new module.
  template <class M, class... Args>
  M& add(Args&&... args) {
    return add_named<M>(std::to_string(modules_.size()), std::forward<Args>(args)...);
  }
  template <class M, class... Args>
  M& add_named(const std::string& name, Args&&... args) {
    auto module = std::make_unique<M>(std::forward<Args>(args)...);
    M& added = *module;
    modules_.emplace_back(name, std::move(module));
    return added;
  }

  size_t size() const { return modules_.size(); }
  Module& operator[](size_t i) { return *modules_[i].second; }

  Tensor forward(const Tensor& x) override;
  void visit(Visitor& visitor) override;

 private:
  std::vector<std::pair<std::string, std::unique_ptr<Module>>> modules_;
};

}  // namespace radial
