// Pictures to boxes: whichever detector, its losses and COCO's metric.
#pragma once

#include <memory>
#include <string>

#include "data/boxed_pictures.h"
#include "tasks/detect/detector.h"
#include "train/task.h"

namespace radial {

class Detect : public Task {
 public:
  struct Parts {
    std::string arch, dtype = "float32";                      // for people
    int image_size = 0;                                       // pixels
    std::unique_ptr<Detector> detector;                       // its network is on its device
    Device device;                                            // of it
    std::shared_ptr<const BoxedPictures> train_boxes, boxes;  // of the loaders; train_boxes may be missing
    std::unique_ptr<Loader> train = nullptr, val = nullptr;   // the first may be missing
    std::vector<std::string> notes = {};
  };
  explicit Detect(Parts parts);

  Loader& batches() override;
  void gradients(const Batch& batch, const Turn& turn, Tensor& numbers) override;
  // With the hooks' `predictions` and `ground_truth`, which become COCO files.
  std::optional<Evaluation> evaluate(const EvaluationHooks& hooks) override;
  std::vector<Loader*> loaders() override;
  void try_one_sample(std::span<const std::string> frozen) override { parts_.detector->try_one_sample(frozen); }
  std::string describe_data() const override;
  void check_same_data(const std::string& before, const std::string& path, const std::string& now) const override;

 private:
  Parts parts_;
  bool adds_voc_ = false;  // Pascal VOC's numbers to COCO's, in evaluations that are no part of a training
};

}  // namespace radial
