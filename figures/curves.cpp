// Reads what a figure draws: runs and published curves, with their names and colours.
#include <array>
#include <charconv>
#include <filesystem>
#include <map>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/near_words.h"
#include "figures/training_figure.h"
#include "io/csv.h"
#include "io/file.h"
#include "io/json_lines.h"
#include "io/toml.h"

namespace radial {
namespace {

namespace fs = std::filesystem;

// The paper's colours for its three optimizers, and others that stay apart for colour-blind readers (Okabe and Ito).
constexpr const char* red = "#D62728";
constexpr const char* orange = "#FF9408";
constexpr const char* green = "#2CA02C";
constexpr std::array others = {"#0072B2", "#CC79A7", "#56B4E9", "#5B3A8E", "#8C6D31", "#333333"};

// The options of a run as written in its config.toml; none if there is no such file.
std::map<std::string, std::string> settings_of(const fs::path& run) {
  const fs::path file = run / "config.toml";
  std::map<std::string, std::string> settings;
  if (!fs::exists(file)) return settings;
  for (const TomlEntry& entry : read_toml(read_text(file.string()), file.string()))
    if (entry.values.size() == 1) settings[entry.key] = entry.values[0];
  return settings;
}

double number_of(const std::string& text, double otherwise) {
  double value = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

struct Style {
  std::string name, colour;  // colour empty: one of the others
};

Style style_of(const fs::path& folder, std::map<std::string, std::string>& settings) {
  const std::string optimizer = settings["optimizer"];
  const double momentum = number_of(settings["momentum"], 0.9);
  if (optimizer == "gd" || (optimizer == "sgd" && momentum == 0)) return {"vanilla SGD", red};
  const std::string other_momentum = momentum == 0.9 ? "" : " (momentum " + shortest(momentum) + ")";
  if (optimizer == "sgd") return {"momentum SGD" + other_momentum, orange};
  if (optimizer == "sgdp") return {"SGDP" + other_momentum, green};
  if (optimizer == "adam") return {"Adam", ""};
  if (optimizer == "adamw") return {"AdamW", ""};
  if (optimizer == "adamp") return {"AdamP", ""};
  return {folder.filename().string(), ""};
}

fs::path folder_of(const std::string& run) {
  const fs::path path = fs::absolute(run).lexically_normal(),
                 folder = fs::is_directory(path) ? path : path.parent_path();
  // "runs/sgdp/" has an empty file name
  return folder.has_filename() ? folder : folder.parent_path();
}

fs::path epochs_of(const std::string& run) {
  return fs::is_directory(run) ? fs::path(run) / "epochs.csv" : fs::path(run);
}

// A finished run says which of its columns decides; else it is one of these, or the first that evaluation writes.
std::string deciding_column(const fs::path& folder, const CsvTable& table) {
  const fs::path result = folder / "result.json";
  if (fs::exists(result)) {
    const auto json = parse_json(read_text(result.string()), result.string());
    if (const auto decides = json.find("decides"); decides != json.end() && decides->is_string()) return *decides;
  }
  for (const char* column : {"val_attacked_top1", "val_unbiased"})
    if (table.has(column)) return column;
  for (const std::string& column : table.columns())
    if (column.starts_with("val_")) return column;
  return "val_top1";
}

// "top5" is val_top5, where there is no column of that name.
std::string full_name(const std::string& column, const CsvTable& table, const std::string& file) {
  if (table.has(column)) return column;
  check(table.has("val_" + column), "figure: ", file, " has no column ", column, did_you_mean(column, table.columns()));
  return "val_" + column;
}

Curve read_run(const std::string& run, std::span<const std::string> columns) {
  const fs::path file = epochs_of(run);
  const CsvTable table = CsvTable::read(file.string());
  Curve curve;
  curve.epoch = table.numbers("epoch");
  curve.lr = table.numbers("lr");
  curve.norm = table.numbers("norm");
  curve.effective_step = table.numbers("effective_step");
  const std::vector<std::string> wanted = columns.empty() ? std::vector{deciding_column(folder_of(run), table)}
                                                          : std::vector(columns.begin(), columns.end());
  for (const std::string& column : wanted) {
    const std::string name = full_name(column, table, file.string());
    curve.results[name.starts_with("val_") ? name.substr(4) : name] = table.numbers(name);
  }
  return curve;
}

}  // namespace

std::string deciding_column(const std::string& run) {
  return deciding_column(folder_of(run), CsvTable::read(epochs_of(run).string()));
}

std::vector<Curve> read_run_curves(std::span<const std::string> runs, std::span<const std::string> columns) {
  std::vector<Curve> curves;
  std::map<std::string, int> named;  // how many runs have the name
  for (const std::string& run : runs) {
    Curve curve = read_run(run, columns);
    auto settings = settings_of(folder_of(run));
    const Style style = style_of(folder_of(run), settings);
    curve.epochs = number_of(settings["epochs"], 0);
    curve.name = style.name;
    const bool first = named[style.name]++ == 0;
    curve.colour = first ? style.colour : "";  // two runs never look alike
    curves.push_back(curve);
  }
  size_t other = 0;
  for (size_t i = 0; i < curves.size(); ++i) {
    Curve& curve = curves[i];
    if (curve.colour.empty()) curve.colour = others[other++ % others.size()];
    if (named[curve.name] > 1) curve.name += ", " + folder_of(runs[i]).filename().string();
  }
  return curves;
}

std::vector<Curve> read_published_curves(const std::string& csv) {
  const CsvTable table = CsvTable::read(csv);
  const std::map<std::string, std::string> colours = {{"vanilla", red}, {"momentum", orange}, {"sgdp", green}};
  std::vector<Curve> curves;
  const std::vector<double> epoch = table.numbers("epoch");
  for (const std::string& column : table.columns()) {
    if (!column.starts_with("norm_")) continue;
    const std::string name = column.substr(5);
    const auto colour = colours.find(name);
    Curve curve;
    curve.name = name;
    curve.colour = colour == colours.end() ? "#888888" : colour->second;
    curve.published = true;
    curve.epoch = epoch;
    curve.norm = table.numbers(column);
    curve.effective_step = table.numbers("effstep_" + name);
    curve.results["top1"] = table.numbers("top1_" + name);
    curves.push_back(curve);
  }
  check(!curves.empty(), ErrorKind::file_format, csv, ": no column norm_NAME, but published curves need some");
  return curves;
}

}  // namespace radial
