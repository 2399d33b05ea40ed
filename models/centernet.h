// CenterNet (Zhou, Wang, Krähenbühl, "Objects as points", 2019) over a ResNet-18: each object is a peak in a map of its
// class, beside its size and the place of its centre in the cell. Names are those of the authors' networks: res_18, or
// resdcn_18 where the neck is deformable.
#pragma once

#include <cstdint>

#include "models/resnet.h"
#include "nn/sequential.h"

namespace radial {

struct CenterNetOptions {
  int64_t classes = 80;
  bool deformable = false;  // the neck has deformable convolutions, and fewer channels
  bool pretrained = false;  // the encoder gets weights from a file: what the neck begins with depends on it
};

// Pictures [n, h, w, 3], h and w multiples of 32 -> maps of a quarter of the size.
class CenterNet : public Module {
 public:
  static constexpr int stride = 4, multiple_of = 32;

  struct Maps {
    Tensor heat;    // [n, h/4, w/4, classes], logits
    Tensor size;    // [n, h/4, w/4, 2]: width and height of the object whose centre is here, in cells
    Tensor offset;  // [n, h/4, w/4, 2]: from the cell to the centre, x and y
  };

  explicit CenterNet(const CenterNetOptions& options);
  Maps operator()(const Tensor& pictures);
  void visit(Visitor& visitor) override;
  void initialise(const Initial& initial) override;

  Backbone& backbone() { return backbone_; }

 private:
  CenterNetOptions options_;
  ResNetBackbone backbone_;
  Sequential neck_;
  Sequential heat_, size_, offset_;
};

}  // namespace radial
