#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <set>

#include "apps/report/inline_figure.h"
#include "apps/report/sections.h"
#include "figures/training_figure.h"
#include "io/csv.h"

namespace radial::apps {
namespace {

namespace fs = std::filesystem;

constexpr size_t panels_a_row = 3;

std::string drawn_curves(const std::vector<Curve>& curves, const std::string& title) {
  return inline_figure("curves", title,
                       [&](const std::string& folder) { draw_training_figure(curves, folder + "/curves"); });
}

// Of the epochs that the curve has; NaN for those that were not evaluated.
std::vector<double> validation_loss(const fs::path& file, const std::vector<double>& epochs) {
  std::vector<double> losses(epochs.size(), std::numeric_limits<double>::quiet_NaN());
  if (!fs::exists(file)) return losses;
  const CsvTable table = CsvTable::read(file.string());
  if (!table.has("loss")) return losses;
  const std::vector<double> epoch = table.numbers("epoch"), loss = table.numbers("loss");
  for (size_t row = 0; row < epoch.size(); ++row)
    if (const auto at = std::find(epochs.begin(), epochs.end(), epoch[row]); at != epochs.end())
      losses[static_cast<size_t>(at - epochs.begin())] = loss[row];
  return losses;
}

// All results of the run but the one that decides, in place of what the curve has.
Curve other_results(const Curve& curve, const ReportedRun& run) {
  Curve other = curve;
  other.norm.clear();
  other.effective_step.clear();
  other.results.clear();
  const std::set<std::string> elsewhere = {"epoch", "lr", "norm", "effective_step", run.decides};
  for (const std::string& column : run.epochs->columns())
    if (!elsewhere.contains(column))
      other.results[column.starts_with("val_") ? column.substr(4) : column] = run.epochs->numbers(column);
  other.results["val_loss"] = validation_loss(fs::path(run.folder) / "val.csv", curve.epoch);
  return other;
}

}  // namespace

std::string curves_html(const std::vector<ReportedRun>& runs) {
  std::vector<std::string> folders;
  std::vector<const ReportedRun*> shown;
  for (const ReportedRun& run : runs)
    if (run.epochs) {
      folders.push_back(run.folder);
      shown.push_back(&run);
    }
  if (shown.empty()) return "<p>No epoch has ended yet.</p>\n";
  std::vector<Curve> curves = read_run_curves(folders);
  if (runs.size() > 1)  // as in the tables
    for (size_t i = 0; i < curves.size(); ++i) curves[i].name = shown[i]->name;
  std::string html = drawn_curves(curves, "Weight norm, effective step size and results against the epoch");

  std::vector<Curve> others;
  std::set<std::string> names;
  for (size_t i = 0; i < curves.size(); ++i) {
    others.push_back(other_results(curves[i], *shown[i]));
    for (const auto& [name, values] : others.back().results)
      if (std::any_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); }))
        names.insert(name);
  }
  const size_t rows = (names.size() + panels_a_row - 1) / panels_a_row;
  for (size_t left = rows; left > 0; --left) {
    const size_t panels = (names.size() + left - 1) / left;
    std::set<std::string> of_row;
    while (of_row.size() < panels) of_row.insert(names.extract(names.begin()));
    std::vector<Curve> row = others;
    for (Curve& curve : row)
      std::erase_if(curve.results, [&](const auto& result) { return !of_row.contains(result.first); });
    html += drawn_curves(row, "Further results against the epoch");
  }
  return html;
}

}  // namespace radial::apps
