// The options of `--task detect`, and what is made of them.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tasks/detect/centernet_detector.h"
#include "train/task_options.h"

namespace radial {

class DetectOptions : public TaskOptions {
 public:
  std::string arch = "centernet_resnet18";
  int image_size = 0;  // 0: the architecture's
  BoxFormat format = BoxFormat::automatic;
  DetectAugment augment = DetectAugment::standard;
  std::optional<ChannelOrder> order;  // not given: the architecture's, as the rest
  std::vector<double> mean, std;      // of three colours
  CenterLossOptions loss;
  bool rounded = false;

  void list_options(OptionList& list) override;
  std::string network() const override { return arch; }
  void resolve(const TrainOptions& train) override;
  void learn_from(const TensorFile& file, const std::string& path) override;
  void open_data(const TrainOptions& train) override;
  std::unique_ptr<Task> open(const TrainOptions& train) override;
  std::unique_ptr<Task> open_for_evaluation(const TrainOptions& train, const std::string& split,
                                            const Weights& weights) override;
  std::unique_ptr<Predictor> predictor(const TrainOptions& train, const Weights& weights, int top) override;
  ModelSummary summary(const TrainOptions& train, const Weights& weights) override;

 private:
  bool is_ssd() const { return arch.starts_with("ssd"); }
  std::unique_ptr<Detector> new_detector(int64_t classes, bool pretrained) const;
  std::unique_ptr<Detector> trained_detector(const TrainOptions& train, const Weights& weights) const;

  std::shared_ptr<const BoxedDataset> dataset_;
};

}  // namespace radial
