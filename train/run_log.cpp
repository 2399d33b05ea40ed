#include "train/run_log.h"

#include <utility>

#include "io/folder.h"

namespace radial {
namespace {

using Columns = std::vector<std::string>;

Columns layers_columns(bool ema, bool rates) {
  Columns columns = {"step",        "epoch",           "layer",          "kind",
                     "norm",        "filter_norm",     "effective_step", "cos_grad",
                     "radial_step", "tangential_step", "projected",      "filter_effective_step"};
  if (ema) columns.emplace_back("ema_norm");
  if (rates) columns.emplace_back("lr");
  return columns;
}

Columns train_columns(const TaskFacts& facts, bool grad_norm) {
  Columns columns = {"step", "epoch", "lr"};
  for (const Measure& measure : facts.measures)
    if (measure.written) columns.push_back(measure.name);
  columns.insert(columns.end(), {"images_per_second", "data_wait"});
  if (grad_norm) columns.push_back("grad_norm");
  return columns;
}

Columns val_columns(const TaskFacts& facts, bool ema) {
  Columns columns = {"epoch"};
  for (const Column& result : facts.results) columns.push_back(result.name);
  columns.push_back("seconds");
  for (size_t i = 0; ema && i < facts.results.size(); ++i) columns.push_back(of_averages(facts.results[i].name));
  return columns;
}

// All that an epoch came to but val's loss.
Columns epochs_columns(const TaskFacts& facts, bool ema) {
  Columns columns = {"epoch", "lr"};
  for (const Measure& measure : facts.measures)
    if (measure.written) columns.push_back(in_training(measure.name));
  for (size_t i = 1; i < facts.results.size(); ++i) columns.push_back(in_validation(facts.results[i].name));
  columns.insert(columns.end(), {"norm", "effective_step"});
  for (size_t i = 1; ema && i < facts.results.size(); ++i) columns.push_back(of_averages(facts.results[i].name));
  return columns;
}

// Epoch 0, the evaluation before training, is made again if no step was made.
int64_t last_validation(const TrainingState& state) { return state.step == 0 ? -1 : state.finished_epochs; }

// Checkpoints of before version 2 do not say what the files held: then the rows must at least leave none out.
CsvWriter go_on(const RunFolder& run, const char* name, const Columns& columns, const TrainingState& state,
                int64_t last, bool every_nth = false) {
  const auto mark = state.files.find(name);
  return mark != state.files.end() ? CsvWriter::resume(run.file(name), columns, mark->second)
                                   : CsvWriter::resume(run.file(name), columns, last, every_nth);
}

}  // namespace

RunLog::Contents RunLog::contents(const Task& task, const TrainOptions& options) {
  LrFactors factors;
  for (const Party& party : task.parties())
    for (const auto& [name, factor] : party.lr_factors) factors[party.prefix() + name] = factor;
  return {task.facts(), clips_norm(options), options.ema_decay.has_value(), std::move(factors), options.tensorboard};
}

RunLog::RunLog(const RunFolder& run, const Contents& contents)
    : facts_(contents.facts),
      grad_norm_(contents.grad_norm),
      ema_(contents.ema),
      lr_factors_(contents.lr_factors),
      train_(run.file("train.csv"), train_columns(facts_, grad_norm_)),
      val_(run.file("val.csv"), val_columns(facts_, ema_)),
      layers_(run.file("layers.csv"), layers_columns(ema_, !lr_factors_.empty())),
      epochs_(run.file("epochs.csv"), epochs_columns(facts_, ema_)),
      tensorboard_(run, contents.tensorboard) {
  sync_folder(run.path().string());
}

RunLog::RunLog(const RunFolder& run, const Contents& contents, const TrainingState& state)
    : facts_(contents.facts),
      grad_norm_(contents.grad_norm),
      ema_(contents.ema),
      lr_factors_(contents.lr_factors),
      train_(go_on(run, "train.csv", train_columns(facts_, grad_norm_), state, state.step)),
      val_(go_on(run, "val.csv", val_columns(facts_, ema_), state, last_validation(state))),
      layers_(go_on(run, "layers.csv", layers_columns(ema_, !lr_factors_.empty()), state, state.step, true)),
      epochs_(go_on(run, "epochs.csv", epochs_columns(facts_, ema_), state, state.finished_epochs)),
      tensorboard_(run, contents.tensorboard, state) {}

void RunLog::step(const StepReport& report) {
  const auto& sums = report.sums;
  std::vector<double> values = {report.lr};
  for (size_t i = 0; i < facts_.measures.size(); ++i)
    if (facts_.measures[i].written) values.push_back(sums.of(i, facts_.measures));
  values.push_back(static_cast<double>(sums.samples) / report.seconds);
  values.push_back(report.data_wait);
  if (grad_norm_) values.push_back(report.grad_norm);
  std::vector<CsvField> row = {report.step, report.epoch};
  row.insert(row.end(), values.begin(), values.end());
  train_.row(row);
  if (tensorboard_.on()) step_events(report, values);
  for (size_t i = 0; i < report.layers.size(); ++i) {
    const LayerMeasure& m = report.layers[i];
    row = {report.step,          report.epoch,           m.name,     name_of(m.kind), m.norm,
           m.filter_norm,        m.effective_step,       m.cos_grad, m.radial_step,   m.tangential_step,
           name_of(m.projected), m.filter_effective_step};
    if (ema_) row.emplace_back(i < report.ema_norms.size() ? report.ema_norms[i] : LayerMeasure::none);
    if (!lr_factors_.empty()) {
      const auto factor = lr_factors_.find(m.name);
      row.emplace_back(report.lr * (factor == lr_factors_.end() ? 1 : factor->second));
    }
    layers_.row(row);
  }
}

// `values` are those of train.csv from its third column on.
void RunLog::step_events(const StepReport& report, std::span<const double> values) {
  std::vector<Scalar> scalars;
  const Columns names = train_columns(facts_, grad_norm_);
  for (size_t i = 0; i < values.size(); ++i) scalars.push_back({"train/" + names[i + 2], values[i]});
  for (const LayerMeasure& layer : report.layers) {
    scalars.push_back({"norm/" + layer.name, layer.norm});
    scalars.push_back({"effective_step/" + layer.name, layer.effective_step});
  }
  for (size_t i = 0; i < report.ema_norms.size() && i < report.layers.size(); ++i)
    scalars.push_back({"ema_norm/" + report.layers[i].name, report.ema_norms[i]});
  tensorboard_.add(report.step, scalars);
}

void RunLog::validation(int64_t step, int epoch, const Evaluation& evaluation, double seconds) {
  std::vector<double> values = evaluation.values;
  values.push_back(seconds);
  values.insert(values.end(), evaluation.ema.begin(), evaluation.ema.end());
  std::vector<CsvField> row = {epoch};
  row.insert(row.end(), values.begin(), values.end());
  val_.row(row);
  if (!tensorboard_.on()) return;
  std::vector<Scalar> scalars;
  const Columns names = val_columns(facts_, ema_);
  for (size_t i = 0; i < values.size(); ++i) scalars.push_back({"val/" + names[i + 1], values[i]});
  tensorboard_.add(step, scalars);
}

void RunLog::epoch(const TrainingState& state) {
  std::vector<CsvField> row = {state.last.epoch, state.lr};
  for (const Measure& measure : facts_.measures)
    if (measure.written) row.emplace_back(state.last.of(in_training(measure.name)));
  for (size_t i = 1; i < facts_.results.size(); ++i)
    row.emplace_back(state.last.of(in_validation(facts_.results[i].name)));
  row.emplace_back(state.average.norm());
  row.emplace_back(state.average.effective_step());
  for (size_t i = 1; ema_ && i < facts_.results.size(); ++i)
    row.emplace_back(state.last.of(of_averages(facts_.results[i].name)));
  epochs_.row(row);
}

bool RunLog::full() const {
  constexpr size_t enough = 1 << 16;
  return train_.buffered() + val_.buffered() + layers_.buffered() + epochs_.buffered() + tensorboard_.buffered() >
         enough;
}

void RunLog::flush() {
  train_.flush();
  val_.flush();
  layers_.flush();
  epochs_.flush();
  tensorboard_.flush();
}

std::map<std::string, FileMark> RunLog::sync() {
  std::map<std::string, FileMark> marks = {{"train.csv", train_.sync()},
                                           {"val.csv", val_.sync()},
                                           {"layers.csv", layers_.sync()},
                                           {"epochs.csv", epochs_.sync()}};
  tensorboard_.sync(marks);
  return marks;
}

}  // namespace radial
