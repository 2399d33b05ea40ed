#include "train/training_state.h"

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "io/json_lines.h"
#include "io/json_number.h"

namespace radial {
namespace {

using Json = nlohmann::ordered_json;

EpochResult epoch_result_from(const Json& json) {
  return {number_at(json, "epoch"),    number_at(json, "train_loss"), number_at(json, "train_top1"),
          number_at(json, "val_loss"), number_at(json, "val_top1"),   number_at(json, "val_top5")};
}

Json to_json(const std::map<std::string, CsvMark>& files) {
  Json json = Json::object();
  for (const auto& [name, mark] : files) json[name] = {{"bytes", mark.bytes}, {"crc64", mark.crc64}};
  return json;
}

std::map<std::string, CsvMark> files_from(const Json& json) {
  std::map<std::string, CsvMark> files;
  for (const auto& [name, mark] : json.items()) files[name] = {number_at(mark, "bytes"), number_at(mark, "crc64")};
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
    state.step = number_at(json, "step");
    state.epoch = number_at(json, "epoch");
    state.batch = number_at(json, "batch");
    const Json& sums = json.at("sums");
    state.sums = {number_at(sums, "images"), number_at(sums, "loss"), number_at(sums, "top1"), number_at(sums, "top5")};
    const Json& average = json.at("average");
    state.average = {number_at(average, "norm_sum"), number_at(average, "effective_step_sum"),
                     number_at(average, "steps"), number_at(average, "steps_with_direction")};
    state.lr = number_at(json, "lr");
    state.finished_epochs = number_at(json, "finished_epochs");
    state.last = epoch_result_from(json.at("last"));
    state.best = epoch_result_from(json.at("best"));
    state.images = number_at(json, "images");
    state.seconds = number_at(json, "seconds");
    state.skipped = number_at(json, "skipped");
    state.bad_images = json.at("bad_images").get<std::vector<std::string>>();
    if (json.contains("files")) state.files = files_from(json["files"]);
    return state;
  } catch (const Json::exception& error) {
    fail(ErrorKind::file_format, "checkpoint: the training state is malformed: ", error.what(), " (", path, ")");
  }
}

}  // namespace radial
