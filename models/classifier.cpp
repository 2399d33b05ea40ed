#include "models/classifier.h"

#include <utility>

namespace radial {

PooledClassifier::PooledClassifier(std::unique_ptr<Backbone> backbone, int64_t classes)
    : backbone_(std::move(backbone)), fc_(backbone_->channels(backbone_->stages() - 1), classes) {}

Tensor PooledClassifier::features(const Tensor& pictures) { return global_avg_pool((*backbone_)(pictures)); }

void PooledClassifier::visit(Visitor& visitor) {
  visitor.nameless(*backbone_);
  visitor.module("fc", fc_);
}

}  // namespace radial
