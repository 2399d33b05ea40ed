#include "train/training_state.h"

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "io/json_lines.h"
#include "io/json_number.h"

namespace radial {
namespace {

using Json = nlohmann::ordered_json;

EpochResult epoch_result_from(const Json& json) {
  EpochResult result{number_at(json, "epoch"), {}};
  for (const auto& [name, value] : json.items())
    if (name != "epoch") result.values.emplace_back(name, JsonNumber(value));
  return result;
}

Json to_json(const Sums& sums, std::span<const Measure> measures) {
  Json json = {{"images", sums.samples}};
  for (size_t i = 0; i < measures.size(); ++i) json[measures[i].name] = sums.values.empty() ? 0 : sums.values[i];
  return json;
}

Sums sums_from(const Json& json, std::span<const Measure> measures) {
  Sums sums{number_at(json, "images"), {}};
  for (const Measure& measure : measures) sums.values.push_back(number_at(json, measure.name.c_str()));
  return sums;
}

Json to_json(const std::map<std::string, FileMark>& files) {
  Json json = Json::object();
  for (const auto& [name, mark] : files) json[name] = {{"bytes", mark.bytes}, {"crc64", mark.crc64}};
  return json;
}

std::map<std::string, FileMark> files_from(const Json& json) {
  std::map<std::string, FileMark> files;
  for (const auto& [name, mark] : json.items()) files[name] = {number_at(mark, "bytes"), number_at(mark, "crc64")};
  return files;
}

}  // namespace

double EpochResult::of(const std::string& name) const {
  for (const auto& [known, value] : values)
    if (known == name) return value;
  fail(ErrorKind::file_format, "checkpoint: the result of epoch ", epoch, " has no ", name);
}

EpochResult EpochResult::none() const {
  EpochResult result{0, values};
  for (auto& named : result.values) named.second = 0;
  return result;
}

Json to_json(const EpochResult& result) {
  Json json = {{"epoch", result.epoch}};
  for (const auto& [name, value] : result.values) json[name] = value;
  return json;
}

Json to_json(const TrainingState& state, std::span<const Measure> measures) {
  return {{"step", state.step},
          {"epoch", state.epoch},
          {"batch", state.batch},
          {"sums", to_json(state.sums, measures)},
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

TrainingState training_state_from(const std::string& text, const std::string& path, std::span<const Measure> measures) {
  try {
    const Json json = parse_json(text, path);
    TrainingState state;
    state.step = number_at(json, "step");
    state.epoch = number_at(json, "epoch");
    state.batch = number_at(json, "batch");
    state.sums = sums_from(json.at("sums"), measures);
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
