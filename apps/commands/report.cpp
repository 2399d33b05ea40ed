// radial report: runs as a page for a browser.
#include <algorithm>
#include <filesystem>
#include <memory>

#include <fmt/core.h>

#include "apps/cli/progress.h"
#include "apps/commands/commands.h"
#include "apps/commands/trained_task.h"
#include "apps/report/html.h"
#include "apps/report/sections.h"
#include "core/error.h"
#include "core/version.h"
#include "io/atomic_file.h"
#include "train/run_folder.h"

namespace radial::apps {
namespace {

namespace fs = std::filesystem;

struct ReportOptions {
  std::vector<std::string> runs;
  std::string out, data;
  int worst = 24;
};

// The best weights of a run on DATA/val; what was found of classes and pictures is kept in the run's folder, as
// `radial evaluate` would write it.
void evaluate_best(const std::string& run, const std::string& data) {
  const std::string best = (fs::path(run) / "checkpoints" / "best.safetensors").string();
  check(fs::exists(best), ErrorKind::io, "report: ", best, " is not there: without a finished epoch --data has no use");
  TrainedTaskOptions given(task_of_weights({"--weights", best}));
  given.weights = best;
  OptionList list;
  list_options(list, given);
  const TrainedTask trained = load_trained_task(given, list);
  TrainOptions& options = trained.settings->train;
  check(options.task == "classify" || options.task == "rebias", "report: --data has no use for --task ", options.task,
        " (", run, "), whose pictures have no class each that is right or wrong");
  options.data = data;
  options.batch_size = std::min<int64_t>(options.batch_size, 64);
  options.limit_val = 0;
  trained.settings->resolve();
  const auto task = trained.settings->task->open_for_evaluation(options, "val", trained.weights());
  Progress progress;
  task->evaluate({.progress = [&](int64_t batch, int64_t batches) { progress.evaluating(batch, batches); },
                  .predictions = (fs::path(run) / "predictions.csv").string(),
                  .per_class = task->facts().writes_classes ? run : ""});
}

// A section of what each run has by itself; with several runs under their names.
template <class Piece>
std::string of_each(const std::vector<ReportedRun>& runs, const Piece& piece) {
  std::string html;
  for (const ReportedRun& run : runs) {
    const std::string of_run = piece(run);
    if (runs.size() > 1 && !of_run.empty()) html += "<h3>" + html_text(run.name) + "</h3>\n";
    html += of_run;
  }
  return html;
}

std::string page_of(const std::vector<ReportedRun>& runs, int worst) {
  const std::string title = runs.size() == 1 ? runs[0].name : fmt::format("{} runs", runs.size());
  std::string body = "<header><h1>" + html_text(title) + "</h1>\n<p class=\"faint\">" + utc_time("%Y-%m-%d %H:%M UTC") +
                     ", Radial " + html_text(version) + "</p></header>\n<main>\n";
  body += html_section("Results", results_html(runs));
  body += html_section("Curves", curves_html(runs));
  body += html_section("Settings", settings_html(runs));
  body += html_section("Classes", of_each(runs, classes_html));
  body += html_section("Mistakes", of_each(runs, [&](const ReportedRun& run) { return mistakes_html(run, worst); }));
  body += html_section("Command, data and machine", surroundings_html(runs));
  return html_page(title, body + "</main>\n");
}

std::string page_path(const ReportOptions& options) {
  if (!options.out.empty()) return options.out;
  return options.runs.size() == 1 ? (fs::path(options.runs[0]) / "report.html").string() : "report.html";
}

int run_report(const ReportOptions& options) {
  read_reported_runs(options.runs);  // what is no run, and where no page can be, is told before anything is evaluated
  const std::string out = page_path(options);
  check_writable(out);
  if (!options.data.empty())
    for (const std::string& run : options.runs) evaluate_best(run, options.data);
  write_atomically(out, page_of(read_reported_runs(options.runs), options.worst));
  fmt::print("{}\n", out);
  return 0;
}

void list_report_options(OptionList& list, ReportOptions& options) {
  list.add_argument("runs", options.runs, "RUN", "Run folders, of any tasks; they may still be training").required =
      true;
  list.add("out", options.out, "Page to write (default: RUN/report.html; of several runs report.html)").type =
      "FILE.html";
  list.add(
          "data", options.data,
          "classify and rebias: evaluates the best weights on DATA/val first, and keeps classes.csv, confusion.csv and "
          "predictions.csv in the run's folder")
      .type = "DATA";
  list.add("worst", options.worst, "Pictures that are most confidently taken for another class", within(0, 1000));
}

}  // namespace

Command report_command() {
  return command("report", "Runs as one HTML page: results, curves, settings, classes and mistakes",
                 list_report_options, run_report);
}

}  // namespace radial::apps
