#include "experiments/paper_table.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/joined.h"
#include "figures/training_figure.h"
#include "io/csv.h"
#include "io/file.h"
#include "io/json_lines.h"
#include "train/stopwatch.h"
#include "train/trainer.h"

namespace radial {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

bool is_part(const TableCell& cell, const std::string& part) {
  return part == cell.row || part == cell.optimizer || part == cell.row + "." + cell.optimizer;
}

Json json_of(const fs::path& path) { return parse_json(read_text(path.string()), path.string()); }

std::string text_in(const Json& json, const char* key) {
  return json.is_object() && json.contains(key) && json[key].is_string() ? json[key].get<std::string>() : "unknown";
}

// A line of two points through all epochs of a run's curve, without values.
Curve flat(const Curve& of) {
  const double none = std::nan("");
  return {.name = of.name,
          .colour = of.colour,
          .published = true,
          .epochs = of.epochs,
          .epoch = {1, std::max(of.epochs, of.epoch.back())},
          .lr = {},
          .norm = {none, none},
          .effective_step = {none, none}};
}

bool has_cell(const std::vector<TableResult>& results, const TableCell& cell) {
  return std::any_of(results.begin(), results.end(), [&](const TableResult& result) { return result.cell == cell; });
}

}  // namespace

std::string name_of(const TableCell& cell) { return cell.row + "." + cell.optimizer + "." + std::to_string(cell.seed); }

PaperTable::PaperTable(const std::string& table) : name(table), out(table), experiment_(Experiment::called(table)) {
  for (const std::string& measure : experiment_.names("measure")) {
    const std::string section = "measure." + measure;
    measures_.push_back({measure, experiment_.text(section, "column"), experiment_.text(section, "title")});
  }
  if (measures_.empty()) measures_ = {{"top1", "val_top1", "top-1"}};
}

std::string PaperTable::task() const { return experiment_.find("table", "task").value_or("classify"); }

std::vector<std::string> PaperTable::options() const {
  std::vector<std::string> names = {
      "epochs",      "lr",         "weight-decay", "no-decay",    "label-smoothing", "schedule", "warmup-epochs",
      "batch-size",  "accumulate", "image-size",   "augment",     "color-jitter",    "lighting", "stem",
      "class-split", "embedding",  "per-class",    "sample-rate", "samples",         "channels", "pieces",
      "limit-train", "limit-val",  "threads",      "workers",     "device",          "dtype"};
  Settings settings(task());
  const OptionList known = settings.list();
  std::erase_if(names, [&](const std::string& option) { return known.find(option) == nullptr; });
  return names;
}

void PaperTable::list_options(OptionList& list, Settings& shown) const {
  list_run_options(list, options(), shown, experiment_, {"all", "small"});
  for (const char* differs : {"epochs", "lr", "weight-decay"}) list.find(differs)->shows_default = false;
}

std::vector<TableCell> PaperTable::cells() const {
  std::vector<TableCell> all;
  for (int seed = 0; seed < seeds; ++seed)
    for (const std::string& row : experiment_.names("row"))
      for (const std::string& optimizer : experiment_.names("optimizer"))
        all.push_back({row, optimizer, static_cast<uint64_t>(seed)});
  if (only.empty()) {
    std::erase_if(all, [&](const TableCell& cell) { return !data_of(cell.row).empty(); });
    const auto begins = [&](const TableCell& cell) { return !backbone(cell.row).empty(); };
    const bool with_others = !std::all_of(all.begin(), all.end(), begins);
    if (pretrain.empty() && init.empty() && with_others) std::erase_if(all, begins);
    return all;
  }
  for (const std::string& part : only)
    check(std::any_of(all.begin(), all.end(), [&](const TableCell& cell) { return is_part(cell, part); }),
          "reproduce: ", name, " has no part ", part, " but rows (", joined(experiment_.names("row")),
          ") and optimizers (", joined(experiment_.names("optimizer")), "), and both: ", all[0].row, ".",
          all[0].optimizer);
  std::vector<TableCell> chosen;
  for (const TableCell& cell : all)
    if (std::any_of(only.begin(), only.end(), [&](const std::string& part) { return is_part(cell, part); }))
      chosen.push_back(cell);
  return chosen;
}

std::vector<std::string> PaperTable::phases(const TableCell& cell) const {
  std::vector<std::string> all = experiment_.names(cell.optimizer);
  all.insert(all.begin(), "");
  return all;
}

std::string PaperTable::backbone(const std::string& row) const {
  return experiment_.find("published." + row, "backbone").value_or("");
}

std::string PaperTable::data_of(const std::string& row) const {
  return experiment_.find("published." + row, "data").value_or("");
}

