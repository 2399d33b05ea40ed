// What the folder of a run says of it, whether it goes on, has ended or was killed.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "io/csv.h"

namespace radial::apps {

using Facts = std::vector<std::pair<std::string, std::string>>;  // names and values, in their order

const std::string* find_fact(const Facts& facts, const std::string& name);  // its value; none without it

struct ReportedRun {
  std::string folder;              // as it was given
  std::string name;                // the folder's own name; with its path where several runs would have the same
  std::string state;               // "finished", "running", "stopped by SIGTERM", "stopped: WHY", "stopped"
  std::string command;             // that began it
  std::string task, decides;       // "classify", "val_top1"
  Facts chosen, defaults;          // settings that are not the task's defaults, and the others
  Facts environment, data;         // of env.json and dataset.json
  std::optional<CsvTable> epochs;  // epochs.csv; none where it is not there, or without a row
  int epochs_planned = 0;
  std::string steps, seconds, speed;  // "" where nothing is known yet

  bool ended() const { return state != "running"; }
  // The row of `epochs` whose result is the best: the highest, of equal ones the first. Nothing without one.
  std::optional<size_t> best_row() const;
};

// Throws Error(io) for what is no folder, Error(usage) for what is no run, Error(file_format) for damaged files.
std::vector<ReportedRun> read_reported_runs(const std::vector<std::string>& folders);

}  // namespace radial::apps
