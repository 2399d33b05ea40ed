#include "tasks/retrieve/network.h"

#include <cmath>

#include "core/error.h"
#include "core/ops.h"
#include "nn/init.h"
#include "nn/norms.h"
#include "tasks/retrieve/losses.h"

namespace radial {
namespace {

Backbone* backbone_of(Classifier& classifier, const std::string& arch) {
  auto* pooled = dynamic_cast<PooledClassifier*>(&classifier);
  check(pooled != nullptr, "retrieve: --arch ", arch, " makes no feature maps; use resnet18 or resnet50");
  return &pooled->backbone();
}

struct BatchNorms : Visitor {
  void on_module(const std::string&, Module& module) override {
    if (auto* norm = dynamic_cast<BatchNorm*>(&module)) norm->freeze();
  }
};

double kaiming(int64_t fan_out) { return std::sqrt(2.0 / static_cast<double>(fan_out)); }

}  // namespace

Embedder::Embedder(const EmbedderOptions& options)
    : classifier_(make_model(options.model)),
      backbone_(backbone_of(*classifier_, options.model.arch)),
      embedding_(backbone_->channels(backbone_->stages() - 1), options.embedding) {
  if (options.proxies > 0) {
    proxies_ = Tensor::zeros({options.proxies, options.embedding});
    proxies_.set_requires_grad();
  }
  radial::initialise(*this, options.model.seed);
}

Tensor Embedder::pool(const Tensor& pictures) {
  const Tensor maps = (*backbone_)(pictures);
  return global_avg_pool(maps) + max(maps, {1, 2});
}

Tensor Embedder::embed(const Tensor& features) {
  const Tensor v = embedding_(features);
  return unit_rows(cast(v, accumulator_of(v.dtype())));
}

void Embedder::freeze_batch_norms() {
  BatchNorms norms;
  backbone_->visit(norms);
}

void Embedder::visit(Visitor& visitor) {
  visitor.nameless(*backbone_);
  visitor.module("embedding", embedding_);
  if (proxies_) visitor.parameter("proxies", proxies_, Kind::linear);
}

void Embedder::initialise(const Initial& initial) {
  initial.normal("embedding.weight", kaiming(embedding_.parameters()[0].tensor.dim(0)));
  initial.fill("embedding.bias", 0);
  if (proxies_) initial.normal("proxies", kaiming(proxies_.dim(0)));
}

}  // namespace radial
