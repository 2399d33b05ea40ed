// VGG with 16 layers (Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition",
// ICLR 2015), with and without batch norms, with torchvision's parameter names.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "models/classifier.h"
#include "nn/dropout.h"
#include "nn/layers.h"
#include "nn/norms.h"
#include "nn/sequential.h"

namespace radial {

struct VggOptions {
  bool batch_norm = false;
  int64_t width = 64;     // channels of the first stage; the later ones have 2, 4, 8 and 8 times as many
  int64_t hidden = 4096;  // units of the two hidden linear layers
  int64_t classes = 1000;
  int64_t in_channels = 3;  // of the pictures
  double dropout = 0.5;     // behind each of them
};

// Five stages of 3x3 convolutions, which have biases, with relu; all but the first begin with a max-pool. (The pool
// behind the last one is the classifier's: a detector has another.)
class VggBackbone : public Backbone {
 public:
  explicit VggBackbone(const VggOptions& options = {});
  size_t stages() const override { return stages_.size(); }
  Tensor stage(size_t i, const Tensor& x) override;
  int64_t channels(size_t i) const override { return channels_.at(i); }
  int64_t stride(size_t i) const override { return int64_t{1} << i; }
  void visit(Visitor& visitor) override;
  void initialise(const Initial& initial) override;  // biases 0

 private:
  struct Convolution {
    int number;  // in torchvision's list of layers: features.N
    Conv2d conv;
    std::optional<BatchNorm> bn;
  };
  std::array<std::vector<Convolution>, 5> stages_;
  std::array<int64_t, 5> channels_;
};

// The last stage is averaged over 7x7 cells, whatever its size. Features are the second hidden layer's [n, hidden].
class Vgg : public Classifier {
 public:
  explicit Vgg(const VggOptions& options = {});
  Tensor features(const Tensor& pictures) override;
  Tensor logits(const Tensor& features) override { return classifier_[last_](features); }
  void visit(Visitor& visitor) override;
  void initialise(const Initial& initial) override;  // linear layers: N(0, 0.01), biases 0

  Backbone& backbone() { return backbone_; }
  static constexpr int smallest_image = 32;

 private:
  Tensor means_of_cells(const Tensor& x);

  VggBackbone backbone_;
  Sequential classifier_;
  size_t last_;
  Tensor shares_;    // [7 7, h w]: of each pixel in each cell
  Shape shares_of_;  // [h, w] that they are for
};

}  // namespace radial
