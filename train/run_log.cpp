#include "train/run_log.h"

#include "io/folder.h"

namespace radial {
namespace {

using Columns = std::vector<std::string>;

const Columns train_columns = {"step", "epoch", "lr", "loss", "top1", "images_per_second", "data_wait"};
const Columns val_columns = {"epoch", "loss", "top1", "top5", "seconds"};
const Columns layers_columns = {"step",        "epoch",           "layer",          "kind",
                                "norm",        "filter_norm",     "effective_step", "cos_grad",
                                "radial_step", "tangential_step", "projected",      "filter_effective_step"};
const Columns epochs_columns = {"epoch",    "lr",       "train_loss", "train_top1",
                                "val_top1", "val_top5", "norm",       "effective_step"};

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

RunLog::RunLog(const RunFolder& run)
    : train_(run.file("train.csv"), train_columns),
      val_(run.file("val.csv"), val_columns),
      layers_(run.file("layers.csv"), layers_columns),
      epochs_(run.file("epochs.csv"), epochs_columns) {
  sync_folder(run.path().string());
}

RunLog::RunLog(const RunFolder& run, const TrainingState& state)
    : train_(go_on(run, "train.csv", train_columns, state, state.step)),
      val_(go_on(run, "val.csv", val_columns, state, last_validation(state))),
      layers_(go_on(run, "layers.csv", layers_columns, state, state.step, true)),
      epochs_(go_on(run, "epochs.csv", epochs_columns, state, state.finished_epochs)) {}

void RunLog::step(const StepReport& report) {
  const auto& [step, epoch, lr, score, seconds, data_wait, layers] = report;
  const double images_per_second = static_cast<double>(score.images) / seconds;
  train_.row({step, epoch, lr, score.mean_loss(), score.top1_percent(), images_per_second, data_wait});
  for (const LayerMeasure& m : layers)
    layers_.row({step, epoch, m.name, name_of(m.kind), m.norm, m.filter_norm, m.effective_step, m.cos_grad,
                 m.radial_step, m.tangential_step, name_of(m.projected), m.filter_effective_step});
}

void RunLog::validation(const EpochResult& result, double seconds) {
  val_.row({result.epoch, result.val_loss, result.val_top1, result.val_top5, seconds});
}

void RunLog::epoch(const TrainingState& state) {
  const EpochResult& result = state.last;
  epochs_.row({result.epoch, state.lr, result.train_loss, result.train_top1, result.val_top1, result.val_top5,
               state.average.norm(), state.average.effective_step()});
}

bool RunLog::full() const {
  constexpr size_t enough = 1 << 16;
  return train_.buffered() + val_.buffered() + layers_.buffered() + epochs_.buffered() > enough;
}

void RunLog::flush() {
  train_.flush();
  val_.flush();
  layers_.flush();
  epochs_.flush();
}

std::map<std::string, CsvMark> RunLog::sync() {
  return {{"train.csv", train_.sync()},
          {"val.csv", val_.sync()},
          {"layers.csv", layers_.sync()},
          {"epochs.csv", epochs_.sync()}};
}

}  // namespace radial
