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
  row.top1_last = curve.results.at("top1").back();
  row.top1_best = *std::max_element(curve.results.at("top1").begin(), curve.results.at("top1").end());
  return row;
}

nlohmann::ordered_json figure3_json(std::span<const Figure3Row> rows) {
  nlohmann::ordered_json json;
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
  if (const Figure3Row* momentum = find(rows, "sgd"))
    for (const char* other : {"gd", "sgdp"})
      if (const Figure3Row* row = find(rows, other)) {
        json["norm_growth_ratio"][other] = momentum->growth() / row->growth();
        json["effective_step_ratio"][other] = momentum->step_before_drop / row->step_before_drop;
      }
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
  return text + '\n';
}

}  // namespace radial
