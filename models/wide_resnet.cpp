#include "models/wide_resnet.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <vector>

#include "core/ops.h"
#include "nn/dropout.h"
#include "nn/init.h"

namespace radial {

namespace {

constexpr std::string_view prefix = "wide_resnet";
constexpr int largest = 1000;  // depth and widening: with more, a name is a slip of the finger

Conv2d wide_conv3x3(int64_t in, int64_t out, int64_t stride = 1) {
  return {in, out, {.kernel = 3, .stride = stride, .padding = 1}};
}

// y = shortcut(x) + conv2(relu(bn2(conv1(relu(bn1(x)))))). The shortcut is x where y has as many channels; else it
// takes relu(bn1(x)), too, and is a 1x1 convolution, or the mean over stride x stride pixels with zero channels added.
class WideBlock : public Layer {
 public:
  WideBlock(int64_t in, int64_t out, int64_t stride, const WideResNetOptions& options)
      : stride_(stride),
        bn1_(in),
        conv1_(wide_conv3x3(in, out, stride)),
        bn2_(out),
        dropout_(options.dropout),
        conv2_(wide_conv3x3(out, out)) {
    if (in == out) return;
    if (options.shortcut == Shortcut::conv)
      conv_shortcut_ = std::make_unique<Conv2d>(in, out, Conv2d::Options{.kernel = 1, .stride = stride});
    else
      zero_channels_ = {(out - in) / 2, out - in - (out - in) / 2};
  }

  Tensor forward(const Tensor& x) override {
    const Tensor active = bn1_.forward(x, {.relu = true});
    const Tensor y = conv2_(dropout_(bn2_.forward(conv1_(active), {.relu = true})));
    if (conv_shortcut_) return add((*conv_shortcut_)(active), y);
    if (zero_channels_.after == 0) return add(x, y);
    const Tensor means = stride_ == 1 ? active : avg_pool2d(active, {.kernel = stride_, .stride = stride_});
    return add(pad(means, {{}, {}, {}, zero_channels_}), y);
  }

  void visit(Visitor& visitor) override {
    visitor.module("bn1", bn1_);
    visitor.module("conv1", conv1_);
    visitor.module("bn2", bn2_);
    visitor.module("dropout", dropout_);
    visitor.module("conv2", conv2_);
    if (conv_shortcut_) visitor.module("convShortcut", *conv_shortcut_);
  }

 private:
  int64_t stride_;
  BatchNorm bn1_;
  Conv2d conv1_;
  BatchNorm bn2_;
  Dropout dropout_;
  Conv2d conv2_;
  std::unique_ptr<Conv2d> conv_shortcut_;
  Margin zero_channels_;  // of the shortcut without weights
};

int blocks(const WideResNetOptions& options) { return (options.depth - 4) / 6; }

bool is_depth(int depth) { return depth >= 10 && depth <= largest && depth % 6 == 4; }

std::string name_of_wide_resnet(int depth, int widening) {
  return std::string(prefix) + std::to_string(depth) + "_" + std::to_string(widening);
}

// The numbers that a word holds.
std::vector<int> numbers_in(const std::string& word) {
  std::vector<int> numbers;
  const char *at = word.data(), *end = at + word.size();
  while ((at = std::find_if(at, end, [](char c) { return c >= '0' && c <= '9'; })) != end) {
    int number = 0;
    const auto [stop, error] = std::from_chars(at, end, number);
    numbers.push_back(error == std::errc() ? number : largest);
    at = stop;
  }
  return numbers;
}

}  // namespace

std::optional<WideResNetOptions> wide_resnet(const std::string& name) {
  const std::vector<int> numbers = numbers_in(name);
  if (numbers.size() != 2 || name != name_of_wide_resnet(numbers[0], numbers[1])) return std::nullopt;
  if (!is_depth(numbers[0]) || numbers[1] < 1 || numbers[1] > largest) return std::nullopt;
  return WideResNetOptions{.depth = numbers[0], .widening = numbers[1]};
}

std::string near_wide_resnet(const std::string& name) {
  const std::vector<int> numbers = numbers_in(name);
  if (numbers.size() != 2 || name.find("wide") == std::string::npos) return "";
  const int groups = std::clamp((numbers[0] - 4 + 3) / 6, 1, (largest - 4) / 6);
  return name_of_wide_resnet(6 * groups + 4, std::clamp(numbers[1], 1, largest));
}

WideResNetBackbone::WideResNetBackbone(const WideResNetOptions& options)
    : conv1_(wide_conv3x3(options.in_channels, 16)),
      bn1_(64 * options.widening),
      channels_{16, 16 * options.widening, 32 * options.widening, 64 * options.widening} {
  check(is_depth(options.depth) && options.widening >= 1, "WideResNet: the depth is ", options.depth,
        " and the widening ", options.widening, " but must be 6 n + 4 (10, 16, 22, 28 ...), and at least 1");
  for (size_t i = 0; i < groups_.size(); ++i)
    for (int k = 0; k < blocks(options); ++k)
      groups_[i].add<WideBlock>(k == 0 ? channels_[i] : channels_[i + 1], channels_[i + 1], k == 0 && i > 0 ? 2 : 1,
                                options);
}

Tensor WideResNetBackbone::stage(size_t i, const Tensor& x) {
  if (i == 0) return conv1_(x);
  const Tensor y = groups_.at(i - 1)(x);
  return i == groups_.size() ? bn1_.forward(y, {.relu = true}) : y;
}

void WideResNetBackbone::visit(Visitor& visitor) {
  visitor.module("conv1", conv1_);
  for (size_t i = 0; i < groups_.size(); ++i) visitor.module("block" + std::to_string(i + 1) + ".layer", groups_[i]);
  visitor.module("bn1", bn1_);
}

void WideResNet::initialise(const Initial& initial) { initial.fill("fc.bias", 0); }

}  // namespace radial
