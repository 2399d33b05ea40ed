#include "nn/dropout.h"

#include <string>
#include <vector>

#include "core/fnv.h"
#include "core/graph.h"
#include "core/ops.h"
#include "core/parallel.h"

namespace radial {

namespace {

// [...] of 0 and 1 / (1 - p); the same for any number of threads.
Tensor dropout_mask(const Shape& shape, double p, const Random& random) {
  Tensor mask = Tensor::empty(shape);
  float* values = mask.data<float>();
  const float kept = static_cast<float>(1 / (1 - p));
  const uint64_t threshold = static_cast<uint64_t>(p * 0x1p32);
  // A draw of 64 bits serves two elements.
  parallel_ranges(divide_up(mask.numel(), 2), 1 << 14, [&](int64_t begin, int64_t end) {
    for (int64_t pair = begin; pair < end; ++pair) {
      const uint64_t bits = random.bits_at(static_cast<uint32_t>(pair));
      values[2 * pair] = (bits & 0xFFFFFFFF) < threshold ? 0 : kept;
      if (2 * pair + 1 < mask.numel()) values[2 * pair + 1] = (bits >> 32) < threshold ? 0 : kept;
    }
  });
  return mask;
}

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
  check(p >= 0 && p < 1, "Dropout: the probability is ", p, " but must be at least 0 and below 1");
}

Tensor Dropout::forward(const Tensor& x) {
  if (!training() || p_ == 0) return x;
  refuse_recording(x.device(), "dropout");
  return mul(x, dropout_mask(x.shape(), p_, random_).to(x.device()).to(x.dtype()));
}

void begin_dropouts(Module& module, uint64_t seed, int epoch, int64_t batch) {
  for (const auto& [name, dropout] : dropouts_of(module))
    dropout->draw_from(
        Random(seed, Stream::noise, static_cast<uint32_t>(epoch), fnv1a("dropout " + name + std::to_string(batch))));
}

bool has_dropouts(Module& module) { return !dropouts_of(module).empty(); }

}  // namespace radial
