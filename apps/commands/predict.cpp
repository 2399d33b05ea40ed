// radial predict
#include <memory>

#include "apps/commands/commands.h"
#include "apps/commands/trained_task.h"
#include "core/error.h"
#include "data/picture_formats.h"
#include "io/json_lines.h"

namespace radial::apps {
namespace {

struct PredictOptions {
  explicit PredictOptions(const std::string& task) : trained(task) {}

  TrainedTaskOptions trained;
  std::vector<std::string> files;
  std::string gallery, sheet;
  int top = 5;
  std::string draw;
  double min_score = 0.3;
  bool json = false;
};

int run_predict(const PredictOptions& options, const OptionList& list) {
  const TrainedTask trained = load_trained_task(options.trained, list);
  TrainOptions& train = trained.settings->train;
  const bool retrieves = train.task == "retrieve";
  check(retrieves || options.gallery.empty(), "--gallery is an option of --task retrieve");
  check(retrieves || options.sheet.empty(), "--sheet is an option of --task retrieve");
  if (!options.gallery.empty()) train.data = options.gallery;
  trained.settings->resolve();
  const auto predictor = trained.settings->task->predictor(trained.settings->train, trained.weights(), options.top);
  const auto given = [&](const char* name) { return list.find(name)->given; };
  const bool detects = trained.settings->train.task == "detect";
  check(!detects || !given("top"), "predict: --top is no option of --task detect, which has --min-score");
  if (detects || given("min-score")) predictor->leave_out_below(options.min_score);
  if (!options.draw.empty()) predictor->draw_into(options.draw);
  std::string failures;
  ErrorKind kind = ErrorKind::dataset;
  for (const std::string& file : options.files) {
    Predictor::Answer answer;
    try {
      answer = predictor->predict(file);
    } catch (const Error& error) {  // a file that cannot be read: the others are done first
      if (error.kind() != ErrorKind::dataset && error.kind() != ErrorKind::io) throw;
      if (error.kind() != ErrorKind::dataset) kind = error.kind();
      failures += (failures.empty() ? "" : "\n") + std::string(error.what());
      continue;
    }
    print_line(options.json ? answer.json : answer.text);
  }
  if (!options.sheet.empty()) predictor->write_sheet(options.sheet);
  check(failures.empty(), kind, failures);
  return 0;
}

}  // namespace

Command predict_command(const std::vector<std::string>& words) {
  Command command{.name = "predict", .help = "The most probable classes of single pictures"};
  const auto options = std::make_shared<PredictOptions>(task_of_weights(words));
  OptionList& list = command.options;
  list_options(list, options->trained);
  list.add_argument("pictures", options->files, "PICTURE", readable_formats()).required = true;
  list.add("top", options->top, "Classes, or nearest pictures, of a picture", at_least(1));
  list.add("gallery", options->gallery,
           "retrieve: pictures among which the nearest are looked for (those of the training's evaluation)")
      .type = "DATA";
  list.add("sheet", options->sheet, "retrieve: draws the pictures and their nearest ones (PNG)").type = "FILE";
  list.add("min-score", options->min_score, "detect: boxes of lower scores are left out", within(0, 1));
  list.add("draw", options->draw, "detect: folder for copies of the pictures with their boxes (PNG)").type = "DIR";
  add_json(list, options->json);
  command.run = [options](OptionList& parsed) { return run_predict(*options, parsed); };
  command.hint = [options](const std::string& name) {
    return other_task_with(name, options->trained.given.train.task, true);
  };
  return command;
}

}  // namespace radial::apps
