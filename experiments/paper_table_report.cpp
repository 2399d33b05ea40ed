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
                                    {"adamw", "AdamW"},
                                    {"adamp", "AdamP"},
                                    {"adam_sgd", "Adam + SGD"}})
    if (optimizer == name) return title;
  return optimizer;
}

// Of a row: what the columns say.
struct EntryTexts {
  std::string runs, last = "-", deviation = "-", best = "-", published = "-", norm = "-", step = "-";
  explicit EntryTexts(const TableEntry& entry) : runs(std::to_string(entry.runs)) {
    if (entry.published) published = fmt::format("{:.2f}", *entry.published);
    if (entry.runs == 0) return;
    last = fmt::format("{:.2f}", entry.last);
    best = fmt::format("{:.2f}", entry.best);
    norm = fmt::format("{:.4f}", entry.norm);
    step = fmt::format("{:.3g}", entry.effective_step);
    if (entry.deviation) deviation = fmt::format("{:.2f}", *entry.deviation);
  }
};

bool is_single(const std::vector<TableEntry>& entries) {
  for (const TableEntry& entry : entries)
    if (entry.measure.name != entries[0].measure.name) return false;
  return true;
}

}  // namespace

// Where cells have one number, the head says which; else each line does.
std::string table_text(const std::vector<TableEntry>& entries) {
  const bool one = is_single(entries);
  const std::string head = one && !entries.empty() ? entries[0].measure.title + ", per cent" : "per cent";
  const auto line = [&](const auto& title, const auto& optimizer, const auto& measure, const auto&... numbers) {
    return fmt::format("{:<22} {:<10} ", title, optimizer) + (one ? "" : fmt::format("{:<14} ", measure)) +
           fmt::format("{:>4} {:>7} {:>6} {:>7} {:>7}   {:>8} {:>15}\n", numbers...);
  };
  std::string text = line(head, "", "", "runs", "mean", "+-", "best", "paper", "norm", "effective step");
  for (const TableEntry& entry : entries) {
    const EntryTexts of(entry);
    const bool first = &entry == &entries.front() || entry.row != (&entry - 1)->row;
    text += line(first ? entry.title : "", title_of(entry.optimizer), entry.measure.title, of.runs, of.last,
                 of.deviation, of.best, of.published, of.norm, of.step);
  }
  return text;
}

std::string table_markdown(const std::vector<TableEntry>& entries) {
  const bool one = is_single(entries);
  std::string text = fmt::format(
      "| | optimizer | {}runs | {}mean | deviation | best epoch | paper | weight norm | effective step |\n"
      "|---|---|---|---|---|---|---|---|---|{}\n",
      one ? "" : "per cent | ", one && !entries.empty() ? entries[0].measure.title + ": " : "", one ? "" : "---|");
  for (const TableEntry& entry : entries) {
    const EntryTexts of(entry);
    text += fmt::format("| {} | {} | {}{} | {} | {} | {} | {} | {} | {} |\n", entry.title, title_of(entry.optimizer),
                        one ? "" : entry.measure.title + " | ", of.runs, of.last, of.deviation, of.best, of.published,
                        of.norm, of.step);
  }
  return text;
}

nlohmann::ordered_json table_json(const std::vector<TableEntry>& entries) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const TableEntry& entry : entries) {
    nlohmann::ordered_json one = {
        {"row", entry.row}, {"optimizer", entry.optimizer}, {"measure", entry.measure.name}, {"published", nullptr}};
    if (entry.published) one["published"] = *entry.published;
    one["runs"] = entry.runs;
    if (entry.runs > 0)
      one.update({{entry.measure.name, entry.last},
                  {"best_" + entry.measure.name, entry.best},
                  {"norm", entry.norm},
                  {"effective_step", entry.effective_step}});
    if (entry.deviation) one["deviation"] = *entry.deviation;
    json.push_back(one);
  }
  return json;
}

}  // namespace radial
