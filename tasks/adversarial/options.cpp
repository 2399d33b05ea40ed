#include "tasks/adversarial/options.h"

#include <charconv>
#include <cmath>

#include "core/error.h"
#include "tasks/adversarial/adversarial.h"

namespace radial {
namespace {

const Choices<AttackNorm>& norm_names() {
  static const Choices<AttackNorm> names = {
      {"linf", AttackNorm::linf}, {"l2", AttackNorm::l2}, {"none", AttackNorm::none}};
  return names;
}

const Choices<AttackStart>& start_names() {
  static const Choices<AttackStart> names = {{"random", AttackStart::random}, {"clean", AttackStart::clean}};
  return names;
}

const Choices<AttackGradient>& gradient_names() {
  static const Choices<AttackGradient> names = {{"sign", AttackGradient::sign},
                                                {"normalized", AttackGradient::normalized}};
  return names;
}

// "4/255", "0.0157": not negative, finite; NaN for anything else.
double length_of(const std::string& word) {
  const char *at = word.data(), *end = at + word.size();
  double above = 0, below = 1;
  auto [stop, error] = std::from_chars(at, end, above);
  if (error == std::errc() && stop != end && *stop == '/') {
    const auto [last, wrong] = std::from_chars(stop + 1, end, below);
    stop = last;
    error = wrong;
  }
  const double length = above / below;
  const bool good = error == std::errc() && stop == end && std::isfinite(above) && below > 0 && length >= 0;
  return good && length <= 1e6 ? length : std::nan("");
}

// An option whose value is a number or a fraction, kept as a number.
template <class T>
Option& add_length(OptionList& list, const std::string& name, T& value, const std::string& help) {
  const auto expected = [](const std::string& word) {
    return std::isnan(length_of(word)) ? "a number from 0 to 1000000, or a fraction, as 4/255" : "";
  };
  Option& option = list.add(name, value, help, {.expected = expected});
  option.type = "FLOAT|FRACTION";
  option.shows_default = false;
  option.assign = [at = &value](const std::vector<std::string>& words) { *at = length_of(words.back()); };
  return option;
}

}  // namespace

void AdversarialOptions::list_options(OptionList& list) {
  list_picture_options(list);
  list_class_options(list);
  list.group("Attack");
  list.add_choice("attack", norm, norm_names(),
                  "What lies within epsilon of the clean picture: each value (linf), or the L2 norm of all");
  add_length(list, "epsilon", epsilon,
             "Of values from 0 to 1, whatever --mean and --std (4/255; with --attack l2: 80/255)");
  add_length(list, "attack-step", step, "Length of a step along the direction, in the same units (2/255)");
  list.add("attack-steps", steps, "Steps; in evaluate: those of evaluation", within(0, 1e6));
  list.add("eval-attack-steps", eval_steps, "Steps in evaluation (as --attack-steps)", within(0, 1e6));
  list.add_choice("attack-start", start, start_names(),
                  "The clean picture, or each value moved by up to epsilon; in evaluate: that of evaluation");
  list.add_choice("eval-attack-start", eval_start, start_names(), "The same in evaluation");
  list.add_choice("attack-gradient", gradient, gradient_names(),
                  "A step's direction: the gradient's sign, or the gradient over its L2 norm");
}

void AdversarialOptions::resolve(const TrainOptions& train) {
  ClassifyOptions::resolve(train);
  if (!epsilon) epsilon = norm == AttackNorm::l2 ? 80.0 / 255 : 4.0 / 255;
  if (!eval_steps) eval_steps = steps;
}

void AdversarialOptions::before_overriding(const OptionList& given) {
  ClassifyOptions::before_overriding(given);
  const auto has = [&](const char* name) { return given.find(name) != nullptr && given.find(name)->given; };
  if (has("attack") && !has("epsilon")) epsilon.reset();  // which belongs to its norm
  if (has("attack-steps") && !has("eval-attack-steps")) eval_steps.reset();
  start_is_of_evaluation_ = has("attack-start") && !has("eval-attack-start");
}

std::unique_ptr<Task> AdversarialOptions::open(const TrainOptions& train) {
  return std::make_unique<Adversarial>(training_parts(train), in_training(), in_evaluation());
}

std::unique_ptr<Task> AdversarialOptions::open_for_evaluation(const TrainOptions& train, const std::string& split,
                                                              const Weights& weights) {
  return std::make_unique<Adversarial>(evaluation_parts(train, split, weights), in_training(), in_evaluation());
}

Attack AdversarialOptions::in_training() const {
  return {.norm = norm, .epsilon = *epsilon, .step = step, .steps = steps, .start = start, .gradient = gradient};
}

Attack AdversarialOptions::in_evaluation() const {
  Attack attack = in_training();
  attack.steps = *eval_steps;
  attack.start = start_is_of_evaluation_ ? start : eval_start;
  return attack;
}

}  // namespace radial
