// radial reproduce NAME: an experiment of the paper, in one command.
#include "apps/commands/reproduce.h"

#include <cstdio>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "apps/cli/shell_command.h"
#include "apps/cli/terminal_run.h"
#include "apps/commands/commands.h"
#include "core/error.h"
#include "dist/group.h"
#include "io/json_lines.h"

namespace radial::apps {

int train_planned(PlannedRun& run, const std::string& folder) {
  const int processes = launched_processes();
  check(processes == 1, "reproduce: ", processes,
        " processes were started, which would train the same, each for itself: ",
        "start one; radial train shares a training out");
  run.train_in(folder);
  std::vector<std::string> words = run.words();
  words.insert(words.begin(), "radial");
  std::fputs((shell_command(words) + "\n").c_str(), stderr);
  const RunOutcome outcome =
      run_in_terminal(run.settings.train, [&](const Surroundings& terminal) { return run.train(terminal); });
  std::fputs(outcome.summary.c_str(), stderr);  // results on stdout are those of this command alone
  return outcome.code;
}

namespace {

struct Part {
  Command (*make)();
  const char *trains, *data;
  int minutes;  // on two cores, without --full, of imagenette-mini's size
};
constexpr const char* pictures = "folders of pictures";
constexpr Part parts[] = {
    {reproduce_figure3_command, "ResNet18, 3 runs", pictures, 15},
    {reproduce_table1_command, "MobileNetV2, ResNet18, ResNet50: 16 runs", pictures, 170},
    {reproduce_table2_command, "ResNet18, 8 runs", pictures, 64},
    {reproduce_table3_command, "CenterNet, SSD: 4 runs", "pictures with boxes", 120},
    {reproduce_figure4_command, "wide ResNet on attacked pictures, 8 runs", "CIFAR-10 as folders", 96},
    {reproduce_table4_command, "ReBias on Biased MNIST, 8 runs", "MNIST as folders", 112},
    {reproduce_table5_command, "Harmonic CNN, 6 runs", "sounds", 45},
    {reproduce_table6_command, "ResNet18, ResNet50: 8 runs", pictures, 120},
    {reproduce_lemma_command, "ResNet18 for 60 steps, 3 runs", pictures, 5},
    {reproduce_toy3d_command, "a point on a sphere", "none", 0}};

struct ReproduceOptions {
  bool list = false, json = false;
};

int run_reproduce(const ReproduceOptions& options) {
  check(options.list, "a command is missing\nradial reproduce --list says which there are.");
  for (const Part& part : parts) {
    const std::string name = part.make().name;
    if (options.json)
      print_json_line({{"name", name}, {"trains", part.trains}, {"data", part.data}, {"minutes", part.minutes}});
    else
      fmt::print("{:<8} {:<42} data: {:<20} {:>3} minutes\n", name, part.trains, part.data, part.minutes);
  }
  return 0;
}

void list_reproduce_options(OptionList& list, ReproduceOptions& options) {
  list.add("list", options.list, "What each trains, on which data, for how long");
  add_json(list, options.json, "Prints the list as JSON");
}

}  // namespace

Command reproduce_command() {
  Command reproduce = command("reproduce", "Train and draw a figure or a table of the paper, in one command",
                              list_reproduce_options, run_reproduce);
  for (const Part& part : parts) reproduce.parts.push_back(part.make());
  return reproduce;
}

}  // namespace radial::apps
