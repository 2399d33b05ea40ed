// What a network sees in pictures before anybody asks a question about them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "nn/module.h"

namespace radial {

// Features of pictures, stage by stage: for classifiers, detectors, embeddings.
class Backbone : public Layer {
 public:
  virtual size_t stages() const = 0;
  virtual Tensor stage(size_t i, const Tensor& x) = 0;  // of the result before it; stage 0 takes the pictures
  virtual int64_t channels(size_t i) const = 0;         // of its result
  virtual int64_t stride(size_t i) const = 0;           // pixels of the picture, each way, to a pixel of its result

  // The result of the last stage.
  Tensor forward(const Tensor& pictures) override {
    Tensor y = pictures;
    for (size_t i = 0; i < stages(); ++i) y = stage(i, y);
    return y;
  }
};

}  // namespace radial