TableMeasure PaperTable::measure_of(const std::string& row, size_t measure) const {
  TableMeasure of = measures_[measure];
  if (measure > 0) return of;
  of.column = experiment_.find("published." + row, "column").value_or(of.column);
  of.percent = std::stod(experiment_.find("published." + row, "percent").value_or("1"));
  return of;
}

void PaperTable::plan_pretraining(PlannedRun& planned, const std::string& backbone) const {
  planned.set("data", pretrain);
  experiment_.apply(planned.options, {"pretraining", "pretrain." + backbone});
}

void PaperTable::plan(PlannedRun& planned, const TableCell& cell, const OptionList& command_line,
                      const std::string& phase) const {
  const auto best_of = [](const std::string& run) {
    return (fs::path(run) / "checkpoints" / "best.safetensors").string();
  };
  const std::string size = full ? "full" : "small", optimizer = "optimizer." + cell.optimizer, row = "row." + cell.row;
  if (!data.empty()) planned.set("data", data);  // a list of what would be trained needs none
  planned.set("seed", std::to_string(cell.seed));
  experiment_.apply(planned.options, {"all", size, optimizer, optimizer + "." + size, row, row + "." + size,
                                      row + "." + cell.optimizer});
  if (const std::string begin = backbone(cell.row); !begin.empty())
    planned.set("init", init.empty() ? best_of(pretraining_folder(begin)) : init);
  if (!phase.empty()) {
    const std::string section = cell.optimizer + "." + phase;
    experiment_.apply(planned.options, {section, section + "." + size});
    const std::vector<std::string> all = phases(cell);
    planned.set("init", best_of(folder(cell, *(std::find(all.begin(), all.end(), phase) - 1))));
  }
  planned.set_given(command_line, options());
}

std::string PaperTable::settings_text(const TableCell& cell, const OptionList& command_line) const {
  std::string text;
  for (const std::string& phase : phases(cell)) {
    PlannedRun planned(task());
    plan(planned, cell, command_line, phase);
    text += (phase.empty() ? "" : "; then ") + planned.settings_text();
  }
  return text;
}

std::string PaperTable::folder(const TableCell& cell, const std::string& phase) const {
  return file(name_of(cell) + (phase.empty() ? "" : "." + phase));
}

std::string PaperTable::file(const std::string& file) const { return (fs::path(out) / file).string(); }

namespace {

// DIR/<name>.csv, where the tables of several experiments lie together, or what an experiment's own folder has.
std::string table_in(const std::string& folder, const std::string& name) {
  for (const std::string& file : {name + ".csv", std::string("table.csv")})
    if (const fs::path path = fs::path(folder) / file; fs::exists(path)) return path.string();
  fail(ErrorKind::io, "--results: ", folder, " has neither ", name, ".csv nor table.csv");
}

}  // namespace

std::vector<TableResult> PaperTable::finished(const OptionList& command_line) const {
  std::vector<std::string> files;
  if (fs::exists(file("table.csv"))) files.push_back(file("table.csv"));
  for (const std::string& given : results) files.push_back(fs::is_directory(given) ? table_in(given, name) : given);
  const std::vector<std::string> rows = experiment_.names("row"), optimizers = experiment_.names("optimizer");
  const auto has = [](const auto& names, const std::string& one) {
    return std::find(names.begin(), names.end(), one) != names.end();
  };
  std::vector<TableResult> merged;
  for (const std::string& path : files)
    for (const TableResult& result : read_table_results(path, measures_)) {
      const TableCell& cell = result.cell;
      if (!has(rows, cell.row) || !has(optimizers, cell.optimizer) || has_cell(merged, cell)) continue;
      const std::string settings = settings_text(cell, command_line);
      check(result.settings == settings, "reproduce: ", name_of(cell), " of ", path, " was trained with\n  ",
            result.settings, "\nbut here the settings are\n  ", settings);
      for (const TableResult& other : merged)
        check(data_of(other.cell.row) != data_of(cell.row) || other.data == result.data, "reproduce: ", name_of(cell),
              " of ", path, " and ", name_of(other.cell), " were trained on different data");
      merged.push_back(result);
    }
  return merged;
}

