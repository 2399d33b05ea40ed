// CenterNet as a detector.
#pragma once

#include "models/centernet.h"
#include "tasks/detect/centernet_loss.h"
#include "tasks/detect/centernet_samples.h"
#include "tasks/detect/detector.h"
#include "tasks/network_input.h"

namespace radial {

class CenterNetDetector : public Detector {
 public:
  static constexpr int most_found = 100;  // a picture

  struct Options {
    CenterNetOptions network;
    CenterInput input;
    CenterLossOptions loss;
    bool rounded = false;  // boxes and scores to two decimals, as the authors' evaluation has them
  };
  explicit CenterNetDetector(const Options& options);

  Module& network() override { return network_; }
  Module& backbone() override { return network_.backbone(); }
  void place(Device device, DType activations) override { input_ = {device, activations, {}}; }
  void try_one_sample(std::span<const std::string> frozen) const override;
  std::vector<Measure> measures() const override;
  std::shared_ptr<const Samples> samples(std::shared_ptr<const BoxedPictures> pictures, bool train) const override;
  size_t extents_field() const override { return CenterSamples::extents; }
  Tensor loss(const Batch& batch, Tensor& numbers, std::vector<std::vector<Detection>>* found) override;
  std::vector<Tensor> outputs(const Tensor& pictures) override {
    const CenterNet::Maps maps = network_(pictures);
    return {maps.heat, maps.size, maps.offset};
  }
  std::vector<Detection> detect(const Image& picture) override;

 private:
  DType picture_dtype() const { return input_.dtype == DType::f64 ? DType::f64 : DType::f32; }
  std::vector<Detection> found_in(const CenterNet::Maps& maps, int64_t picture, int width, int height) const;

  Options options_;
  CenterNet network_;
  NetworkInput input_;
};

}  // namespace radial
