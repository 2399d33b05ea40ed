// Wide residual networks for small pictures (Zagoruyko and Komodakis, "Wide residual networks", BMVC 2016): batch norm
// and relu come before the convolutions.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "models/classifier.h"
#include "models/models.h"
#include "nn/layers.h"
#include "nn/norms.h"
#include "nn/sequential.h"

namespace radial {

struct WideResNetOptions {
  int depth = 28;  // 6 n + 4: n blocks of two convolutions in each of the three groups
  int64_t widening = 10;
  int64_t classes = 10;
  int64_t in_channels = 3;  // of the pictures
  Shortcut shortcut = Shortcut::pad;
  double dropout = 0;  // between the convolutions of a block
};

// "wide_resnet28_10": depth 28, widening 10. Nothing if the name is not made like this.
std::optional<WideResNetOptions> wide_resnet(const std::string& name);
// A name made like this that is as near as can be to one whose depth or spelling is not; "" for all others.
std::string near_wide_resnet(const std::string& name);

// Stage 0 is a convolution of 16 channels, the three others are the groups, of 16, 32 and 64 times `widening` channels;
// the last ends with batch norm and relu.
class WideResNetBackbone : public Backbone {
 public:
  explicit WideResNetBackbone(const WideResNetOptions& options);
  size_t stages() const override { return channels_.size(); }
  Tensor stage(size_t i, const Tensor& x) override;
  int64_t channels(size_t i) const override { return channels_.at(i); }
  int64_t stride(size_t i) const override { return i < 2 ? 1 : int64_t{1} << (i - 1); }
  void visit(Visitor& visitor) override;

 private:
  Conv2d conv1_;
  std::array<Sequential, 3> groups_;
  BatchNorm bn1_;
  std::array<int64_t, 4> channels_;
};

// [n, h, w, in_channels] -> logits [n, classes]
class WideResNet : public PooledClassifier {
 public:
  explicit WideResNet(const WideResNetOptions& options)
      : PooledClassifier(std::make_unique<WideResNetBackbone>(options), options.classes) {}
  void initialise(const Initial& initial) override;  // bias of the linear layer 0

  static constexpr int smallest_image = 4;  // of a multiple of 4 pixels with Shortcut::pad
};

}  // namespace radial
