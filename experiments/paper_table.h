// Tables 1 to 3 of the paper: networks in rows, optimizers in columns, a training for each cell and seed. Settings and
// published numbers: table1.toml, ... whose section [table] says what a table is of. A table grows cell by cell, over
// days and machines: what has finished is a row of table.csv, which any other folder's table can take.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "experiments/experiment.h"

namespace radial {

struct TableCell {
  std::string row, optimizer;  // "resnet18", "adamp"
  uint64_t seed = 0;
  bool operator==(const TableCell&) const = default;
};
std::string name_of(const TableCell& cell);  // "resnet18.adamp.0"

// A cell that has finished: a row of table.csv.
struct TableResult {
  TableCell cell;
  double top1 = 0, best_top1 = 0;  // the table's result on val, per cent: after the last epoch, and the best
  double norm = 0;                 // of weights, in the last epoch, as in Figure 3
  double effective_step = 0;       // mean over the epochs
  double seconds = 0;
  std::string commit = {}, machine = {};
  std::string data = {};      // hash of the names of all pictures
  std::string settings = {};  // PlannedRun::settings_text()
};

// Throw Error(file_format) with the path where something is missing.
std::vector<TableResult> read_table_results(const std::string& path);
void write_table_results(const std::vector<TableResult>& results, const std::string& path);

// What a row and a column came to, over seeds, beside the paper's.
struct TableEntry {
  std::string row, title, optimizer;
  double published = 0;
  int runs = 0;
  double top1 = 0, best_top1 = 0;        // means, as the rest
  std::optional<double> deviation = {};  // of top1 over seeds, with n - 1; none of a single run
  double norm = 0, effective_step = 0;
};

struct PaperTable {
  explicit PaperTable(const std::string& name);  // "table1"

  std::string name, data, out;
  bool full = false;  // the paper's setting
  int seeds = 1;
  std::vector<std::string> only;     // rows, optimizers, or both: "resnet18.adamp"
  std::vector<std::string> results;  // tables of elsewhere, files or their folders
  std::string pretrain, init;        // for rows with a backbone: data to train it on, or its weights

  std::string task() const { return experiment_.text("table", "task", "classify"); }
  std::string result() const { return experiment_.text("table", "result", "top1"); }  // a column of val.csv
  std::string label() const { return experiment_.text("table", "label", "top-1, per cent"); }
  // What the row's network begins with: "resnet18"; "" if from scratch.
  std::string backbone(const std::string& row) const { return experiment_.text("published." + row, "backbone", ""); }
  bool has_backbones() const { return !experiment_.names("pretrain").empty(); }
  void plan_pretraining(PlannedRun& planned, const std::string& backbone) const;
  std::string pretraining_folder(const std::string& backbone) const { return file("pretrained." + backbone); }

  std::vector<std::string> options() const;  // of a training, for all cells
  void list_options(OptionList& list, Settings& shown) const;

  // Those that `only` names, or all but those whose backbone nothing is said of, seed by seed, so that a table that is
  // not yet whole has all its cells early. Throws Error(usage) for a part that the table does not have.
  std::vector<TableCell> cells() const;
  void plan(PlannedRun& planned, const TableCell& cell, const OptionList& command_line) const;
  std::string folder(const TableCell& cell) const;  // OUT/resnet18.adamp.0
  std::string file(const std::string& file) const;  // OUT/table.csv

  // From OUT/table.csv, then from elsewhere: each cell once, and those of this table alone. Throws Error(usage) if
  // other settings made one, or if they are of different data.
  std::vector<TableResult> finished(const OptionList& command_line) const;
  TableResult result_of(const TableCell& cell, const OptionList& command_line) const;  // of a run that has finished

  std::vector<TableEntry> entries(const std::vector<TableResult>& results) const;  // of all rows and columns
  // OUT/<row>.svg, .png: norm, effective step and accuracy of the first seed's runs that lie in OUT. What was drawn.
  std::vector<std::string> draw() const;

 private:
  Experiment experiment_;
};

// How long the training of these settings takes: some of its steps, timed. Opens the data.
double estimated_seconds(PlannedRun& planned);

std::string table_text(const std::vector<TableEntry>& entries, const std::string& label = "top-1, per cent");
std::string table_markdown(const std::vector<TableEntry>& entries, const std::string& label = "top-1, per cent");
nlohmann::ordered_json table_json(const std::vector<TableEntry>& entries);

}  // namespace radial
