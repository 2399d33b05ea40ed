// The options of `--task classify`, and what is made of them.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "data/image_folder.h"
#include "data/transforms.h"
#include "models/models.h"
#include "tasks/classify/classify.h"
#include "tasks/classify/mix.h"
#include "tasks/network_input.h"
#include "train/task_options.h"

namespace radial {

// Which training pictures an epoch takes: each once, or drawn so that all classes come equally often.
enum class Sampler { shuffle, balanced };

class ClassifyOptions : public TaskOptions {
 public:
  ModelOptions model = {.classes = 0};  // 0: as many as there are folders. Its seed is that of the training.
  int resize = 0;                       // 0: 256/224 of the size
  Augment augment = Augment::standard;
  AutoAugment auto_augment = AutoAugment::none;
  std::vector<double> color_jitter;  // of brightness, contrast, saturation and hue; or one number for the first three
  double lighting = 0, random_erase = 0;
  std::array<double, 3> mean = imagenet_mean, std = imagenet_std;
  double label_smoothing = 0;
  double val_split = 0;                // share of each class of DATA/<class>/* that is evaluated; 0: DATA/train and val
  std::string val_labels, class_map;   // files that say the classes of a flat DATA/val (data/val_labels.h)
  std::string class_weights = "none";  // none, auto or a file
  Sampler sampler = Sampler::shuffle;
  double layer_decay = 1;  // of learning rates, from layer to layer
  MixOptions mix;

  void list_options(OptionList& list) override;
  std::string network() const override { return model.arch; }
  void resolve(const TrainOptions& train) override;
  void before_overriding(const OptionList& given) override;
  void learn_from(const TensorFile& file, const std::string& path) override;
  void open_data(const TrainOptions& train) override;
  std::unique_ptr<Task> open(const TrainOptions& train) override;
  std::unique_ptr<Task> open_for_evaluation(const TrainOptions& train, const std::string& split,
                                            const Weights& weights) override;
  std::unique_ptr<Predictor> predictor(const TrainOptions& train, const Weights& weights, int top) override;
  OnnxModel onnx(const TrainOptions& train, const Weights& weights, bool normalise) override;

  // The parts.
  void list_picture_options(OptionList& list);
  void list_class_options(OptionList& list);  // without those that classify alone has
  TransformOptions transform(bool train) const;
  NetworkInput input(const TrainOptions& train) const;

 protected:
  // The pictures of a folder that must outlive them, for training or evaluation.
  virtual std::shared_ptr<const Samples> samples(const TrainOptions& train, const ImageFolder& folder,
                                                 bool training) const;
  // The data under other classes; `training`: of a training, not of an evaluation alone.
  virtual ImageFolder grouped(ImageFolder folder, bool /*training*/) const { return folder; }
  const Dataset& dataset() const { return *dataset_; }  // that was opened to train on
  // What a task is made of, to train it on the data that were opened, and to evaluate weights.
  Classify::Parts training_parts(const TrainOptions& train);
  Classify::Parts evaluation_parts(const TrainOptions& train, const std::string& split, const Weights& weights);

 private:
  void list_own_options(OptionList& list);
  void resolve_grey();
  Loader picture_loader(const TrainOptions& train) const;  // of training
  // Of the outputs, for the loss of a training; none where all count the same.
  std::vector<double> loss_weights(const TrainOptions& train) const;
  Dataset open_folders(const TrainOptions& train) const;
  ImageFolder open_evaluated(const TrainOptions& train, const std::string& split, const Weights& weights) const;
  std::unique_ptr<Classifier> trained_model(const TrainOptions& train, const Weights& weights);

  std::shared_ptr<const Dataset> dataset_;
};

}  // namespace radial
