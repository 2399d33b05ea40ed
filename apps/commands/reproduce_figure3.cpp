// radial reproduce figure3: trains with vanilla SGD, momentum SGD and SGDP from the same initial weights, draws Figure
// 3 of the paper and says what it shows in numbers. Each training is a `radial train` in this process; a second call
// skips those that have finished and goes on with the others.
#include <filesystem>
#include <memory>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "apps/commands/reproduce.h"
#include "experiments/figure3.h"
#include "io/atomic_file.h"
#include "io/folder.h"
#include "io/json_lines.h"
#include "train/stop_signals.h"

namespace radial::apps {
namespace {

struct Figure3Options {
  Figure3 figure;
  Settings shown;  // whose values the help has
  bool json = false;
};

void report(const Figure3& figure, const std::vector<Figure3Row>& rows, bool as_json) {
  nlohmann::ordered_json json = figure3_json(rows);
  json["figure"] = figure.stem() + ".svg";
  write_atomically((std::filesystem::path(figure.out) / "summary.json").string(), json_text(json, 2) + "\n");
  if (as_json)
    print_json_line(json);
  else
    fmt::print("{}\n{}.svg\n{}.png\n", figure3_table(rows), figure.stem(), figure.stem());
}

int run_figure3(const Figure3Options& options, const OptionList& command_line) {
  const Figure3& figure = options.figure;
  make_folders(figure.out);
  remove_stale_temporaries(figure.out);
  const StopSignals signals;  // one may come between two trainings, or too late for the last
  std::unique_ptr<PlannedRun> planned;
  for (const std::string& run : figure.runs()) {
    planned = std::make_unique<PlannedRun>();
    figure.plan(*planned, run, command_line);
    if (const int code = train_planned(*planned, figure.folder(run)); code != 0) return code;
    if (signals.stop() != 0) return 128 + signals.stop();
  }
  report(figure, figure.draw(planned->settings), options.json);
  return 0;
}

void list_figure3_options(OptionList& list, Figure3Options& options) {
  Figure3& figure = options.figure;
  list_data(list, figure.data);
  list.add("out", figure.out, "Folder for the three runs, the figure and summary.json");
  list.add("full", figure.full, "The paper's setting: 100 epochs, drops every 30, batches of 256, 224 px, no warm-up");
  list.add("published", figure.published, "Published curves, drawn thin").type = "CSV";
  add_json(list, options.json, "Prints the summary as JSON");
  figure.list_options(list, options.shown);
}

}  // namespace

Command reproduce_figure3_command() {
  return command("figure3", "Weight norms, effective steps and accuracy of vanilla SGD, momentum SGD and SGDP",
                 list_figure3_options, run_figure3);
}

}  // namespace radial::apps
