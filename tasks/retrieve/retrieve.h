// Pictures to vectors, near where the class is the same: for classes that were never trained on.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tasks/network_input.h"
#include "tasks/retrieve/folders.h"
#include "tasks/retrieve/losses.h"
#include "tasks/retrieve/network.h"
#include "tasks/retrieve/recall.h"
#include "train/task.h"

namespace radial {

// What is trained: triplets of the batch, or the batch against a proxy for each class.
struct RetrievalLoss {
  enum class Kind { triplet, proxy_anchor };
  Kind kind = Kind::triplet;
  Mining mining = Mining::all;
  double margin = 0.1, alpha = 32;

  // Of unit vectors [n, d] and labels i32 [n]; `proxies` for proxy_anchor alone.
  Tensor operator()(const Tensor& embeddings, const Tensor& proxies, const Tensor& labels) const;
};

class Retrieve : public Task {
 public:
  struct Parts {
    EmbedderOptions network;             // what the embedder is
    std::unique_ptr<Embedder> embedder;  // on its device
    NetworkInput input;                  // the embedder's
    std::string dtype = "float32";       // as --dtype calls it
    RetrievalLoss loss;
    std::vector<int> recall_at = {1, 2, 4, 8};
    int head_epochs = 0;                                        // first epochs in which the backbone is not trained
    double proxy_lr = 1;                                        // times the learning rate
    bool frozen_norms = false;                                  // the embedder's batch norms are frozen
    std::shared_ptr<const RetrievalFolders> folders = nullptr;  // those of the loaders
    std::unique_ptr<Loader> train = nullptr, gallery = nullptr, query = nullptr;  // query: where folders have one
    std::vector<std::string> notes = {};
  };
  explicit Retrieve(Parts parts);

  Loader& batches() override;
  void gradients(const Batch& batch, const Turn& turn, Tensor& numbers) override;
  // The loss is the mean over pieces of 120 pictures in the order of the classes, with the means of the classes as
  // proxies: those of the training know other classes.
  std::optional<Evaluation> evaluate(const EvaluationHooks& hooks) override;
  std::vector<Loader*> loaders() override;
  void try_one_sample(std::span<const std::string> frozen) override;
  std::string describe_data() const override;
  void check_same_data(const std::string& before, const std::string& path, const std::string& now) const override;

 private:
  Parts parts_;
};

// All pictures of a loader's epoch 0 in evaluation mode.
struct Embeddings {
  Tensor vectors;                // [n, d], on the network's device
  std::vector<int32_t> labels;   // of each
  std::vector<int64_t> samples;  // their numbers in the loader's samples
};
// Nothing if hooks.stop said so.
std::optional<Embeddings> embed_all(Embedder& embedder, const NetworkInput& input, Loader& loader,
                                    const EvaluationHooks& hooks);

}  // namespace radial
