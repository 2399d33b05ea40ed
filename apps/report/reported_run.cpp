#include "apps/report/reported_run.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <map>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/joined.h"
#include "figures/training_figure.h"
#include "io/file.h"
#include "io/json_lines.h"
#include "io/toml.h"
#include "train/settings.h"

namespace radial::apps {
namespace {

namespace fs = std::filesystem;
using RunJson = nlohmann::ordered_json;

RunJson read_json_if_there(const fs::path& file) {
  return fs::exists(file) ? parse_json(read_text(file.string()), file.string()) : RunJson::object();
}

Facts settings_in(const std::vector<TomlEntry>& entries) {
  Facts settings;
  for (const TomlEntry& entry : entries) settings.emplace_back(entry.key, joined(entry.values, " "));
  return settings;
}

// What others follow from: momentum from the optimizer, say.
constexpr std::array leading = {"arch", "image-size", "optimizer", "bias"};

bool is_leading(const std::string& name) { return std::find(leading.begin(), leading.end(), name) != leading.end(); }

// The settings of a task where nothing is given, and what follows from those of `leading` that a run has. Of a task
// that this program does not know there are none.
Facts defaults_of(const std::string& task, const std::vector<TomlEntry>& of_run) {
  Facts defaults;
  try {
    Settings settings(task);
    defaults = settings_in(read_toml(settings.text(), "defaults"));
    OptionList list = settings.list();
    for (const TomlEntry& entry : of_run)
      if (Option* option = is_leading(entry.key) ? list.find(entry.key) : nullptr) option->set(entry.values);
    settings.resolve();
    for (const auto& following : settings_in(read_toml(settings.text(), "defaults")))
      if (!is_leading(following.first)) defaults.push_back(following);
  } catch (const Error&) {
  }
  return defaults;
}

std::string text_of(const RunJson& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_null() ? "none" : json_text(value);
}

// Objects within are told name by name.
void add_facts(Facts& facts, const RunJson& json, const std::string& prefix = "") {
  for (const auto& [name, value] : json.items())
    if (value.is_object())
      add_facts(facts, value, prefix + name + " ");
    else
      facts.emplace_back(prefix + name, text_of(value));
}

double number_in(const RunJson& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_number() ? found->get<double>() : 0;
}

// Counts and places; not the names, numbers and fingerprints of every class.
Facts facts_of_data(const RunJson& description) {
  Facts facts;
  if (!description.is_object()) return facts;
  RunJson brief;
  for (const auto& [name, value] : description.items()) {
    if (name == "classes" && value.is_array()) brief["classes"] = value.size();
    if (!value.is_object() && !value.is_array()) brief[name] = value;
    if (!value.is_object()) continue;
    for (const auto& [inner, of] : value.items())
      if (!of.is_object() && !of.is_array()) brief[name][inner] = of;
  }
  add_facts(facts, brief);
  return facts;
}

std::string state_of(const fs::path& folder, const RunJson& result) {
  if (fs::exists(folder / "FINISHED")) return "finished";
  if (File lock = File::open(folder.string()); lock.lock() == File::Lock::of_another) return "running";
  const auto found = result.find("reason");
  const std::string reason = found != result.end() && found->is_string() ? found->get<std::string>() : "stopped";
  return reason.starts_with("stopped") ? reason : "stopped: " + reason;
}

ReportedRun read_reported_run(const std::string& given) {
  const fs::path folder = given;
  check(fs::is_directory(folder), ErrorKind::io, "report: ", given, " is no folder");
  check(fs::exists(folder / "config.toml"), "report: ", given, " is no run: it has no config.toml");
  const std::string config = (folder / "config.toml").string();
  const std::vector<TomlEntry> entries = read_toml(read_text(config), config);
  const Facts settings = settings_in(entries);
  ReportedRun run;
  run.folder = given;
  const std::string* task = find_fact(settings, "task");
  run.task = task == nullptr || task->empty() ? "classify" : *task;
  const Facts defaults = defaults_of(run.task, entries);
  for (const auto& setting : settings)
    if (setting.first != "task")
      (std::find(defaults.begin(), defaults.end(), setting) == defaults.end() ? run.chosen : run.defaults)
          .push_back(setting);
  if (const std::string* planned = find_fact(settings, "epochs"))
    std::from_chars(planned->data(), planned->data() + planned->size(), run.epochs_planned);
  if (fs::exists(folder / "command.txt")) run.command = read_text((folder / "command.txt").string());
  add_facts(run.environment, read_json_if_there(folder / "env.json"));
  run.data = facts_of_data(read_json_if_there(folder / "dataset.json"));

  const RunJson result = read_json_if_there(folder / "result.json");
  run.state = state_of(folder, result);
  const auto told = [&](const char* name, int digits) {  // that of a run that went on is of before
    const double value = run.ended() ? number_in(result, name) : 0;
    return value > 0 ? fmt::format("{:.{}f}", value, digits) : "";
  };
  run.steps = told("steps", 0);
  run.seconds = told("seconds", 0);
  run.speed = told("images_per_second", 1);
  if (!fs::exists(folder / "epochs.csv")) return run;
  CsvTable epochs = CsvTable::read((folder / "epochs.csv").string());
  if (epochs.rows() == 0) return run;
  run.epochs = std::move(epochs);
  run.decides = deciding_column(given);
  return run;
}

std::string name_of_folder(const std::string& given) {
  const fs::path path = fs::absolute(given).lexically_normal();
  return (path.has_filename() ? path : path.parent_path()).filename().string();  // "runs/a/" has an empty file name
}

}  // namespace

const std::string* find_fact(const Facts& facts, const std::string& name) {
  for (const auto& [known, value] : facts)
    if (known == name) return &value;
  return nullptr;
}

std::optional<size_t> ReportedRun::best_row() const {
  if (!epochs || !epochs->has(decides)) return std::nullopt;
  const std::vector<double> values = epochs->numbers(decides);
  std::optional<size_t> best;
  for (size_t i = 0; i < values.size(); ++i)
    if (!std::isnan(values[i]) && (!best || values[i] > values[*best])) best = i;
  return best;
}

std::vector<ReportedRun> read_reported_runs(const std::vector<std::string>& folders) {
  std::vector<ReportedRun> runs;
  std::map<std::string, int> named;
  for (const std::string& folder : folders) {
    runs.push_back(read_reported_run(folder));
    ++named[name_of_folder(folder)];
  }
  for (ReportedRun& run : runs)
    run.name = named[name_of_folder(run.folder)] > 1 ? run.folder : name_of_folder(run.folder);
  return runs;
}

}  // namespace radial::apps
