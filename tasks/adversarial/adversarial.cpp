#include "tasks/adversarial/adversarial.h"

#include <array>
#include <string>
#include <utility>

#include <fmt/core.h>

#include "core/autograd.h"
#include "core/fnv.h"
#include "data/picture_samples.h"
#include "nn/dropout.h"
#include "nn/freeze.h"

namespace radial {
namespace {

std::string described(const Attack& attack) {
  if (!attack.on()) return "none";
  return fmt::format("{} {:.4g}, {} step{} of {:.4g} from a {} start", attack.norm == AttackNorm::l2 ? "L2" : "Linf",
                     attack.epsilon, attack.steps, attack.steps == 1 ? "" : "s", attack.step,
                     attack.start == AttackStart::clean ? "clean" : "random");
}

Tensor of_channels(const double (&values)[3], const NetworkInput& input) {
  return Tensor::from(std::vector<double>(values, values + 3), {3}).to(input.dtype).to(input.device);
}

bool is_plain(const PictureStatistics& statistics) {
  for (size_t c = 0; c < 3; ++c)
    if (statistics.mean[c] != 0 || statistics.inv_std[c] != 1) return false;
  return true;
}

}  // namespace

Adversarial::Adversarial(Parts parts, const Attack& training, const Attack& evaluation)
    : Classify(std::move(parts)), training_(training), evaluation_(evaluation), exact_(this->parts().input) {
  exact_.dtype = accumulator_of(exact_.dtype);
  if (const PictureStatistics& statistics = exact_.pictures; !is_plain(statistics)) {
    double std[3];
    for (size_t c = 0; c < 3; ++c) std[c] = 1 / statistics.inv_std[c];
    mean_ = of_channels(statistics.mean, exact_);
    std_ = of_channels(std, exact_);
    inv_std_ = of_channels(statistics.inv_std, exact_);
  }
  const Measure attacked_loss = {{"attacked_loss", "attacked loss"}, Measure::Kind::mean},
                attacked_top1 = {{"attacked_top1", "attacked top-1", true}, Measure::Kind::count},
                attacked_top5 = {{"attacked_top5", "attacked top-5", true}, Measure::Kind::count, false};
  evaluated_[2].written = false;
  evaluated_.insert(evaluated_.end(), {attacked_loss, attacked_top1, attacked_top5});
  set_results("attacked_top1");
  // Of which pictures would they be, clean or attacked?
  facts_.writes_classes = facts_.writes_predictions = false;
  if (training_.start == AttackStart::random) facts_.same_launches = false;  // a key of each batch
  if (this->parts().train != nullptr) facts_.notes.push_back("attack in training: " + described(training_));
  facts_.notes.push_back("attack in evaluation: " + described(evaluation_));
}

Tensor Adversarial::to_input(const Tensor& values) const {
  const Tensor x = mean_.defined() ? (values - mean_) * inv_std_ : values;
  return cast(x, parts().input.dtype);
}

Tensor Adversarial::attacked(const Batch& batch, const Attack& attack, const char* use) {
  const Tensor clean = exact_(batch[PictureSamples::image]);
  if (!attack.on()) return cast(clean, parts().input.dtype);
  const Tensor values = mean_.defined() ? clamp(clean * std_ + mean_, 0, 1) : clean;
  const Tensor labels = batch[PictureSamples::label].to(exact_.device);
  const std::string draws = fmt::format("attack in {} {} {} {}", use, parts().seed, batch.epoch, batch.number);
  Classifier& model = *parts().model;
  const EvaluationMode evaluation(model);
  const NoParameterGradients pictures_alone(model);
  const Tensor start = attack_start(values, attack, {.seed = fnv1a(draws)});
  return to_input(radial::attacked(values, start, attack,
                                   [&](const Tensor& x) { return cross_entropy(model(to_input(x)), labels); }));
}

void Adversarial::gradients(const Batch& batch, const Turn& turn, Tensor& numbers) {
  const Tensor x = attacked(batch, training_, "training");
  begin_dropouts(*parts().model, parts().seed, batch.epoch, batch.number);
  add_gradients(score(x, batch, training_loss(), numbers), turn.share);
}

void Adversarial::evaluate_batch(const Batch& batch, Tensor& numbers) {
  Tensor clean = numbers.slice(0, 3), under_attack = numbers.slice(3, 6);
  Classify::evaluate_batch(batch, clean);
  if (!evaluation_.on()) return under_attack.copy_from(clean);
  const Tensor x = attacked(batch, evaluation_, "evaluation");
  const NoGrad no_grad;
  score(x, batch, {}, under_attack);
}

}  // namespace radial
