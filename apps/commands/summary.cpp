// radial summary: runs that differ in the seed alone, as one row: mean and standard deviation of what they came to.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <utility>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "apps/commands/commands.h"
#include "core/error.h"
#include "core/joined.h"
#include "io/file.h"
#include "io/json_lines.h"
#include "train/settings.h"

namespace radial::apps {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct SummaryOptions {
  std::vector<std::string> runs;
  bool json = false;
};

struct FinishedRun {
  std::string folder, data;  // data: where its samples lay
  uint64_t seed = 0;
  std::vector<std::pair<std::string, std::string>> settings;  // that decide what is learnt, but for the seed
  std::vector<std::pair<std::string, double>> results;        // "last.val_top1"
};

// Runs of one row.
struct SeedGroup {
  std::vector<FinishedRun> runs;
};

struct Spread {
  double mean = 0;
  std::optional<double> deviation = {};  // of a sample: with n - 1; none of a single run
  int n = 0;
};

Spread spread_of(const std::vector<double>& values) {
  Spread spread{0, std::nullopt, static_cast<int>(values.size())};
  for (const double value : values) spread.mean += value;
  spread.mean /= spread.n;
  if (spread.n < 2) return spread;
  double square = 0;
  for (const double value : values) square += (value - spread.mean) * (value - spread.mean);
  spread.deviation = std::sqrt(square / (spread.n - 1));
  return spread;
}

// Numbers of one part of result.json: last or best. An epoch 0 that was not evaluated has none.
void add_results(FinishedRun& run, const Json& result, const std::string& part, bool first_is_evaluated) {
  if (!result.contains(part) || !result[part].is_object()) return;
  if (result[part].value("epoch", 0) == 0 && !first_is_evaluated) return;
  for (const auto& [name, value] : result[part].items())
    if (value.is_number()) run.results.emplace_back(part + "." + name, value.get<double>());
}

// What the run learnt on: names and contents of the files, wherever they lie.
std::string data_of(const std::string& folder, const std::string& otherwise) {
  if (!fs::exists(fs::path(folder) / "dataset.json")) return otherwise;
  const std::string path = (fs::path(folder) / "dataset.json").string();
  const Json description = parse_json(read_text(path), path);
  if (!description.is_object() || !description.contains("hash")) return otherwise;
  std::string text = description["hash"].dump();
  for (const char* split : {"train", "val"})
    if (description.contains(split) && description[split].is_object() && description[split].contains("fingerprints"))
      text += description[split]["fingerprints"].dump();
  return text;
}

// Nothing if the training has not finished.
std::optional<FinishedRun> read_run(const std::string& folder) {
  check(fs::is_directory(folder), ErrorKind::io, "summary: ", folder, " is no folder");
  const auto file = [&](const char* name) { return (fs::path(folder) / name).string(); };
  check(fs::exists(file("config.toml")), "summary: ", folder, " is no run: it has no config.toml");
  Settings settings(read_text(file("config.toml")), file("config.toml"));
  if (!fs::exists(file("FINISHED")) || !fs::exists(file("result.json"))) return std::nullopt;
  FinishedRun run{folder, settings.train.data, settings.train.seed, {}, {}};
  const OptionList list = settings.list();
  for (const Option& option : list.all())
    if (option.name != "seed" && (option.role == Role::training || option.name == "epochs"))
      run.settings.emplace_back(option.name, option.text());
  run.settings.emplace_back("data", data_of(folder, settings.train.data));
  const Json result = parse_json(read_text(file("result.json")), file("result.json"));
  for (const char* part : {"last", "best"}) add_results(run, result, part, settings.train.eval_first);
  return run;
}

void leave_out(const std::string& folder, const std::string& why) {
  std::fprintf(stderr, "radial: %s %s: left out\n", folder.c_str(), why.c_str());
}

// In the order of the first run of each. The same training made twice is no second sample.
std::vector<SeedGroup> grouped(std::vector<FinishedRun> runs) {
  std::vector<SeedGroup> groups;
  for (FinishedRun& run : runs) {
    auto found = std::find_if(groups.begin(), groups.end(),
                              [&](const SeedGroup& group) { return group.runs.front().settings == run.settings; });
    if (found == groups.end()) found = groups.insert(found, SeedGroup());
    const auto twin = std::find_if(found->runs.begin(), found->runs.end(),
                                   [&](const FinishedRun& other) { return other.seed == run.seed; });
    if (twin == found->runs.end())
      found->runs.push_back(std::move(run));
    else
      leave_out(run.folder, "has the settings and the seed of " + twin->folder);
  }
  return groups;
}

// Results that every run of the group has.
std::vector<std::pair<std::string, Spread>> spreads_of(const SeedGroup& group) {
  std::vector<std::pair<std::string, Spread>> spreads;
  for (const auto& [name, first] : group.runs.front().results) {
    std::vector<double> values;
    for (const FinishedRun& run : group.runs)
      for (const auto& [other, value] : run.results)
        if (other == name) values.push_back(value);
    if (values.size() == group.runs.size()) spreads.emplace_back(name, spread_of(values));
  }
  return spreads;
}

// The settings in which the groups differ: "lr = 0.1".
std::vector<std::string> differing_settings(const std::vector<SeedGroup>& groups, const SeedGroup& of) {
  std::vector<std::string> words;
  for (const auto& setting : of.runs.front().settings) {
    const std::string &name = setting.first, &value = setting.second;
    const bool differs = std::any_of(groups.begin(), groups.end(), [&](const SeedGroup& group) {
      for (const auto& [other, other_value] : group.runs.front().settings)
        if (other == name) return other_value != value;
      return true;
    });
    const std::string& shown = name == "data" ? of.runs.front().data : value;
    if (differs) words.push_back(name + " = " + (shown.empty() ? "none" : shown));
  }
  return words;
}

void print_group_as_json(const std::vector<SeedGroup>& groups, const SeedGroup& group) {
  Json line = {{"n", group.runs.size()}, {"runs", Json::array()}, {"seeds", Json::array()}};
  for (const FinishedRun& run : group.runs) {
    line["runs"].push_back(run.folder);
    line["seeds"].push_back(run.seed);
  }
  line["differs"] = differing_settings(groups, group);
  Json results = Json::object();
  for (const auto& [name, spread] : spreads_of(group))
    results[name] = {
        {"mean", spread.mean}, {"std", spread.deviation ? Json(*spread.deviation) : Json(nullptr)}, {"n", spread.n}};
  line["results"] = results;
  print_json_line(line);
}

void print_group(const std::vector<SeedGroup>& groups, const SeedGroup& group) {
  std::vector<std::string> seeds;
  for (const FinishedRun& run : group.runs) seeds.push_back(std::to_string(run.seed));
  const std::string differs = joined(differing_settings(groups, group));
  fmt::print("{}{}n = {}, seed{} {}\n", differs, differs.empty() ? "" : ": ", seeds.size(), seeds.size() > 1 ? "s" : "",
             joined(seeds));
  for (const auto& [name, spread] : spreads_of(group))
    fmt::print("  {:<24} {:>10.4g}{}\n", name, spread.mean,
               spread.deviation ? fmt::format(" +- {:.2g}", *spread.deviation) : "");
}

int run_summary(const SummaryOptions& options) {
  std::vector<FinishedRun> runs;
  for (const std::string& folder : options.runs)
    if (auto run = read_run(folder))
      runs.push_back(std::move(*run));
    else
      leave_out(folder, "has not finished");
  check(!runs.empty(), "summary: none of the runs has finished");
  const std::vector<SeedGroup> groups = grouped(std::move(runs));
  for (const SeedGroup& group : groups) options.json ? print_group_as_json(groups, group) : print_group(groups, group);
  return 0;
}

void list_summary_options(OptionList& list, SummaryOptions& options) {
  list.add_argument("runs", options.runs, "RUN", "Run folders").required = true;
  add_json(list, options.json, "A JSON object a row instead of a table");
}

}  // namespace

Command summary_command() {
  return command("summary", "Mean and standard deviation of the results of runs that differ in the seed alone",
                 list_summary_options, run_summary);
}

}  // namespace radial::apps
