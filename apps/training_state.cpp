#include "apps/training_state.h"

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "io/json_lines.h"

namespace radial::apps {
namespace {

using Json = nlohmann::ordered_json;

EpochResult epoch_result_from(const Json& json) {
  return {json.at("epoch"),    json.at("train_loss"), json.at("train_top1"),
          json.at("val_loss"), json.at("val_top1"),   json.at("val_top5")};
}

Json to_json(const std::map<std::string, CsvMark>& files) {
  Json json = Json::object();
  for (const auto& [name, mark] : files) json[name] = {{"bytes", mark.bytes}, {"crc64", mark.crc64}};
  return json;
}

std::map<std::string, CsvMark> files_from(const Json& json) {
  std::map<std::string, CsvMark> files;
  for (const auto& [name, mark] : json.items()) files[name] = {mark.at("bytes"), mark.at("crc64")};
  return files;
}

}  // namespace

Json to_json(const EpochResult& result) {
  return {{"epoch", result.epoch},       {"train_loss", result.train_loss}, {"train_top1", result.train_top1},
          {"val_loss", result.val_loss}, {"val_top1", result.val_top1},     {"val_top5", result.val_top5}};
}

Json to_json(const TrainingState& state) {
  return {{"step", state.step},
          {"epoch", state.epoch},
          {"batch", state.batch},
          {"sums",
           {{"images", state.sums.images},
            {"loss", state.sums.loss},
            {"top1", state.sums.top1},
            {"top5", state.sums.top5}}},
          {"average",
           {{"norm_sum", state.average.norm_sum},
            {"effective_step_sum", state.average.effective_step_sum},
            {"steps", state.average.steps},
            {"steps_with_direction", state.average.steps_with_direction}}},
          {"lr", state.lr},
          {"finished_epochs", state.finished_epochs},
          {"last", to_json(state.last)},
          {"best", to_json(state.best)},
          {"images", state.images},
          {"seconds", state.seconds},
          {"skipped", state.skipped},
          {"bad_images", state.bad_images},
          {"files", to_json(state.files)}};
}

EpochResult epoch_result_from(const std::string& text, const std::string& path) {
  try {
    return epoch_result_from(parse_json(text, path));
  } catch (const Json::exception& error) {
    fail(ErrorKind::file_format, "checkpoint: the result is malformed: ", error.what(), " (", path, ")");
  }
}

TrainingState training_state_from(const std::string& text, const std::string& path) {
  try {
    const Json json = parse_json(text, path);
    TrainingState state;
    state.step = json.at("step");
    state.epoch = json.at("epoch");
    state.batch = json.at("batch");
    const Json& sums = json.at("sums");
    state.sums = {sums.at("images"), sums.at("loss"), sums.at("top1"), sums.at("top5")};
    const Json& average = json.at("average");
    state.average = {average.at("norm_sum"), average.at("effective_step_sum"), average.at("steps"),
                     average.at("steps_with_direction")};
    state.lr = json.at("lr");
    state.finished_epochs = json.at("finished_epochs");
    state.last = epoch_result_from(json.at("last"));
    state.best = epoch_result_from(json.at("best"));
    state.images = json.at("images");
    state.seconds = json.at("seconds");
    state.skipped = json.at("skipped");
    state.bad_images = json.at("bad_images").get<std::vector<std::string>>();
    if (json.contains("files")) state.files = files_from(json["files"]);
    return state;
  } catch (const Json::exception& error) {
    fail(ErrorKind::file_format, "checkpoint: the training state is malformed: ", error.what(), " (", path, ")");
  }
}

}  // namespace radial::apps
