// The options of `--task rebias`: classify's, but for those that mix pictures, and ReBias's.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "tasks/classify/options.h"
#include "tasks/rebias/rebias.h"

namespace radial {

// colour: backgrounds are painted (data/colour_bias.h); none: pictures are biased as they are.
enum class Bias { colour, none };

class RebiasOptions : public ClassifyOptions {
 public:
  RebiasOptions() { model.arch = "rebias_conv7"; }

  std::optional<Bias> bias;  // colour, for the networks that are made for it
  double rho = 0.997;        // share of training pictures whose colour is that of their class
  double lambda = 1, lambda_g = 1;
  std::optional<Sigma> sigma;          // fixed with Bias::colour, else median
  std::string superclasses, clusters;  // files (tasks/rebias/groups.h)
  std::string extra_val;               // a folder with class folders

  void list_options(OptionList& list) override;
  void resolve(const TrainOptions& train) override;
  std::unique_ptr<Task> open(const TrainOptions& train) override;
  std::unique_ptr<Task> open_for_evaluation(const TrainOptions& train, const std::string& split,
                                            const Weights& weights) override;

 protected:
  std::shared_ptr<const Samples> samples(const TrainOptions& train, const ImageFolder& folder,
                                         bool training) const override;
  ImageFolder grouped(ImageFolder folder, bool training) const override;

 private:
  std::shared_ptr<const Samples> painted(const TrainOptions& train, const ImageFolder& folder, bool training,
                                         double share, uint64_t seed) const;
  // Fills in what evaluates: test sets and clusters.
  void add_tests(Rebias::Other& other, const TrainOptions& train, const ImageFolder& val) const;
};

}  // namespace radial
