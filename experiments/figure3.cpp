#include "experiments/figure3.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "core/error.h"
#include "core/ops.h"
#include "tasks/classify/options.h"

namespace radial {

namespace {

namespace fs = std::filesystem;

const Experiment& figure3() {
  static const Experiment experiment = Experiment::called("figure3");
  return experiment;
}

// The learning rate drops at 30, 60 and 90 of 100 epochs (the paper's) or after each third.
void set_schedule(PlannedRun& run, bool full) {
  const int epochs = run.settings.train.epochs;
  if (full) {
    run.set("schedule", "step");
    run.set("lr-step-epochs", std::to_string(std::max(1, epochs * 3 / 10)));
  } else if (epochs < 3) {
    run.set("schedule", "constant");
  } else {
    const auto after = [epochs](double share) { return std::to_string(std::lround(share * epochs)); };
    run.set("schedule", "multistep");
    run.options.find("lr-milestones")->set({after(1.0 / 3), after(2.0 / 3)});
  }
}

// The norm that is drawn, of the initial weights: the mean over convolutions of the mean over filters.
double initial_norm(const Settings& settings) {
  ModelOptions options = dynamic_cast<const ClassifyOptions&>(*settings.task).model;
  options.classes = 10;
  options.seed = settings.train.seed;
  const auto model = make_model(options);
  double sum_of_layers = 0;
  int layers = 0;
  for (const NamedTensor& parameter : model->parameters()) {
    if (parameter.kind != Kind::conv) continue;
    const Tensor w = parameter.tensor.detach();
    double sum_of_filters = 0;
    for (const double square : row_dots(w, w).to_vector()) sum_of_filters += std::sqrt(square);
    sum_of_layers += sum_of_filters / static_cast<double>(w.dim(0));
    ++layers;
  }
  check(layers > 0, "reproduce: ", options.arch, " has no convolutions but Figure 3 draws their norms");
  return sum_of_layers / layers;
}

}  // namespace

const std::vector<std::string>& Figure3::options() {
  static const std::vector<std::string> names = {
      "epochs",       "image-size", "batch-size",  "warmup-epochs", "arch",    "stem",    "augment", "lr",   "momentum",
      "weight-decay", "seed",       "limit-train", "limit-val",     "threads", "workers", "device",  "dtype"};
  return names;
}

void Figure3::list_options(OptionList& list, Settings& shown) const {
  list_run_options(list, options(), shown, figure3(), {"all", "small"});
}

std::vector<std::string> Figure3::runs() const { return figure3().runs(); }

std::string Figure3::folder(const std::string& run) const { return (fs::path(out) / run).string(); }

void Figure3::plan(PlannedRun& planned, const std::string& run, const OptionList& command_line) const {
  planned.set("data", data);
  figure3().apply(planned.options, {"all", full ? "full" : "small"});
  planned.set_given(command_line, options());
  figure3().apply(planned.options, {"run." + run});  // what makes it that run
  set_schedule(planned, full);
}

std::vector<Figure3Row> Figure3::draw(const Settings& of_a_run) const {
  std::vector<std::string> folders;
  for (const std::string& run : runs()) folders.push_back(folder(run));
  std::vector<Curve> curves = read_run_curves(folders, std::vector<std::string>{"val_top1"});
  std::vector<Figure3Row> rows;
  const double norm = initial_norm(of_a_run);
  for (size_t i = 0; i < curves.size(); ++i) rows.push_back(summarise_run(runs()[i], curves[i], norm));
  if (!published.empty())
    for (const Curve& curve : read_published_curves(published)) curves.push_back(curve);
  draw_training_figure(curves, stem());
  return rows;
}

std::string Figure3::stem() const { return (fs::path(out) / "figure3").string(); }

}  // namespace radial