TableResult PaperTable::result_of(const TableCell& cell, const OptionList& command_line) const {
  const fs::path run = folder(cell, phases(cell).back());
  const CsvTable epochs = CsvTable::read((run / "epochs.csv").string());
  check(epochs.rows() > 0, ErrorKind::file_format, run.string(), ": the run has no epoch");
  const std::vector<double> steps = epochs.numbers("effective_step");
  std::vector<double> last, best;
  for (size_t m = 0; m < measures_.size(); ++m) {
    const TableMeasure measure = measure_of(cell.row, m);
    std::vector<double> values = epochs.numbers(measure.column);
    for (double& value : values) value *= measure.percent;
    last.push_back(values.back());
    best.push_back(*std::max_element(values.begin(), values.end()));
  }
  const Json environment = json_of(run / "env.json"), dataset = json_of(run / "dataset.json");
  const Json result = json_of(run / "result.json");
  return {.cell = cell,
          .last = std::move(last),
          .best = std::move(best),
          .norm = epochs.numbers("norm").back(),
          .effective_step = std::accumulate(steps.begin(), steps.end(), 0.0) / static_cast<double>(steps.size()),
          .seconds = result.is_object() ? result.value("seconds", 0.0) : 0,
          .commit = text_in(environment, "commit"),
          .machine = text_in(environment, environment.value("gpu", Json()).is_string() ? "gpu" : "processor"),
          .data = text_in(dataset, "hash"),
          .settings = settings_text(cell, command_line)};
}

std::optional<double> PaperTable::published(const std::string& row, const std::string& optimizer,
                                            size_t measure) const {
  const std::string section = "published." + row + (measure == 0 ? "" : "." + measures_[measure].name);
  const std::optional<std::string> number = experiment_.find(section, optimizer);
  return number ? std::optional(std::stod(*number)) : std::nullopt;
}

std::vector<TableEntry> PaperTable::entries(const std::vector<TableResult>& of) const {
  std::vector<TableEntry> entries;
  for (const std::string& row : experiment_.names("row"))
    for (const std::string& optimizer : experiment_.names("optimizer")) {
      std::vector<TableResult> runs;
      for (const TableResult& result : of)
        if (result.cell.row == row && result.cell.optimizer == optimizer) runs.push_back(result);
      for (size_t m = 0; m < measures_.size(); ++m) {
        TableEntry entry{.row = row,
                         .title = experiment_.text("published." + row, "title"),
                         .optimizer = optimizer,
                         .measure = measure_of(row, m),
                         .published = published(row, optimizer, m)};
        entry.runs = static_cast<int>(runs.size());
        for (const TableResult& run : runs) {
          entry.last += run.last[m] / entry.runs;
          entry.best += run.best[m] / entry.runs;
          entry.norm += run.norm / entry.runs;
          entry.effective_step += run.effective_step / entry.runs;
        }
        double squares = 0;
        for (const TableResult& run : runs) squares += (run.last[m] - entry.last) * (run.last[m] - entry.last);
        if (entry.runs > 1) entry.deviation = std::sqrt(squares / (entry.runs - 1));
        entries.push_back(entry);
      }
    }
  return entries;
}

std::vector<std::string> PaperTable::draw() const {
  const bool lines = experiment_.find("table", "draw-published") == "true";
  std::vector<std::string> drawn;
  for (const std::string& row : experiment_.names("row")) {
    std::vector<std::string> columns;
    for (size_t m = 0; m < measures_.size(); ++m) columns.push_back(measure_of(row, m).column);
    std::vector<std::string> runs, optimizers;
    for (const std::string& optimizer : experiment_.names("optimizer"))
      if (const fs::path run = folder({row, optimizer, 0}); fs::exists(run / "FINISHED")) {
        runs.push_back(run.string());
        optimizers.push_back(optimizer);
      }
    if (runs.empty()) continue;
    std::vector<Curve> curves = read_run_curves(runs, columns);
    for (size_t i = 0; lines && i < runs.size(); ++i) {
      Curve level = flat(curves[i]);
      for (size_t m = 0; m < measures_.size(); ++m)
        if (const auto number = published(row, optimizers[i], m))
          level.results[columns[m].starts_with("val_") ? columns[m].substr(4) : columns[m]] = {*number, *number};
      if (!level.results.empty()) curves.push_back(level);
    }
    draw_training_figure(curves, file(row));
    drawn.push_back(file(row + ".svg"));
  }
  return drawn;
}

double estimated_seconds(PlannedRun& planned) {
  planned.open();
  std::string& init = planned.settings.train.init;  // what begins with weights that are still to be made takes as long
  if (!fs::exists(init)) init.clear();
  const auto task = planned.settings.task->open(planned.settings.train);
  Trainer trainer(planned.settings.train, *task);
  trainer.begin_epoch();
  trainer.step();  // makes the memory, and waits for the first pictures
  trainer.read_steps([](const StepReport&) {});
  const Stopwatch watch;
  int steps = 0;
  while (steps < 3 && trainer.step()) ++steps;
  trainer.read_steps([](const StepReport&) {});
  const double step = steps > 0 ? watch.seconds() / steps : 0;
  constexpr double with_evaluation = 1.1;
  return with_evaluation * step * static_cast<double>(trainer.steps_per_epoch()) * planned.settings.train.epochs;
}

}  // namespace radial
