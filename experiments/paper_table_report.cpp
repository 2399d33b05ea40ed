// What a table has so far: for terminals, for pages, for programs.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "experiments/paper_table.h"

namespace radial {
namespace {

std::string title_of(const std::string& optimizer) {
  for (const auto& [name, title] : {std::pair{"sgd", "SGD"},
                                    {"sgdp", "SGDP"},
                                    {"adam", "Adam"},
                                    {"adam_sgd", "Adam+SGD"},
                                    {"adamw", "AdamW"},
                                    {"adamp", "AdamP"}})
    if (optimizer == name) return title;
  return optimizer;
}

// Of a row: what the columns say.
struct EntryTexts {
  std::string runs, top1, deviation = "-", best = "-", norm = "-", step = "-";
  explicit EntryTexts(const TableEntry& entry) : runs(std::to_string(entry.runs)), top1("-") {
    if (entry.runs == 0) return;
    top1 = fmt::format("{:.2f}", entry.top1);
    best = fmt::format("{:.2f}", entry.best_top1);
    norm = fmt::format("{:.4f}", entry.norm);
    step = fmt::format("{:.3g}", entry.effective_step);
    if (entry.deviation) deviation = fmt::format("{:.2f}", *entry.deviation);
  }
};

}  // namespace

std::string table_text(const std::vector<TableEntry>& entries, const std::string& label) {
  std::string text = fmt::format("{:<22} {:<8} {:>4} {:>7} {:>6} {:>7} {:>7}   {:>8} {:>15}\n", label, "", "runs",
                                 "mean", "+-", "best", "paper", "norm", "effective step");
  for (const TableEntry& entry : entries) {
    const EntryTexts of(entry);
    const bool first = &entry == &entries.front() || entry.row != (&entry - 1)->row;
    text += fmt::format("{:<22} {:<8} {:>4} {:>7} {:>6} {:>7} {:>7.2f}   {:>8} {:>15}\n", first ? entry.title : "",
                        title_of(entry.optimizer), of.runs, of.top1, of.deviation, of.best, entry.published, of.norm,
                        of.step);
  }
  return text;
}

std::string table_markdown(const std::vector<TableEntry>& entries, const std::string& label) {
  std::string text = "| " + label +
                     " | optimizer | runs | mean | deviation | best epoch | paper | weight norm | effective step |\n"
                     "|---|---|---|---|---|---|---|---|---|\n";
  for (const TableEntry& entry : entries) {
    const EntryTexts of(entry);
    text += fmt::format("| {} | {} | {} | {} | {} | {} | {:.2f} | {} | {} |\n", entry.title, title_of(entry.optimizer),
                        of.runs, of.top1, of.deviation, of.best, entry.published, of.norm, of.step);
  }
  return text;
}

nlohmann::ordered_json table_json(const std::vector<TableEntry>& entries) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const TableEntry& entry : entries) {
    nlohmann::ordered_json one = {
        {"row", entry.row}, {"optimizer", entry.optimizer}, {"published", entry.published}, {"runs", entry.runs}};
    if (entry.runs > 0)
      one.update({{"top1", entry.top1},
                  {"best_top1", entry.best_top1},
                  {"norm", entry.norm},
                  {"effective_step", entry.effective_step}});
    if (entry.deviation) one["deviation"] = *entry.deviation;
    json.push_back(one);
  }
  return json;
}

}  // namespace radial
