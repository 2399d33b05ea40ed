#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "apps/report/html.h"
#include "apps/report/sections.h"

namespace radial::apps {
namespace {

std::string number_text(double value) { return std::isnan(value) ? "" : fmt::format("{:.4g}", value); }

std::string epochs_text(const ReportedRun& run) {
  const std::string done = run.epochs ? number_text(run.epochs->numbers("epoch").back()) : "0";
  return done + " of " + std::to_string(run.epochs_planned);
}

// "top1 (val)"
std::string heading_of(const std::string& column) {
  if (column.starts_with("val_")) return column.substr(4) + " (val)";
  return column.starts_with("train_") ? column.substr(6) + " (train)" : column;
}

// Names that several runs give values to: those in which they differ, a column a run, and those that all have alike.
struct Compared {
  std::string different, same;
};

Compared compared(const std::vector<ReportedRun>& runs, const std::vector<Facts>& facts) {
  std::vector<std::string> names, header = {""};
  for (const Facts& of_run : facts)
    for (const auto& [name, value] : of_run)
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  for (const ReportedRun& run : runs) header.push_back(run.name);
  HtmlTable different(header, false), same({"", "Value"}, false);
  for (const std::string& name : names) {
    std::vector<std::string> row = {name};
    bool all_alike = true;
    for (const Facts& of_run : facts) {
      const std::string* value = find_fact(of_run, name);
      row.push_back(value == nullptr ? "" : *value);
      all_alike = all_alike && value != nullptr && *value == row[1];
    }
    if (all_alike) row.resize(2);
    (all_alike ? same : different).row(row);
  }
  return {different.empty() ? "" : different.text(), same.empty() ? "" : same.text()};
}

std::string table_of(const Facts& facts) {
  HtmlTable table({"", "Value"}, false);
  for (const auto& [name, value] : facts) table.row({name, value});
  return table.empty() ? "" : table.text();
}

// Results of epochs.csv that some run has, in their order.
std::vector<std::string> result_columns(const std::vector<ReportedRun>& runs) {
  std::vector<std::string> columns;
  for (const ReportedRun& run : runs)
    for (const std::string& column : run.epochs ? run.epochs->columns() : std::vector<std::string>())
      if (column != "epoch" && column != "lr" && std::find(columns.begin(), columns.end(), column) == columns.end())
        columns.push_back(column);
  return columns;
}

std::string last_and_best(const ReportedRun& run) {
  const size_t last = run.epochs->rows() - 1;
  const auto best = run.best_row();
  const std::vector<double> epochs = run.epochs->numbers("epoch");
  std::vector<std::string> header = {"", fmt::format("Last epoch ({})", epochs[last])};
  if (best) header.push_back(fmt::format("Best epoch ({})", epochs[*best]));
  HtmlTable table(header);
  for (const std::string& column : run.epochs->columns()) {
    if (column == "epoch") continue;
    const std::vector<double> values = run.epochs->numbers(column);
    std::vector<std::string> row = {heading_of(column), number_text(values[last])};
    if (best) row.push_back(number_text(values[*best]));
    table.row(row);
  }
  return table.text() + "<p class=\"faint\">Rates are in per cent" +
         (best ? ", best is by " + html_text(heading_of(run.decides)) : "") + ".</p>\n";
}

}  // namespace

std::string results_html(const std::vector<ReportedRun>& runs) {
  // The table may be wider than the page: what decides stands in front.
  const auto decides = [&](const std::string& column) {
    return std::any_of(runs.begin(), runs.end(), [&](const ReportedRun& run) { return run.decides == column; });
  };
  std::vector<std::string> columns = runs.size() > 1 ? result_columns(runs) : std::vector<std::string>();
  const auto others = std::stable_partition(columns.begin(), columns.end(), decides);
  std::vector<std::string> header = {"Run"};
  for (auto column = columns.begin(); column != others; ++column) header.push_back(heading_of(*column));
  if (!columns.empty()) header.push_back("Best epoch");
  for (const char* name : {"Epochs", "State"}) header.push_back(name);
  for (auto column = others; column != columns.end(); ++column) header.push_back(heading_of(*column));
  for (const char* name : {"Task", "Steps", "Seconds", "Samples a second"}) header.push_back(name);
  HtmlTable table(header);
  for (const ReportedRun& run : runs) {
    const auto best = run.best_row();
    const auto at_best = [&](const std::string& column) {
      return best && run.epochs->has(column) ? number_text(run.epochs->numbers(column)[*best]) : "";
    };
    std::vector<std::string> row = {run.name};
    for (auto column = columns.begin(); column != others; ++column) row.push_back(at_best(*column));
    if (!columns.empty()) row.push_back(at_best("epoch"));
    for (const std::string& text : {epochs_text(run), run.state}) row.push_back(text);
    for (auto column = others; column != columns.end(); ++column) row.push_back(at_best(*column));
    for (const std::string& text : {run.task, run.steps, run.seconds, run.speed}) row.push_back(text);
    table.row(row);
  }
  if (runs.size() == 1) return table.text() + (runs[0].epochs ? last_and_best(runs[0]) : "");
  return table.text() +
         (columns.empty() ? "" : "<p class=\"faint\">Results are of the best epoch, rates in per cent.</p>\n");
}

std::string settings_html(const std::vector<ReportedRun>& runs) {
  if (runs.size() == 1)
    return table_of(runs[0].chosen) + html_details("All other settings are the defaults", table_of(runs[0].defaults));
  std::vector<Facts> all;
  for (const ReportedRun& run : runs) {
    all.push_back(run.chosen);
    all.back().insert(all.back().end(), run.defaults.begin(), run.defaults.end());
  }
  const Compared settings = compared(runs, all);
  const std::string different = settings.different.empty() ? "<p>The runs do not differ.</p>\n" : settings.different;
  return different + html_details("What all runs have alike", settings.same);
}

std::string surroundings_html(const std::vector<ReportedRun>& runs) {
  std::string html;
  std::vector<Facts> environments, data;
  for (const ReportedRun& run : runs) {
    if (!run.command.empty())
      html += (runs.size() > 1 ? "<h3>" + html_text(run.name) + "</h3>\n" : "") + "<pre>" + html_text(run.command) +
              "</pre>\n";
    environments.push_back(run.environment);
    data.push_back(run.data);
  }
  const Compared of_data = compared(runs, data), of_machine = compared(runs, environments);
  if (!of_data.same.empty() || !of_data.different.empty()) html += "<h3>Data</h3>\n" + of_data.different + of_data.same;
  return html + html_details("Program and machine", of_machine.different + of_machine.same);
}

}  // namespace radial::apps
