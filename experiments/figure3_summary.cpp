#include "experiments/figure3_summary.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"

namespace radial {
namespace {

const Figure3Row* find(std::span<const Figure3Row> rows, const std::string& optimizer) {
  const auto found =
      std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row.optimizer == optimizer; });
  return found == rows.end() ? nullptr : &*found;
}

}  // namespace

Figure3Row summarise_run(const std::string& optimizer, const Curve& curve, double norm_start) {
  check(!curve.epoch.empty(), ErrorKind::file_format, "reproduce: the run with ", optimizer, " has no finished epoch");
  // The first epoch whose rate is below the highest, after it.
  const auto highest = std::max_element(curve.lr.begin(), curve.lr.end());
  const auto drop = std::find_if(highest, curve.lr.end(), [&](double lr) { return lr < *highest; });
  const auto before_drop = static_cast<size_t>(drop - curve.lr.begin()) - 1;
  Figure3Row row;
  row.optimizer = optimizer;
  row.name = curve.name;
  row.norm_start = norm_start;
  row.norm_first = curve.norm.front();
  row.norm_last = curve.norm.back();
  row.step_first = curve.effective_step.front();
  row.step_before_drop = curve.effective_step[before_drop];
  row.step_last = curve.effective_step.back();
  const auto first = static_cast<size_t>(highest - curve.lr.begin()), epochs = before_drop + 1 - first;
  std::vector<double> t(curve.epoch.begin() + static_cast<std::ptrdiff_t>(first),
                        curve.epoch.begin() + static_cast<std::ptrdiff_t>(first + epochs));
  for (double& epoch : t) epoch -= 0.5;  // what an epoch has are means over it
  row.law = growth_law(t, std::span(curve.norm).subspan(first, epochs));
  row.law_from_start = first == 0;
  row.top1_last = curve.results.at("top1").back();
  row.top1_best = *std::max_element(curve.results.at("top1").begin(), curve.results.at("top1").end());
  return row;
}

namespace {

nlohmann::ordered_json law_json(const Figure3Row& row) {
  nlohmann::ordered_json json = {{"straight_power", row.law->power},
                                 {"straight_r2", row.law->r2},
                                 {"fourth_power_r2", row.law->fourth.r2},
                                 {"fourth_power_slope", row.law->fourth.slope}};
  if (row.law_from_start) json["fourth_power_start"] = row.law->start();
  return json;
}

std::string law_text(const Figure3Row& row) {
  std::string text = fmt::format(
      "\n{}: before the first drop |w|^p is a straight line for p = {:.2f} (R^2 {:.5f}); |w|^4 has R^2 {:.5f}",
      row.name, row.law->power, row.law->r2, row.law->fourth.r2);
  if (row.law_from_start)
    text += fmt::format(" and begins at {:.4f}^4, the weights at {:.4f}", row.law->start(), row.norm_start);
  return text;
}

}  // namespace

nlohmann::ordered_json figure3_json(std::span<const Figure3Row> rows) {
  nlohmann::ordered_json json = {{"runs", nlohmann::ordered_json::array()}};
  for (const Figure3Row& row : rows)
    json["runs"].push_back({{"optimizer", row.optimizer},
                            {"norm_start", row.norm_start},
                            {"norm_first", row.norm_first},
                            {"norm_last", row.norm_last},
                            {"norm_growth", row.growth()},
                            {"effective_step_first", row.step_first},
                            {"effective_step_before_drop", row.step_before_drop},
                            {"effective_step_last", row.step_last},
                            {"top1_last", row.top1_last},
                            {"top1_best", row.top1_best}});
  for (size_t i = 0; i < rows.size(); ++i)
    if (rows[i].law) json["runs"][i]["growth_law"] = law_json(rows[i]);
  const Figure3Row* momentum = find(rows, "sgd");
  auto growth = nlohmann::ordered_json::object(), step = nlohmann::ordered_json::object();
  for (const char* other : {"gd", "sgdp"})
    if (const Figure3Row* row = find(rows, other); row != nullptr && momentum != nullptr) {
      growth[other] = momentum->growth() / row->growth();
      step[other] = momentum->step_before_drop / row->step_before_drop;
    }
  if (!growth.empty()) json["norm_growth_ratio"] = growth, json["effective_step_ratio"] = step;
  return json;
}

std::string figure3_table(std::span<const Figure3Row> rows) {
  std::string text =
      fmt::format("{:<14} {:>32}   {:>35}   {:>16}\n", "", "weight norm", "effective step size", "top-1 accuracy");
  text += fmt::format("{:<14} {:>7} {:>7} {:>7} {:>8}   {:>11} {:>11} {:>11}   {:>7} {:>8}\n", "", "start", "first",
                      "last", "growth", "first", "before drop", "last", "last", "best");
  for (const Figure3Row& row : rows)
    text += fmt::format(
        "{:<14} {:>7.4f} {:>7.4f} {:>7.4f} {:>8.4f}   {:>11.3g} {:>11.3g} {:>11.3g}   {:>6.1f}% {:>7.1f}%\n", row.name,
        row.norm_start, row.norm_first, row.norm_last, row.growth(), row.step_first, row.step_before_drop,
        row.step_last, row.top1_last, row.top1_best);
  const Figure3Row* momentum = find(rows, "sgd");
  for (const char* other : {"gd", "sgdp"})
    if (const Figure3Row* row = find(rows, other); row && momentum)
      text += fmt::format(
          "\nmomentum against {}: the norm grows {:.1f} times as much, the effective step before the "
          "first drop is {:.2f} times as long",
          row->name, momentum->growth() / row->growth(), momentum->step_before_drop / row->step_before_drop);
  for (const Figure3Row& row : rows)
    if (row.law) text += law_text(row);
  return text + '\n';
}

}  // namespace radial
