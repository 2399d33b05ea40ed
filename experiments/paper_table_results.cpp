// table.csv: the cells that have finished.
#include <array>

#include "core/joined.h"
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
  std::vector<std::string> words = {"row", "optimizer", "seed"};
  for (const TableMeasure& measure : measures) words.insert(words.end(), {measure.name, "best_" + measure.name});
  for (const auto& column : number_columns) words.emplace_back(column.first);
  for (const auto& column : text_columns) words.emplace_back(column.first);
  std::string text = joined(words, ",") + "\n";
  for (const TableResult& result : results) {
    words = {CsvField(result.cell.row).text(), CsvField(result.cell.optimizer).text(),
             CsvField(result.cell.seed).text()};
    for (size_t m = 0; m < measures.size(); ++m)
      words.insert(words.end(), {CsvField(result.last[m]).text(), CsvField(result.best[m]).text()});
    for (const auto& column : number_columns) words.push_back(CsvField(result.*column.second).text());
    for (const auto& column : text_columns) words.push_back(CsvField(result.*column.second).text());
    text += joined(words, ",") + "\n";
  }
  write_atomically(path, text);
}

}  // namespace radial
