// radial reproduce table1, table2, table4, figure4: trains the cells of a table of the paper, one after another, and
// puts what they came to beside the published numbers. A second call goes on where the first was stopped, in the middle of a cell
// too.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>

#include <fmt/chrono.h>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "apps/commands/reproduce.h"
#include "core/error.h"
#include "experiments/paper_table.h"
#include "io/atomic_file.h"
#include "io/folder.h"
#include "io/json_lines.h"
#include "train/stop_signals.h"

namespace radial::apps {
namespace {

struct PaperTableOptions {
  explicit PaperTableOptions(const std::string& name) : table(name), shown(table.task()) {}
  PaperTable table;
  Settings shown;  // whose values the help has
  bool list = false, json = false;
};

bool contains(const std::vector<TableResult>& results, const TableCell& cell) {
  return std::any_of(results.begin(), results.end(), [&](const TableResult& result) { return result.cell == cell; });
}

// Minutes of a run of each row, by the first of its cells that is asked for.
std::map<std::string, double> minutes_of_rows(const PaperTable& table, const std::vector<TableCell>& cells,
                                              const OptionList& command_line) {
  std::map<std::string, double> minutes;
  for (const TableCell& cell : cells) {
    if (minutes.contains(cell.row)) continue;
    PlannedRun planned(table.task());
    table.plan(planned, cell, command_line);
    minutes[cell.row] = estimated_seconds(planned) / 60;
  }
  return minutes;
}

void announce(const PaperTable& table, const std::vector<TableCell>& missing, const OptionList& command_line) {
  if (missing.empty()) return;
  const std::map<std::string, double> minutes = minutes_of_rows(table, missing, command_line);
  double total = 0;
  for (const TableCell& cell : missing) total += minutes.at(cell.row);
  const auto end = std::chrono::system_clock::now() + std::chrono::seconds(static_cast<int64_t>(60 * total));
  fmt::print(stderr, "{}: {} runs of about {:.0f} minutes in all, until {:%Y-%m-%d %H:%M}\n", table.name,
             missing.size(), total, fmt::localtime(std::chrono::system_clock::to_time_t(end)));
}

void list_parts(const PaperTable& table, const std::vector<TableCell>& cells, const std::vector<TableResult>& results,
                const OptionList& command_line, bool as_json) {
  std::map<std::string, double> minutes;
  if (!table.data.empty()) minutes = minutes_of_rows(table, cells, command_line);
  double total = 0;
  int left = 0;
  for (const TableCell& cell : cells) {
    const bool done = contains(results, cell);
    const double own = minutes.contains(cell.row) ? minutes.at(cell.row) : 0;
    total += done ? 0 : own;
    left += done ? 0 : 1;
    PlannedRun planned(table.task());
    table.plan(planned, cell, command_line);
    nlohmann::ordered_json json = {
        {"part", name_of(cell)}, {"finished", done}, {"minutes", nullptr}, {"settings", planned.settings_text()}};
    if (!minutes.empty()) json["minutes"] = own;
    if (as_json)
      print_json_line(json);
    else
      fmt::print("{:<26} {:<9} {}\n", name_of(cell),
                 done              ? "finished"
                 : minutes.empty() ? ""
                                   : fmt::format("{:.1f} min", own),
                 planned.settings_text());
  }
  if (as_json) return;
  fmt::print("{} of {} runs are left{}\n", left, cells.size(),
             minutes.empty() ? "; --data DATA says how long they take" : fmt::format(": {:.0f} minutes", total));
}

void save(const PaperTable& table, const std::vector<TableResult>& results) {
  write_table_results(results, table.measures(), table.file("table.csv"));
  write_atomically(table.file("table.md"), table_markdown(table.entries(results)));
}

void report(const PaperTable& table, const std::vector<TableResult>& results, bool as_json) {
  save(table, results);
  const std::vector<TableEntry> entries = table.entries(results);
  const std::vector<std::string> figures = table.draw();
  const nlohmann::ordered_json json = {{"table", table.name}, {"entries", table_json(entries)}, {"figures", figures}};
  if (as_json) return print_json_line(json);
  fmt::print("{}\n{}\n{}\n", table_text(entries), table.file("table.csv"), table.file("table.md"));
  for (const std::string& figure : figures) fmt::print("{}\n", figure);
}

int run_table(const PaperTableOptions& options, const OptionList& command_line) {
  const PaperTable& table = options.table;
  const std::vector<TableCell> cells = table.cells();
  std::vector<TableResult> results = table.finished(command_line);
  if (options.list) {
    list_parts(table, cells, results, command_line, options.json);
    return 0;
  }
  check(!table.data.empty(), "reproduce ", table.name, ": --data is missing");
  make_folders(table.out);
  remove_stale_temporaries(table.out);
  const StopSignals signals;  // one may come between two trainings, or too late for the last
  std::vector<TableCell> missing;
  for (const TableCell& cell : cells)
    if (!contains(results, cell)) missing.push_back(cell);
  announce(table, missing, command_line);
  for (const TableCell& cell : missing) {
    if (signals.stop() != 0) return 128 + signals.stop();
    PlannedRun planned(table.task());
    table.plan(planned, cell, command_line);
    if (const int code = train_planned(planned, table.folder(cell)); code != 0) return code;
    results.push_back(table.result_of(cell, command_line));
    save(table, results);
  }
  report(table, results, options.json);
  return 0;
}

void list_table_options(OptionList& list, PaperTableOptions& options) {
  PaperTable& table = options.table;
  list.add("data", table.data, "Folder with train/<class>/* and val/<class>/*").type = "DATA";
  list.add("out", table.out, "Folder for the runs, table.csv, table.md and the figures").type = "DIR";
  list.add("full", table.full, "The paper's setting; else one that two cores can do");
  list.add("seeds", table.seeds, "Runs of each cell, with seeds 0, 1, ...", within(1, 1000));
  list.add("only", table.only, "Rows, optimizers, or both, as resnet18.adamp").type = "PART";
  list.add("results", table.results, "Tables of elsewhere: what has finished there is not trained here").type =
      "DIR|CSV";
  list.add("list", options.list, "Lists the runs, with their settings, and with --data how long they take");
  add_json(list, options.json, "Prints the table, or the list, as JSON");
  table.list_options(list, options.shown);
}

Command table_command(const std::string& name, const std::string& help) {
  const auto options = std::make_shared<PaperTableOptions>(name);
  Command command{.name = name, .help = help};
  list_table_options(command.options, *options);
  command.run = [options](const OptionList& list) { return run_table(*options, list); };
  return command;
}

}  // namespace

Command reproduce_table1_command() {
  return table_command("table1", "Accuracy of four networks with SGD, SGDP, AdamW and AdamP");
}

Command reproduce_table2_command() {
  return table_command("table2", "Accuracy of ResNet18 with the four, with and without weight decay");
}

Command reproduce_figure4_command() {
  return table_command("figure4",
                       "Adversarial training with Adam and AdamP: accuracy on clean and on attacked pictures");
}

Command reproduce_table4_command() {
  return table_command("table4", "ReBias on Biased MNIST with Adam and AdamP: accuracy where colours tell nothing");
}

}  // namespace radial::apps
