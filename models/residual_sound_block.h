// A stage of Harmonic CNN.
#pragma once

#include <optional>

#include "core/pair.h"
#include "nn/layers.h"
#include "nn/norms.h"

namespace radial {

// Max-pool of relu(bn(conv(x))), or of relu(x + bn(conv(relu(bn(conv(x)))))). Convolutions 3x3 with padding and bias;
// x [n, bands, frames, in]. The pool's window is its stride.
class SoundBlock : public Layer {
 public:
  SoundBlock(int64_t in, int64_t out, bool residual, const Pair& pool);
  Tensor forward(const Tensor& x) override;
  void visit(Visitor& visitor) override;

 private:
  Conv2d conv1_;
  BatchNorm bn1_;
  std::optional<Conv2d> conv2_;
  std::optional<BatchNorm> bn2_;
  Pair pool_;
};

}  // namespace radial
