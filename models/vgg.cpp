#include "models/vgg.h"

#include <string>

#include "core/ops.h"
#include "nn/init.h"
#include "nn/parameterless.h"

namespace radial {

namespace {

constexpr int convolutions[] = {2, 2, 3, 3, 3};  // of the stages
constexpr int64_t cells = 7;                     // along each side

// Adaptive average pooling as PyTorch's: cell i of a side of `extent` pixels is the mean over [floor(i extent / 7),
// ceil((i + 1) extent / 7)). [49, h w]: the share of each pixel in each cell.
Tensor shares_in_cells(int64_t h, int64_t w, DType dtype) {
  const auto begin = [](int64_t cell, int64_t extent) { return cell * extent / cells; };
  const auto end = [](int64_t cell, int64_t extent) { return ((cell + 1) * extent + cells - 1) / cells; };
  Tensor shares = Tensor::zeros({cells * cells, h * w}, DType::f64);
  double* of_cell = shares.data<double>();
  for (int64_t row = 0; row < cells; ++row)
    for (int64_t column = 0; column < cells; ++column, of_cell += h * w) {
      const int64_t top = begin(row, h), bottom = end(row, h), left = begin(column, w), right = end(column, w);
      const double share = 1 / static_cast<double>((bottom - top) * (right - left));
      for (int64_t y = top; y < bottom; ++y)
        for (int64_t x = left; x < right; ++x) of_cell[y * w + x] = share;
    }
  return shares.to(dtype);
}

}  // namespace

VggBackbone::VggBackbone(const VggOptions& options) {
  int64_t in = options.in_channels;
  int number = 0;
  for (size_t i = 0; i < stages_.size(); ++i) {
    channels_[i] = options.width * std::min<int64_t>(int64_t{1} << i, 8);
    if (i > 0) ++number;  // the pool
    for (int k = 0; k < convolutions[i]; ++k) {
      Convolution& one = stages_[i].emplace_back(
          Convolution{number, Conv2d(in, channels_[i], {.kernel = 3, .padding = 1, .bias = true}), std::nullopt});
      if (options.batch_norm) one.bn.emplace(channels_[i]);
      number += options.batch_norm ? 3 : 2;
      in = channels_[i];
    }
  }
}

Tensor VggBackbone::stage(size_t i, const Tensor& x) {
  Tensor y = i == 0 ? x : max_pool2d(x, {.kernel = 2, .stride = 2});
  for (Convolution& one : stages_.at(i)) {
    y = one.conv(y);
    y = one.bn ? one.bn->forward(y, {.relu = true}) : relu(y);
  }
  return y;
}

void VggBackbone::visit(Visitor& visitor) {
  for (std::vector<Convolution>& stage : stages_)
    for (Convolution& one : stage) {
      visitor.module("features." + std::to_string(one.number), one.conv);
      if (one.bn) visitor.module("features." + std::to_string(one.number + 1), *one.bn);
    }
}

void VggBackbone::initialise(const Initial& initial) {
  for (const NamedTensor& parameter : parameters())
    if (parameter.kind == Kind::bias) initial.fill(parameter.name, 0);
}

Vgg::Vgg(const VggOptions& options) : backbone_(options) {
  const int64_t in = backbone_.channels(backbone_.stages() - 1) * cells * cells;
  classifier_.add<Linear>(in, options.hidden);
  classifier_.add<Relu>();
  classifier_.add<Dropout>(options.dropout);
  classifier_.add<Linear>(options.hidden, options.hidden);
  classifier_.add<Relu>();
  classifier_.add<Dropout>(options.dropout);
  last_ = classifier_.size();
  classifier_.add<Linear>(options.hidden, options.classes);
}

// [n, h, w, c] -> [n, c 7 7], the channels first, as PyTorch flattens.
Tensor Vgg::means_of_cells(const Tensor& x) {
  const int64_t n = x.dim(0), h = x.dim(1), w = x.dim(2), c = x.dim(3);
  const Tensor by_channel = permute(x, {0, 3, 1, 2});
  if (h == cells && w == cells) return reshape(by_channel, {n, c * cells * cells});
  const DType dtype = accumulator_of(x.dtype());
  if (shares_of_ != Shape{h, w} || shares_.dtype() != dtype || shares_.device() != x.device()) {
    shares_ = shares_in_cells(h, w, dtype).to(x.device());
    shares_of_ = {h, w};
  }
  const Tensor means = linear(reshape(by_channel, {n * c, h * w}), shares_);
  return reshape(means, {n, c * cells * cells});
}

Tensor Vgg::features(const Tensor& pictures) {
  Tensor y = means_of_cells(max_pool2d(backbone_(pictures), {.kernel = 2, .stride = 2}));
  for (size_t i = 0; i < last_; ++i) y = classifier_[i](y);
  return y;
}

void Vgg::visit(Visitor& visitor) {
  visitor.nameless(backbone_);
  visitor.module("classifier", classifier_);
}

void Vgg::initialise(const Initial& initial) {
  for (const NamedTensor& parameter : classifier_.parameters()) {
    const std::string name = "classifier." + parameter.name;
    parameter.kind == Kind::linear ? initial.normal(name, 0.01) : initial.fill(name, 0);
  }
}

}  // namespace radial
