#include "train/checkpoint.h"

#include <cstdlib>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "io/json_lines.h"
#include "io/json_number.h"
#include "nn/weights.h"

namespace radial {
namespace {

constexpr const char* config_key = "radial.config";
constexpr const char* classes_key = "radial.class_names";
constexpr const char* state_key = "radial.state";
constexpr const char* result_key = "radial.result";

// 1 (which says nothing): best, too, holds all. 2: best holds weights alone; the state says what the CSV files held.
// Names of tensors and keys of the state may be added without a new version; a reader refuses only what it would
// misunderstand.
constexpr const char* version_key = "radial.version";
constexpr int version = 2;

// {name: steps} of the parameters that took fewer steps than the optimizer; absent where all took all of them, as in
// checkpoints from before steps were counted for each.
constexpr const char* fewer_steps_key = "radial.fewer_steps";

std::map<std::string, int64_t> fewer_steps_of(const TensorFile& file, const std::string& path) {
  const auto text = file.metadata.find(fewer_steps_key);
  if (text == file.metadata.end()) return {};
  try {
    const nlohmann::ordered_json json = parse_json(text->second, path);
    std::map<std::string, int64_t> steps;
    for (const auto& [name, count] : json.get_ref<const nlohmann::ordered_json::object_t&>())
      steps[name] = JsonNumber(count);
    return steps;
  } catch (const nlohmann::json::exception&) {
    fail(ErrorKind::file_format, "resume: the steps of parameters are malformed: ", text->second, " (", path, ")");
  }
}

}  // namespace

TensorFile checkpoint_file(Module& model, Optimizer& optimizer, const TrainOptions& options,
                           const std::vector<std::string>& classes, const TrainingState& state) {
  TensorFile file;
  file.metadata = to_metadata(model_options(options));
  file.metadata[config_key] = config_text(options);
  file.metadata[classes_key] = json_text(classes);
  file.metadata[state_key] = json_text(to_json(state));
  file.metadata[version_key] = std::to_string(version);
  if (const auto fewer = optimizer.fewer_steps(); !fewer.empty()) file.metadata[fewer_steps_key] = json_text(fewer);
  add_tensors(file, model.parameters());
  add_tensors(file, model.buffers());
  add_tensors(file, optimizer.state(), optimizer_prefix);
  return file;
}

TensorFile weights_alone(const TensorFile& checkpoint, const EpochResult& result) {
  TensorFile file;
  file.metadata = checkpoint.metadata;
  file.metadata.erase(state_key);
  file.metadata[result_key] = json_text(to_json(result));
  for (const auto& [name, tensor] : checkpoint.tensors)
    if (!name.starts_with(optimizer_prefix)) file.tensors[name] = tensor;
  return file;
}

TrainingState training_state_of(const TensorFile& file, const std::string& path) {
  if (const auto written = file.metadata.find(version_key); written != file.metadata.end())
    check(std::atoi(written->second.c_str()) <= version, ErrorKind::file_format, "resume: ", path,
          " was written by a later version of Radial (format ", written->second, ", this one reads up to ", version,
          ")");
  const auto text = file.metadata.find(state_key);
  check(text != file.metadata.end(), ErrorKind::file_format, "resume: ", path,
        " holds weights but no training state to go on from (the best weights, say; --init begins with them)");
  return training_state_from(text->second, path);
}

TrainingState restore_checkpoint(Module& model, Optimizer& optimizer, const TensorFile& file, const std::string& path) {
  TrainingState state = training_state_of(file, path);
  load_weights(model, file, path);
  assign_tensors(optimizer.state(), file, path, optimizer_prefix);
  try {
    optimizer.set_steps(state.step, fewer_steps_of(file, path));
  } catch (const Error& error) {
    fail(ErrorKind::file_format, "resume: ", error.what(), " (", path, ")");
  }
  return state;
}

int epoch_of(const TensorFile& file, const std::string& path) {
  const auto result = file.metadata.find(result_key);
  return result == file.metadata.end() ? training_state_of(file, path).finished_epochs
                                       : epoch_result_from(result->second, path).epoch;
}

std::string config_of(const TensorFile& file) {
  const auto text = file.metadata.find(config_key);
  return text == file.metadata.end() ? "" : text->second;
}

std::vector<std::string> classes_of(const TensorFile& file, const std::string& path) {
  const auto text = file.metadata.find(classes_key);
  if (text == file.metadata.end()) return {};
  try {
    return parse_json(text->second, path).get<std::vector<std::string>>();
  } catch (const nlohmann::ordered_json::exception&) {
    fail(ErrorKind::file_format, "load: the class names are malformed: ", text->second, " (", path, ")");
  }
}

std::string weights_path(const std::string& file_or_run) {
  if (!std::filesystem::is_directory(file_or_run)) return file_or_run;
  return (std::filesystem::path(file_or_run) / "checkpoints" / "last.safetensors").string();
}

}  // namespace radial
