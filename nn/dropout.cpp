#include "nn/dropout.h"

#include <string>
#include <vector>

#include "core/fnv.h"
#include "core/graph.h"

namespace radial {

namespace {

struct AllDropouts : Visitor {
  std::vector<std::pair<std::string, Dropout*>> list;
  void on_module(const std::string& prefix, Module& module) override {
    if (auto* dropout = dynamic_cast<Dropout*>(&module); dropout != nullptr && dropout->p() > 0)
      list.emplace_back(prefix, dropout);
  }
};

std::vector<std::pair<std::string, Dropout*>> dropouts_of(Module& module) {
  AllDropouts all;
  module.visit(all);
  return all.list;
}

}  // namespace

Dropout::Dropout(double p) : p_(p) {
  check(0 <= p && p <= 1, "Dropout: the probability is ", p, " but must be in [0, 1]");
}

Tensor Dropout::forward(const Tensor& x) {
  if (!training() || p_ == 0) return x;
  refuse_recording(x.device(), "dropout");
  return dropout(x, p_, key_);
}

void begin_dropouts(Module& module, uint64_t seed, int epoch, int64_t batch) {
  for (const auto& [name, dropout] : dropouts_of(module))
    dropout->draw_from(
        {.seed = fnv1a(name + ' ' + std::to_string(seed) + ' ' + std::to_string(epoch) + ' ' + std::to_string(batch))});
}

bool has_dropouts(Module& module) { return !dropouts_of(module).empty(); }

}  // namespace radial
