// radial reproduce lemma: trains three times for some steps in float64 and says how far |w|^2 is from the formulas.
#include <filesystem>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "apps/cli/progress.h"
#include "apps/cli/terminal_run.h"
#include "apps/commands/reproduce.h"
#include "experiments/lemma.h"
#include "io/atomic_file.h"
#include "io/folder.h"
#include "io/json_lines.h"

namespace radial::apps {
namespace {

struct LemmaOptions {
  Lemma lemma;
  Settings shown;  // whose values the help has
  bool json = false;
};

int run_reproduce_lemma(const LemmaOptions& options, const OptionList& command_line) {
  const Lemma& lemma = options.lemma;
  make_folders(lemma.out);
  std::vector<LemmaRun> runs;
  std::vector<LemmaRow> rows;
  {
    Progress progress;
    for (const std::string& run : lemma.runs()) {
      progress.line(fmt::format("{}: {} steps", run, lemma.steps));
      runs.push_back(lemma.train(run, command_line, progress));
      rows.push_back(summarise(runs.back()));
    }
  }
  const std::string stem = (std::filesystem::path(lemma.out) / "lemma").string();
  write_lemma_csv(runs, stem + ".csv");
  const double momentum = options.shown.train.optimizer.momentum.value_or(0);
  const auto json = lemma_json(rows, momentum, lemma.steps);
  write_atomically((std::filesystem::path(lemma.out) / "summary.json").string(), json_text(json, 2) + "\n");
  draw_lemma_figure(runs, "lemma.csv", stem);
  if (options.json)
    print_json_line(json);
  else
    fmt::print("{}\n{}.svg\n{}.png\n", lemma_table(rows, momentum, lemma.steps), stem, stem);
  return 0;
}

void list_lemma_options(OptionList& list, LemmaOptions& options) {
  Lemma& lemma = options.lemma;
  list_data(list, lemma.data);
  list.add("out", lemma.out, "Folder for lemma.csv, summary.json and the figure").type = "DIR";
  list.add("steps", lemma.steps, "Steps of each training", at_least(1));
  list.add("small-eps", lemma.small_eps, "eps of batch norm in the third training", within(0, 1));
  add_json(list, options.json, "Prints the summary as JSON");
  lemma.list_options(list, options.shown);
}

}  // namespace

Command reproduce_lemma_command() {
  return command("lemma", "How |w|^2 grows along real trainings, beside lemmas 2.1 and 2.2 of the paper",
                 list_lemma_options, run_reproduce_lemma);
}

}  // namespace radial::apps
