// Learning-rate factors against values computed by hand.
#include "optim/schedule.h"

#include "tests/catch.h"

namespace radial {
namespace {

using Catch::Approx;

// Of the first step of an epoch of 10 steps.
double at(const ScheduleOptions& options, int epoch, int epochs = 100) {
  return lr_factor(options, epoch, 0, 10, epochs);
}

TEST_CASE("constant is 1") {
  CHECK(at({}, 1) == 1);
  CHECK(lr_factor({}, 100, 9, 10, 100) == 1);
}

TEST_CASE("step drops after every step_epochs epochs") {
  const ScheduleOptions options{.kind = ScheduleKind::step};  // Figure 3: x 0.1 every 30 epochs
  CHECK(at(options, 1) == 1);
  CHECK(lr_factor(options, 30, 9, 10, 100) == 1);
  CHECK(at(options, 31) == Approx(0.1));
  CHECK(at(options, 60) == Approx(0.1));
  CHECK(at(options, 61) == Approx(0.01));
  CHECK(at(options, 91) == Approx(0.001));
  CHECK(at({.kind = ScheduleKind::step, .gamma = 0.5, .step_epochs = 2}, 5) == 0.25);
}

TEST_CASE("multistep drops after each milestone") {
  const ScheduleOptions options{.kind = ScheduleKind::multistep, .gamma = 0.5, .milestones = {3, 5, 5}};
  CHECK(at(options, 3) == 1);
  CHECK(at(options, 4) == 0.5);
  CHECK(at(options, 5) == 0.5);
  CHECK(at(options, 6) == 0.125);
}

TEST_CASE("cosine falls from 1 towards 0 over all steps") {
  const ScheduleOptions options{.kind = ScheduleKind::cosine};
  CHECK(at(options, 1, 4) == 1);
  CHECK(at(options, 2, 4) == Approx(0.8535533905932737));  // (1 + cos(pi / 4)) / 2
  CHECK(at(options, 3, 4) == Approx(0.5));
  CHECK(lr_factor(options, 3, 5, 10, 4) == Approx(0.3086582838174551));  // t / T = 25 / 40
  CHECK(lr_factor(options, 4, 9, 10, 4) == Approx(0.0015413331334360182).epsilon(1e-9));
}

TEST_CASE("warm-up is linear over the first steps and multiplies the rest") {
  ScheduleOptions options{.warmup_epochs = 2};
  CHECK(lr_factor(options, 1, 0, 10, 100) == Approx(0.05));
  CHECK(lr_factor(options, 1, 9, 10, 100) == Approx(0.5));
  CHECK(lr_factor(options, 2, 9, 10, 100) == 1);
  CHECK(lr_factor(options, 3, 0, 10, 100) == 1);
  options.kind = ScheduleKind::cosine;
  CHECK(lr_factor(options, 2, 0, 10, 4) == Approx(0.8535533905932737 * 11 / 20));
  options.warmup_epochs = 0.5;  // five steps
  CHECK(lr_factor(options, 1, 4, 10, 1000000) == Approx(1));
  CHECK(lr_factor(options, 1, 1, 10, 1000000) == Approx(0.4));
}

TEST_CASE("a schedule ends at its least rate, and warm-up begins where it is told to") {
  ScheduleOptions options{.kind = ScheduleKind::cosine, .min_lr = 0.02};
  CHECK(lr_factor(options, 1, 0, 10, 4, 0.2) == Approx(1));
  CHECK(lr_factor(options, 3, 5, 10, 4, 0.2) == Approx(0.1 + 0.9 * 0.3086582838174551));
  options.kind = ScheduleKind::multistep;
  CHECK(lr_factor(options, 31, 0, 10, 100, 0.2) == Approx(0.1));
  CHECK(lr_factor(options, 61, 0, 10, 100, 0.2) == Approx(0.1));
  options = {.warmup_epochs = 2, .warmup_lr = 0.05};
  CHECK(lr_factor(options, 1, 9, 10, 100, 0.2) == Approx(0.25 + 0.75 * 0.5));
  CHECK(lr_factor(options, 3, 0, 10, 100, 0.2) == 1);
  options.warmup = WarmupKind::constant;
  CHECK(lr_factor(options, 2, 9, 10, 100, 0.2) == Approx(0.25));
  CHECK(lr_factor(options, 3, 0, 10, 100, 0.2) == 1);
}

TEST_CASE("schedules by name") {
  ScheduleOptions options;
  OptionList list;
  list_options(list, options);
  list.find("schedule")->set({"multistep"});
  list.find("lr-milestones")->set({"3", "5"});
  CHECK(lr_factor(options, 6, 0, 10, 8) == Approx(0.01));
  CHECK_THROWS_WITH(list.find("schedule")->set({"linear"}),
                    Catch::Matchers::ContainsSubstring("got linear but expected constant, step, multistep, cosine"));
}

}  // namespace
}  // namespace radial
