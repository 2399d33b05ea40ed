// SSD300 over VGG16 (Liu et al., "SSD: Single shot multibox detector", ECCV 2016): for each of 8,732 default boxes the
// classes and a correction. Names and layers are those of torchvision's ssd300_vgg16.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "models/backbone.h"
#include "nn/layers.h"
#include "nn/norms.h"
#include "nn/sequential.h"

namespace radial {

struct SsdOptions {
  int64_t outputs = 81;     // classes, and the background, which is the first
  bool batch_norm = false;  // behind the 13 convolutions of VGG
};

class Ssd : public Module {
 public:
  static constexpr int image_size = 300;
  static constexpr std::array<int, 6> sides = {38, 19, 10, 5, 3, 1};  // of the maps
  static constexpr std::array<int, 6> shapes = {4, 6, 6, 6, 4, 4};    // default boxes of a cell
  static constexpr int64_t boxes = 8732;

  struct Output {
    Tensor classes;  // [n, boxes, outputs], logits
    Tensor codes;    // [n, boxes, 4]: core of tasks/detect/ssd_boxes.h
  };

  explicit Ssd(const SsdOptions& options);
  Ssd(Ssd&&) = delete;
  Output operator()(const Tensor& pictures);  // [n, 300, 300, 3]
  void visit(Visitor& visitor) override;
  void initialise(const Initial& initial) override;

  // The convolutions of VGG alone, under torchvision's names for a classifier: features.0 and so on.
  Module& vgg() { return *vgg_names_; }

 private:
  struct VggLayer {
    Conv2d conv;
    std::optional<BatchNorm> norm;
    int number = 0;  // in torchvision's list of VGG's layers
  };
  class VggNames;

  Tensor run(VggLayer& layer, const Tensor& x);
  Tensor conv4_3(const Tensor& pictures);

  SsdOptions options_;
  std::vector<VggLayer> vgg_;  // 13
  int pool4_ = 0;              // number of the pool behind the tenth
  Conv2d fc6_, fc7_;
  std::vector<Sequential> extras_;  // 4
  Tensor scale_;                    // [512], of conv4_3's channels
  std::vector<Conv2d> class_heads_, code_heads_;
  std::unique_ptr<Module> vgg_names_;
};

}  // namespace radial
