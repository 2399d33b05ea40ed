// Tables of the paper, and what is made like one: networks or data in rows, optimizers in columns, a training for each
// cell and seed, one number or several of each. Settings and published numbers: <name>.toml, which may have, beside the
// sections of trainings,
//
//   [table]
//   task = "classify"            # of all cells; this is the default
//   draw-published = true        # as lines in the rows' figures
//   [measure.top1]               # a number of each cell; the default
//   column = "val_top1"          # of epochs.csv, per cent
//   title = "top-1"
//   [published.<row>]            # its title; the first measure: <optimizer> = 71.61
//   backbone = "resnet18"        # what it begins with: weights that [pretrain.resnet18] makes, or --init
//   data = "cars"                # not what --data is for the other rows: trained where --only names it
//   column = "val_f1"            # another one for the first measure, with percent = 100 where it is 0 to 1
//   [published.<row>.<measure>]  # others
//   [pretraining]                # of all backbones, and
//   [pretrain.resnet18]          # of one: trainings of classifiers, once, on --pretrain
//   [<optimizer>.<phase>]        # a training that follows the optimizer's own, with its best weights; and [....small]
//
// A table grows cell by cell, over days and machines: what has finished is a row of table.csv, which any other folder's
// table can take.
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

struct TableMeasure {
  std::string name, column, title;  // "top1", "val_top1", "top-1"
  double percent = 1;               // what the column is multiplied by
};

// A cell that has finished: a row of table.csv.
struct TableResult {
  TableCell cell;
  std::vector<double> last, best;  // a measure each, per cent: after the last epoch, and the best
  double norm = 0;                 // of weights, in the last epoch, as in Figure 3
  double effective_step = 0;       // mean over the epochs
  double seconds = 0;
  std::string commit = {}, machine = {};
  std::string data = {};      // hash of the names of all pictures
  std::string settings = {};  // PlannedRun::settings_text()
};

// Throw Error(file_format) with the path where something is missing.
std::vector<TableResult> read_table_results(const std::string& path, const std::vector<TableMeasure>& measures);
void write_table_results(const std::vector<TableResult>& results, const std::vector<TableMeasure>& measures,
                         const std::string& path);

// What a measure of a row and a column came to, over seeds, beside the paper's.
struct TableEntry {
  std::string row, title, optimizer;
  TableMeasure measure;
  std::optional<double> published = {};
  int runs = 0;
  double last = 0, best = 0;             // means, as the rest
  std::optional<double> deviation = {};  // of `last` over seeds, with n - 1; none of a single run
  double norm = 0, effective_step = 0;
};

struct PaperTable {
  explicit PaperTable(const std::string& name);  // "table1"

  std::string name, data, out;
  bool full = false;  // the paper's setting
  int seeds = 1;
  std::vector<std::string> only;     // rows, optimizers, or both: "resnet18.adamp"
  std::vector<std::string> results;  // tables of elsewhere, files or their folders
  std::string pretrain, init;        // for rows with a backbone: pictures in classes to train it on, or its weights

  std::vector<std::string> options() const;  // of a training, for all cells
  void list_options(OptionList& list, Settings& shown) const;

  // Those that `only` names, or all but those that need other data and, where some do not, those that need a backbone
  // of which nothing is said; seed by seed, so that a table that is not yet whole has all its cells early. Throws
  // Error(usage) for a part that the table does not have.
  std::vector<TableCell> cells() const;
  // The trainings of a cell: "", and what follows it.
  std::vector<std::string> phases(const TableCell& cell) const;
  void plan(PlannedRun& planned, const TableCell& cell, const OptionList& command_line,
            const std::string& phase = "") const;
  std::string folder(const TableCell& cell, const std::string& phase = "") const;          // OUT/resnet18.adamp.0
  std::string settings_text(const TableCell& cell, const OptionList& command_line) const;  // of all its trainings
  std::string file(const std::string& file) const;                                         // OUT/table.csv

  bool has_backbones() const { return !experiment_.names("pretrain").empty(); }
  std::string backbone(const std::string& row) const;  // "" if from scratch
  void plan_pretraining(PlannedRun& planned, const std::string& backbone) const;
  std::string pretraining_folder(const std::string& backbone) const { return file("pretrained." + backbone); }

  // From OUT/table.csv, then from elsewhere: each cell once, and those of this table alone. Throws Error(usage) if
  // other settings made one, or if they are of different data.
  std::vector<TableResult> finished(const OptionList& command_line) const;
  TableResult result_of(const TableCell& cell, const OptionList& command_line) const;  // of a run that has finished

  const std::vector<TableMeasure>& measures() const { return measures_; }
  std::string task() const;                                                        // of all cells
  std::vector<TableEntry> entries(const std::vector<TableResult>& results) const;  // of all rows, columns and measures
  // OUT/<row>.svg, .png: norm, effective step and measures of the first seed's runs that lie in OUT. What was drawn.
  std::vector<std::string> draw() const;

 private:
  std::string data_of(const std::string& row) const;  // "" for the rows that share --data
  TableMeasure measure_of(const std::string& row, size_t measure) const;
  std::optional<double> published(const std::string& row, const std::string& optimizer, size_t measure) const;

  Experiment experiment_;
  std::vector<TableMeasure> measures_;
};

// How long the training of these settings takes: some of its steps, timed. Opens the data.
double estimated_seconds(PlannedRun& planned);

std::string table_text(const std::vector<TableEntry>& entries);
std::string table_markdown(const std::vector<TableEntry>& entries);
nlohmann::ordered_json table_json(const std::vector<TableEntry>& entries);

}  // namespace radial
