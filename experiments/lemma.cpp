#include "experiments/lemma.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "nn/norms.h"
#include "train/trainer.h"

namespace radial {

namespace {

const Experiment& lemma_settings() {
  static const Experiment experiment = Experiment::called("lemma");
  return experiment;
}

class EpsSetter : public Visitor {
 public:
  explicit EpsSetter(double eps) : eps_(eps) {}

 private:
  void on_module(const std::string&, Module& module) override {
    if (auto* norm = dynamic_cast<BatchNorm*>(&module)) norm->set_eps(eps_);
  }
  double eps_;
};

SGDOptions sgd_options(const OptimizerOptions& o) {
  return {.lr = o.lr,
          .momentum = o.momentum.value_or(0),
          .dampening = o.dampening,
          .weight_decay = o.weight_decay.value_or(0),
          .nesterov = o.nesterov};
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + std::ssize(values) / 2;
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double error(double said, double measured) { return std::abs(said - measured) / measured; }

}  // namespace

const std::vector<std::string>& Lemma::options() {
  static const std::vector<std::string> names = {
      "arch",         "stem",     "image-size", "augment",  "batch-size",    "lr",   "momentum", "dampening",
      "weight-decay", "nesterov", "schedule",   "lr-gamma", "warmup-epochs", "seed", "threads",  "workers"};
  return names;
}

void Lemma::list_options(OptionList& list, Settings& shown) const {
  list_run_options(list, options(), shown, lemma_settings(), {"all"});
}

std::vector<std::string> Lemma::runs() const { return lemma_settings().runs(); }

LemmaRun Lemma::train(const std::string& run, const OptionList& command_line, RunListener& listener) const {
  PlannedRun planned;
  planned.set("data", data);
  lemma_settings().apply(planned.options, {"all"});
  planned.set_given(command_line, options());
  lemma_settings().apply(planned.options, {"run." + run});
  planned.open();
  Settings& settings = planned.settings;
  const auto task = settings.task->open(settings.train);
  LemmaRun result{.name = run, .eps = BatchNorm::Options().eps};
  if (run == "sgd-small-eps") {
    EpsSetter setter(result.eps = small_eps);
    task->parties()[0].network->visit(setter);
  }
  Trainer trainer(settings.train, *task);
  NormGrowth growth(sgd_options(settings.train.optimizer));
  trainer.players()[0].optimizer->observe(growth);
  trainer.begin_epoch();
  const Stopwatch watch;
  while (trainer.state.step < steps) {
    const bool more = trainer.step();
    double loss = 0;
    trainer.read_steps([&](const StepReport& report) { loss = report.sums.of(0, task->facts().measures); });
    if (!more) {
      trainer.end_epoch();
      trainer.begin_epoch();
      continue;
    }
    const auto done = static_cast<double>(trainer.state.step);
    listener.step({.epoch = 1,
                   .epochs = 1,
                   .done = trainer.state.step,
                   .total = steps,
                   .numbers = run + "  " + shown(task->facts().measures[0], loss),
                   .images_per_second = static_cast<double>(settings.train.batch_size) * done / watch.seconds(),
                   .data_wait = 0,
                   .eta_seconds = watch.seconds() / done * (steps - done)});
  }
  result.points = growth.points();
  return result;
}

LemmaRow summarise(const LemmaRun& run) {
  LemmaRow row{.run = run.name, .eps = run.eps};
  std::vector<double> radial, growths, relative;
  struct Grown {
    double first = 0, last = 0, steps = 0;
  };
  std::map<std::string, Grown> layers;
  for (const GrowthPoint& point : run.points) {
    Grown& layer = layers[point.name];
    layer.last = point.measured;
    if (point.step == 0) {
      layer.first = point.measured;
      continue;
    }
    layer.steps += point.step_square;
    radial.push_back(point.radial_gradient);
    row.recursion = std::max(row.recursion, error(point.recursion, point.measured));
    row.lemma = std::max(row.lemma, error(point.lemma, point.measured));
    row.largest_radial_gradient = std::max(row.largest_radial_gradient, point.radial_gradient);
  }
  for (const auto& [name, layer] : layers) {
    growths.push_back(layer.last - layer.first);
    relative.push_back((layer.last - layer.first) / layer.steps);
  }
  row.radial_gradient = median(radial);
  row.growth = median(growths);
  row.growth_by_steps = median(relative);
  return row;
}

double corollary_ratio(double momentum, int64_t steps) {
  const double b = momentum, rest = 1 - b;
  return 1 + 2 * b / rest -
         2 * b * (1 - std::pow(b, static_cast<double>(steps))) / (rest * rest * static_cast<double>(steps));
}

}  // namespace radial
