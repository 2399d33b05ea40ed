// table.csv: the cells that have finished.
#include <array>

#include "experiments/paper_table.h"
#include "io/atomic_file.h"
#include "io/csv.h"

namespace radial {
namespace {

constexpr std::array<std::pair<const char*, double TableResult::*>, 3> number_columns = {
    {{"norm", &TableResult::norm},
     {"effective_step", &TableResult::effective_step},
     {"seconds", &TableResult::seconds}}};
constexpr std::array<std::pair<const char*, std::string TableResult::*>, 4> text_columns = {
    {{"commit", &TableResult::commit},
     {"machine", &TableResult::machine},
     {"data", &TableResult::data},
     {"settings", &TableResult::settings}}};

}  // namespace

std::vector<TableResult> read_table_results(const std::string& path, const std::vector<TableMeasure>& measures) {
  const CsvTable table = CsvTable::read(path);
  std::vector<TableResult> results;
  const std::vector<std::string>&rows = table.texts("row"), &optimizers = table.texts("optimizer");
  const std::vector<double> seeds = table.numbers("seed");
  for (size_t i = 0; i < table.rows(); ++i)
    results.push_back({.cell = {rows[i], optimizers[i], static_cast<uint64_t>(seeds[i])}, .last = {}, .best = {}});
  for (const TableMeasure& measure : measures) {
    const std::vector<double> last = table.numbers(measure.name), best = table.numbers("best_" + measure.name);
    for (size_t i = 0; i < results.size(); ++i) {
      results[i].last.push_back(last[i]);
      results[i].best.push_back(best[i]);
    }
  }
  for (const auto& [name, member] : number_columns) {
    const std::vector<double> values = table.numbers(name);
    for (size_t i = 0; i < results.size(); ++i) results[i].*member = values[i];
  }
  for (const auto& [name, member] : text_columns)
    for (size_t i = 0; i < results.size(); ++i) results[i].*member = table.texts(name)[i];
  return results;
}

void write_table_results(const std::vector<TableResult>& results, const std::vector<TableMeasure>& measures,
                         const std::string& path) {
  std::vector<CsvField> fields = {"row", "optimizer", "seed"};
  for (const TableMeasure& measure : measures) fields.insert(fields.end(), {measure.name, "best_" + measure.name});
  for (const auto& column : number_columns) fields.emplace_back(column.first);
  for (const auto& column : text_columns) fields.emplace_back(column.first);
  std::string text = csv_line(fields);
  for (const TableResult& result : results) {
    fields = {result.cell.row, result.cell.optimizer, result.cell.seed};
    for (size_t m = 0; m < measures.size(); ++m) fields.insert(fields.end(), {result.last[m], result.best[m]});
    for (const auto& column : number_columns) fields.emplace_back(result.*column.second);
    for (const auto& column : text_columns) fields.emplace_back(result.*column.second);
    text += csv_line(fields);
  }
  write_atomically(path, text);
}

}  // namespace radial
