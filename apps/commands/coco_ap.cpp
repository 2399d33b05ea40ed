// radial coco-ap: the twelve numbers of COCO's detection metric, of anybody's results.
#include "tasks/detect/coco_ap.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "apps/commands/commands.h"
#include "io/json_lines.h"

namespace radial::apps {
namespace {

struct CocoApOptions {
  std::string truth, results;
  bool json = false;
};

int run_coco_ap(const CocoApOptions& options) {
  const CocoAnnotations truth = read_coco(options.truth);
  const CocoNumbers numbers = coco_ap(truth, read_coco_results(options.results, truth));
  nlohmann::ordered_json line = nlohmann::ordered_json::object();
  for (size_t i = 0; i < numbers.values.size(); ++i) {
    line[CocoNumbers::names[i]] = numbers.values[i];
    if (!options.json) fmt::print("{:<10} {:.4f}\n", CocoNumbers::names[i], numbers.values[i]);
  }
  if (options.json) print_json_line(line);
  return 0;
}

void list_coco_ap_options(OptionList& list, CocoApOptions& options) {
  list.add_argument("ground-truth", options.truth, "GROUND_TRUTH.json", "Annotations in COCO's format").required = true;
  list.add_argument("results", options.results, "RESULTS.json", "Detections in COCO's results format").required = true;
  add_json(list, options.json, "A JSON object instead of a table");
}

}  // namespace

Command coco_ap_command() {
  return command("coco-ap", "Average precision and recall of detections, as COCO counts them: 0 to 1, -1 of nothing",
                 list_coco_ap_options, run_coco_ap);
}

}  // namespace radial::apps
