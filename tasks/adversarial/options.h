// The options of `--task adversarial`: classify's, but for those that mix pictures, and the attack's.
#pragma once

#include <memory>
#include <optional>

#include "tasks/adversarial/attack.h"
#include "tasks/classify/options.h"

namespace radial {

class AdversarialOptions : public ClassifyOptions {
 public:
  AttackNorm norm = AttackNorm::linf;
  std::optional<double> epsilon;  // 4/255 for Linf, 80/255 for L2
  double step = 2.0 / 255;
  int steps = 10;
  std::optional<int> eval_steps;  // as steps
  AttackStart start = AttackStart::random, eval_start = AttackStart::clean;
  AttackGradient gradient = AttackGradient::sign;

  void list_options(OptionList& list) override;
  void resolve(const TrainOptions& train) override;
  void before_overriding(const OptionList& given) override;
  std::unique_ptr<Task> open(const TrainOptions& train) override;
  std::unique_ptr<Task> open_for_evaluation(const TrainOptions& train, const std::string& split,
                                            const Weights& weights) override;

 private:
  Attack in_training() const;
  Attack in_evaluation() const;

  bool start_is_of_evaluation_ = false;
};

}  // namespace radial
