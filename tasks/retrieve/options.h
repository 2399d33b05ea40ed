// The options of `--task retrieve`, and what is made of them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tasks/picture_options.h"
#include "tasks/retrieve/retrieve.h"
#include "train/task_options.h"

namespace radial {

class RetrieveOptions : public TaskOptions {
 public:
  PictureOptions pictures;
  std::string arch = "resnet18";
  Stem stem = Stem::imagenet;
  RetrievalLoss::Kind loss = RetrievalLoss::Kind::triplet;
  Mining mining = Mining::all;
  std::optional<double> margin;  // 0.1; nearest: 1
  double alpha = 32;             // of Proxy-Anchor
  double proxy_lr = 100;         // of its proxies, times --lr
  int64_t embedding = 512;
  std::vector<int> recall_at = {1, 2, 4, 8};
  int64_t per_class = 0;  // pictures of a class in a batch; 0: batches as they come
  int head_epochs = 0;
  bool freeze_bn = false;
  double class_split = 0;  // share of the classes that trains; 0: DATA has train/

  void list_options(OptionList& list) override;
  std::string network() const override { return arch; }
  void resolve(const TrainOptions& train) override;
  void before_overriding(const OptionList& given) override { pictures.before_overriding(given); }
  void learn_from(const TensorFile& file, const std::string& path) override;
  void open_data(const TrainOptions& train) override;
  std::unique_ptr<Task> open(const TrainOptions& train) override;
  std::unique_ptr<Task> open_for_evaluation(const TrainOptions& train, const std::string& split,
                                            const Weights& weights) override;
  std::unique_ptr<Predictor> predictor(const TrainOptions& train, const Weights& weights, int top) override;
  ModelSummary summary(const TrainOptions& train, const Weights& weights) override;

 private:
  EmbedderOptions network_options(uint64_t seed, int64_t classes) const;
  RetrievalLoss loss_options() const;
  std::unique_ptr<Embedder> trained_embedder(const TrainOptions& train, const Weights& weights);

  std::shared_ptr<const RetrievalFolders> folders_;
};

}  // namespace radial
