// ReBias (Bahng et al., "Learning de-biased representations with biased representations", ICML 2020): a network f
// learns beside a network g that can see nothing but the bias, and is to depend on it as little as can be.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tasks/classify/classify.h"
#include "tasks/rebias/groups.h"

namespace radial {

// The kernels' sigma: 1; or for each network the square root of the median of the squared distances of its features
// (all pairs of a batch, with themselves too, over the first quarter of an epoch's batches and one), measured as an
// epoch begins; swapped: the same, but g's step takes f's for g's features and the reverse, as the authors' code does.
enum class Sigma { fixed, median, swapped };

// A step: g's turn: CE(g) - lambda_g H(g, f);  then f's turn, with the g that has just been stepped:
// CE(f) + lambda H(f, g). CE is the cross entropy, H the HSIC of features (tasks/rebias/hsic.h); each turn sees the
// other network's features as constants. Both networks are in training mode, and see the batch once for each turn that
// needs them: as f's weights do not change in between, it is computed once, and its running statistics move twice.
// A batch of fewer than four samples has no H.
class Rebias : public Classify {
 public:
  // Pictures of evaluation that give a result of their own: how often f is right.
  struct TestSet {
    Column column;  // "unbiased"
    std::unique_ptr<Loader> loader;
  };
  struct Other {
    std::unique_ptr<Classifier> model = nullptr;  // g, on its device; none to evaluate f alone
    std::string arch = "";                        // its name
    double lambda = 1, lambda_g = 1;
    Sigma sigma = Sigma::fixed;
    int accumulate = 1;  // batches a step
    std::vector<TestSet> tests = {};
    std::shared_ptr<const Clusters> clusters = nullptr;  // of parts.val
    std::unique_ptr<Loader> again = nullptr;             // training's batches once more, to measure sigma
    std::shared_ptr<const ImageFolder> extra = nullptr;  // that a test set reads
  };
  // The result "biased" is what f gets right of parts.val; "unbiased" is that of the test set of this name, or of
  // clusters; where there is neither it is the same as "biased". Predictions are of parts.val.
  Rebias(Parts parts, Other other);

  void begin_epoch(int epoch, Group& group) override;  // measures sigma
  void gradients(const Batch& batch, const Turn& turn, Tensor& numbers) override;
  std::optional<Evaluation> evaluate(const EvaluationHooks& hooks) override;
  std::vector<Loader*> loaders() override;
  void try_one_sample(std::span<const std::string> frozen) override;
  std::vector<NamedTensor> state() override;

 private:
  struct Seen {
    Tensor features, logits;
  };
  struct Score {
    double loss = 0, right = 0;  // sums over samples
    int64_t samples = 0;
    std::vector<Clusters::Answer> answers = {};  // with clusters
  };

  Seen see(Classifier& network, const Batch& batch);
  Seen see_f(const Batch& batch);  // once a step, where that will do
  void gradients_of_g(const Batch& batch, const Turn& turn, Tensor& numbers);
  void gradients_of_f(const Batch& batch, const Turn& turn, Tensor& numbers);
  std::optional<Score> score_on(Loader& loader, const EvaluationHooks& hooks, bool with_answers = false,
                                Predictions* predictions = nullptr);
  void count_batches(int times);  // of f
  double sigma_of(size_t party) const { return sigmas_.at(static_cast<int64_t>(1 + party)); }

  Other other_;
  // The epoch, and of f's and of g's kernel what holds in it.
  Tensor sigmas_ = Tensor::from<double>({0, 1, 1}, {3});
  // f's answers to the batch, from g's turn to f's own.
  struct Kept {
    int epoch = 0;
    int64_t batch = -1;
    Seen seen;
  };
  Kept kept_;
};

}  // namespace radial
