// Figure 3 in numbers, and the settings of its runs.
#include "experiments/figure3.h"

#include <cmath>
#include <memory>

#include <nlohmann/json.hpp>

#include "tasks/tasks.h"
#include "tests/catch.h"

using namespace radial;

namespace {

Curve curve_of(double growth, double step) {
  Curve curve;
  curve.name = "run";
  curve.epoch = {1, 2, 3, 4};
  curve.lr = {0.05, 0.1, 0.1, 0.01};  // warm-up, then a drop
  curve.norm = {1.25, 1.3, 1.35, 1.2 + growth};
  curve.effective_step = {0.002, 0.004, step, 0.0001};
  curve.results["top1"] = {10, 30, 20, 25};
  return curve;
}

}  // namespace

TEST_CASE("a run in numbers") {
  const Figure3Row row = summarise_run("gd", curve_of(0.4, 0.003), 1.2);
  CHECK(row.growth() == Catch::Approx(0.4));
  CHECK(row.norm_first == 1.25);
  CHECK(row.step_before_drop == 0.003);
  CHECK(row.step_last == 0.0001);
  CHECK(row.top1_last == 25);
  CHECK(row.top1_best == 30);
  CHECK_THROWS(summarise_run("gd", Curve{}, 1.2));
}

TEST_CASE("the law of growth is that of the epochs at the full learning rate") {
  Curve curve = curve_of(0.4, 0.003);
  CHECK_FALSE(summarise_run("gd", curve, 1.2).law);
  curve.epoch = {1, 2, 3, 4, 5, 6, 7, 8};
  curve.lr = {0.05, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.01};
  curve.effective_step.resize(8);
  curve.norm = {1, 0, 0, 0, 0, 0, 0, 2};
  for (size_t i = 1; i < 7; ++i) curve.norm[i] = std::pow(2 + (curve.epoch[i] - 0.5), 0.25);
  const std::vector<Figure3Row> rows = {summarise_run("gd", curve, 1.2)};
  REQUIRE(rows[0].law);
  CHECK(rows[0].law->power == Catch::Approx(4));
  CHECK(rows[0].law->fourth.slope == Catch::Approx(1));
  CHECK_FALSE(rows[0].law_from_start);
  CHECK(figure3_json(rows)["runs"][0]["growth_law"]["straight_power"].get<double>() == Catch::Approx(4));
  CHECK(figure3_table(rows).find("a straight line for p = 4.00") != std::string::npos);
}

TEST_CASE("momentum against the others") {
  const std::vector<Figure3Row> rows = {summarise_run("gd", curve_of(0.1, 0.004), 1.2),
                                        summarise_run("sgd", curve_of(0.8, 0.002), 1.2),
                                        summarise_run("sgdp", curve_of(0.2, 0.005), 1.2)};
  const auto json = figure3_json(rows);
  CHECK(json["runs"].size() == 3);
  CHECK(json["norm_growth_ratio"]["gd"].get<double>() == Catch::Approx(8));
  CHECK(json["norm_growth_ratio"]["sgdp"].get<double>() == Catch::Approx(4));
  CHECK(json["effective_step_ratio"]["gd"].get<double>() == Catch::Approx(0.5));
  CHECK(json["effective_step_ratio"]["sgdp"].get<double>() == Catch::Approx(0.4));
}

TEST_CASE("the runs of Figure 3 differ in their optimizer alone") {
  add_tasks();
  Figure3 figure;
  figure.data = "pictures";
  const auto planned = [&](const std::string& run, const OptionList& command_line) {
    auto plan = std::make_unique<PlannedRun>();
    figure.plan(*plan, run, command_line);
    return plan;
  };
  Settings shown;
  OptionList none, given;
  figure.list_options(given, shown);
  CHECK(given.find("epochs")->text() == "12");  // what the help has
  CHECK(given.find("image-size")->text() == "64");
  for (const bool full : {false, true}) {
    figure.full = full;
    const auto gd = planned("gd", none), sgd = planned("sgd", none), sgdp = planned("sgdp", none);
    CHECK(changed_options(gd->settings, sgd->settings).size() == 2);
    CHECK(changed_options(sgd->settings, sgdp->settings) ==
          std::vector<std::string>{"--optimizer \"sgdp\" (the run has \"sgd\")"});
    CHECK(gd->settings.train.optimizer.momentum == 0.0);
    CHECK(sgdp->settings.train.optimizer.momentum == 0.9);
    CHECK(sgdp->settings.train.optimizer.lr == 0.1);
    CHECK(sgdp->settings.train.optimizer.weight_decay == 0.0);
    CHECK(sgdp->settings.train.epochs == (full ? 100 : 12));
    CHECK(sgdp->settings.train.batch_size == (full ? 256 : 64));
    CHECK(sgdp->settings.train.schedule.warmup_epochs == (full ? 0.0 : 2.0));
    if (full)
      CHECK(sgdp->settings.train.schedule.step_epochs == 30);
    else
      CHECK(sgdp->settings.train.schedule.milestones == std::vector<int>{4, 8});
  }
  figure.full = false;
  given.find("momentum")->set({"0.5"});
  given.find("epochs")->set({"2"});
  CHECK(planned("gd", given)->settings.train.optimizer.momentum == 0.0);
  CHECK(planned("sgd", given)->settings.train.optimizer.momentum == 0.5);
  CHECK(planned("sgd", given)->settings.train.schedule.kind == ScheduleKind::constant);
}
