// Pictures to unit vectors, near for pictures of a class: a backbone, mean plus maximum of its last features, and a
// linear layer.
#pragma once

#include <memory>

#include "models/models.h"

namespace radial {

struct EmbedderOptions {
  ModelOptions model = {.classes = 1};  // of which the backbone is taken
  int64_t embedding = 512;              // length of the vectors
  int64_t proxies = 0;                  // one a class for Proxy-Anchor; 0: none
};

// [n, h, w, 3] -> [n, embedding], rows of length 1, float32 where the activations are bfloat16. Names: the backbone's,
// "embedding.weight", "embedding.bias", "proxies" [proxies, embedding].
class Embedder : public Layer {
 public:
  // Float32, initialised: the backbone as the classifier's, embedding weight N(0, 2 / embedding), bias 0, proxies
  // N(0, 2 / proxies). Throws Error(usage) for an architecture whose features are no maps.
  explicit Embedder(const EmbedderOptions& options);

  Tensor forward(const Tensor& pictures) override { return embed(pool(pictures)); }
  Tensor pool(const Tensor& pictures);   // [n, features]
  Tensor embed(const Tensor& features);  // [n, embedding]
  const Tensor& proxies() const { return proxies_; }

  // All batch norms of the backbone normalise by their running statistics, which stay, whatever train() says; their
  // weights and biases are trained on.
  void freeze_batch_norms();

  void visit(Visitor& visitor) override;
  void initialise(const Initial& initial) override;

 private:
  std::unique_ptr<Classifier> classifier_;
  Backbone* backbone_ = nullptr;  // the classifier's
  Linear embedding_;
  Tensor proxies_;
};

}  // namespace radial
