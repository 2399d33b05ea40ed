// Files of settings, and the trainings that they ask for.
#include "experiments/experiment.h"

#include <algorithm>

#include "core/error.h"
#include "tasks/classify/options.h"
#include "tasks/tasks.h"
#include "tests/catch.h"

using namespace radial;

namespace {

using Words = std::vector<std::string>;

Experiment experiment(const std::string& text) { return {text, "some.toml"}; }

const char* two_runs = R"(
[all]
lr = 0.5
epochs = 7
shuffle = false
[small]
epochs = 3
[run.second]
optimizer = "sgdp"
lr-milestones = [1, 2]
[run.first]
lr = 0.25
arch = "convnet"
)";

}  // namespace

TEST_CASE("sections of an experiment are laid over one another") {
  const Experiment two = experiment(two_runs);
  CHECK(two.runs() == Words{"second", "first"});
  PlannedRun second, first;
  two.apply(second.options, {"all", "small", "run.second"});
  CHECK(second.settings.train.optimizer.lr == 0.5);
  CHECK(second.settings.train.optimizer.name == "sgdp");
  CHECK(second.settings.train.epochs == 3);
  two.apply(first.options, {"all", "run.first"});
  CHECK(first.settings.train.optimizer.lr == 0.25);
  CHECK(first.settings.train.epochs == 7);
  CHECK(dynamic_cast<ClassifyOptions&>(*first.settings.task).model.arch == "convnet");
}

TEST_CASE("the command line goes over the sections, for the options that it may change") {
  const Experiment two = experiment(two_runs);
  add_tasks();
  Settings shown;
  OptionList command_line = shown.list();
  command_line.find("lr")->set({"0.125"});
  command_line.find("momentum")->set({"0.5"});
  PlannedRun run;
  two.apply(run.options, {"all"});
  run.set_given(command_line, {"lr", "epochs"});
  CHECK(run.settings.train.optimizer.lr == 0.125);
  CHECK(run.settings.train.epochs == 7);
  CHECK_FALSE(run.settings.train.optimizer.momentum.has_value());
}

TEST_CASE("a planned run says the command that trains the same") {
  PlannedRun run;
  experiment(two_runs).apply(run.options, {"all", "run.second"});
  run.set("data", "pictures");
  run.train_in("nowhere");
  Words words = run.words();
  REQUIRE(words.size() == 14);
  CHECK(Words(words.begin(), words.begin() + 2) == Words{"train", "pictures"});
  const auto has = [&](const Words& part) {
    return std::search(words.begin(), words.end(), part.begin(), part.end()) != words.end();
  };
  CHECK(has({"--lr", "0.5"}));
  CHECK(has({"--no-shuffle"}));
  CHECK(has({"--lr-milestones", "1", "2"}));
  CHECK(has({"--out", "nowhere"}));
}

TEST_CASE("a file with options that there are not, or with bad values, is refused with its name") {
  PlannedRun run;
  CHECK_THROWS_WITH(experiment("[all]\nlrr = 1").apply(run.options, {"all"}),
                    Catch::Matchers::ContainsSubstring("some.toml: there is no option --lrr"));
  CHECK_THROWS_WITH(experiment("[all]\nlr = -1").apply(run.options, {"all"}),
                    Catch::Matchers::ContainsSubstring("--lr"));
  CHECK_THROWS_WITH(experiment("[all").runs(), Catch::Matchers::ContainsSubstring("some.toml:1"));
  CHECK_THROWS_AS(Experiment::called("figure33"), Error);
}
