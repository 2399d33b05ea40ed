// SSD as a detector: its samples, its losses and the boxes that it finds.
#pragma once

#include "models/ssd.h"
#include "tasks/detect/centernet_samples.h"
#include "tasks/detect/detector.h"
#include "tasks/detect/ssd_boxes.h"
#include "tasks/network_input.h"

namespace radial {

struct SsdInput {
  ChannelOrder order = ChannelOrder::rgb;
  std::array<double, 3> mean = {}, std = {};  // of red, green and blue, for values of 0 to 1
  DetectAugment augment = DetectAugment::standard;
};

// x [1, 300, 300, 3], float32 or float64: the picture as evaluation sees it.
void read_for_ssd(const Image& picture, const SsdInput& input, Tensor& x);

class SsdSamples : public Samples {
 public:
  // label: 0 background, 1 + the class of the object that a default box is to find. code: of that object.
  static constexpr size_t image = 0, label = 1, code = 2, extents = 3;

  SsdSamples(std::shared_ptr<const BoxedPictures> pictures, const SsdInput& input, bool train, DType dtype);

  int64_t size() const override { return pictures_->size(); }
  std::span<const Field> fields() const override { return fields_; }
  std::unique_ptr<Reader> reader() const override;
  std::string name(int64_t sample) const override { return pictures_->path(sample).string(); }
  std::string place() const override { return pictures_->root.string(); }

 private:
  std::shared_ptr<const BoxedPictures> pictures_;
  SsdInput input_;
  bool train_;
  std::array<Field, 4> fields_;
};

// With N default boxes that are to find an object, at least 1: boxes = sum over these of the smooth L1 of four numbers,
// classes = sum of the cross entropies of these and of the hard negatives (ssd_boxes.h), both / N.
struct SsdLoss {
  Tensor total, boxes, classes;
};
SsdLoss ssd_loss(const Ssd::Output& output, const Tensor& labels, const Tensor& codes);

struct SsdFound {
  int32_t label = 0;  // of a class: the background is none
  double score = 0;
  Corners box;  // shares of the picture, cut at its edges
};
// The best 200 of a picture, classes [boxes, outputs] being probabilities: of each class those above 0.01, the best 400
// of them, of which a better one overlaps none by more than 0.45.
std::vector<SsdFound> decode_boxes(const Tensor& classes, const Tensor& codes);

class SsdDetector : public Detector {
 public:
  struct Options {
    SsdOptions network;
    SsdInput input;
    bool rounded = false;  // boxes and scores to two decimals
  };
  explicit SsdDetector(const Options& options) : options_(options), network_(options.network) {}

  Ssd& ssd() { return network_; }
  Module& network() override { return network_; }
  Module& backbone() override { return network_.vgg(); }
  void place(Device device, DType activations) override { input_ = {device, activations, {}}; }
  void try_one_sample(std::span<const std::string> frozen) const override;
  std::vector<Measure> measures() const override;
  std::shared_ptr<const Samples> samples(std::shared_ptr<const BoxedPictures> pictures, bool train) const override;
  size_t extents_field() const override { return SsdSamples::extents; }
  Tensor loss(const Batch& batch, Tensor& numbers, std::vector<std::vector<Detection>>* found) override;
  std::vector<Tensor> outputs(const Tensor& pictures) override {
    const Ssd::Output output = network_(pictures);
    return {output.classes, output.codes};
  }
  std::vector<Detection> detect(const Image& picture) override;

 private:
  DType picture_dtype() const { return input_.dtype == DType::f64 ? DType::f64 : DType::f32; }
  std::vector<Detection> found_in(const Ssd::Output& output, int64_t picture, int width, int height) const;

  Options options_;
  Ssd network_;
  NetworkInput input_;
};

}  // namespace radial
