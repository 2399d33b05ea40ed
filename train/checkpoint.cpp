#include "train/checkpoint.h"

#include <cstdlib>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/joined.h"
#include "io/json_lines.h"
#include "io/json_number.h"
#include "io/weights_file.h"
#include "nn/weights.h"

namespace radial {
namespace {

const std::string task_prefix = "task.";  // of the tensors of its state
const std::string average_prefix = "ema.";
constexpr const char* config_key = "radial.config";
constexpr const char* classes_key = "radial.class_names";
constexpr const char* state_key = "radial.state";
constexpr const char* result_key = "radial.result";
constexpr const char* network_key = "radial.network";  // of several networks: how the first's tensors begin ("f.")

// 1 (which says nothing): best, too, holds all. 2: best holds weights alone; the state says what the CSV files held.
// Names of tensors and keys of the state may be added without a new version; a reader refuses only what it would
// misunderstand.
constexpr const char* version_key = "radial.version";
constexpr int format_version = 2;

// {name: steps} of the parameters that took fewer steps than the optimizer; absent where all took all of them, as in
// checkpoints from before steps were counted for each.
constexpr const char* fewer_steps_key = "radial.fewer_steps";

// How the gradients of several batches were added up; absent in checkpoints of before, which added one to the other.
constexpr const char* sums_key = "radial.sums";
constexpr const char* tree = "tree";

bool is_state(const std::string& name) {
  return name.starts_with(optimizer_prefix) || name.starts_with(task_prefix) || name.starts_with(average_prefix);
}

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

std::vector<NamedTensor> weights_of(Module& network) {
  std::vector<NamedTensor> weights = network.parameters();
  for (const NamedTensor& buffer : network.buffers()) weights.push_back(buffer);
  return weights;
}

TensorFile checkpoint_file(Task& task, std::span<const Player> players, const std::string& config,
                           const TrainingState& state) {
  TensorFile file;
  file.metadata = task.facts().metadata;
  file.metadata[config_key] = config;
  file.metadata[classes_key] = json_text(task.facts().classes);
  file.metadata[state_key] = json_text(to_json(state, task.facts().measures));
  file.metadata[version_key] = std::to_string(format_version);
  file.metadata[sums_key] = tree;
  if (const std::string first = task.parties()[0].prefix(); !first.empty()) file.metadata[network_key] = first;
  std::map<std::string, int64_t> fewer;
  for (const Player& player : players) {
    const std::string prefix = player.party.prefix();
    add_tensors(file, weights_of(*player.party.network), prefix);
    if (player.average) add_tensors(file, player.average->state(), average_prefix + prefix);
    add_tensors(file, player.optimizer->state(), optimizer_prefix + prefix);
    for (const auto& [name, steps] : player.optimizer->fewer_steps()) fewer[prefix + name] = steps;
  }
  add_tensors(file, task.state(), task_prefix);
  if (!fewer.empty()) file.metadata[fewer_steps_key] = json_text(fewer);
  return file;
}

TensorFile first_network(const TensorFile& file) {
  const auto key = file.metadata.find(network_key);
  const std::string prefix = key == file.metadata.end() ? "" : key->second;
  TensorFile first{.tensors = {}, .metadata = file.metadata};
  first.metadata.erase(network_key);
  for (const auto& [name, tensor] : file.tensors)
    if (name.starts_with(prefix) && !is_state(name)) first.tensors[name.substr(prefix.size())] = tensor;
  return first;
}

TensorFile weights_alone(const TensorFile& checkpoint, const EpochResult& result) {
  TensorFile file = first_network(checkpoint);
  file.metadata.erase(state_key);
  file.metadata[result_key] = json_text(to_json(result));
  return file;
}

TensorFile averages_alone(const TensorFile& checkpoint, const EpochResult& result) {
  TensorFile averages{.tensors = {}, .metadata = checkpoint.metadata};
  for (const auto& [name, tensor] : checkpoint.tensors)
    if (name.starts_with(average_prefix)) averages.tensors[name.substr(average_prefix.size())] = tensor;
  return weights_alone(averages, result);
}

TrainingState training_state_of(const TensorFile& file, const std::string& path, std::span<const Measure> measures) {
  if (const auto written = file.metadata.find(version_key); written != file.metadata.end())
    check(std::atoi(written->second.c_str()) <= format_version, ErrorKind::file_format, "resume: ", path,
          " was written by a later version of Radial (format ", written->second, ", this one reads up to ",
          format_version, ")");
  const auto text = file.metadata.find(state_key);
  check(text != file.metadata.end(), ErrorKind::file_format, "resume: ", path,
        " holds weights but no training state to go on from (the best weights, say; --init begins with them)");
  return training_state_from(text->second, path, measures);
}

bool sums_in_tree(const TensorFile& file) {
  const auto sums = file.metadata.find(sums_key);
  return sums != file.metadata.end() && sums->second == tree;
}

TrainingState restore_checkpoint(Task& task, std::span<Player> players, const TensorFile& file,
                                 const std::string& path) {
  TrainingState state = training_state_of(file, path, task.facts().measures);
  const std::map<std::string, int64_t> fewer = fewer_steps_of(file, path);
  TensorFile all_weights = file;
  std::erase_if(all_weights.tensors, [](const auto& named) { return is_state(named.first); });
  for (Player& player : players) {
    const std::string prefix = player.party.prefix();
    assign_tensors(weights_of(*player.party.network), all_weights, path, prefix);
    if (player.average) assign_tensors(player.average->state(), file, path, average_prefix + prefix);
    assign_tensors(player.optimizer->state(), file, path, optimizer_prefix + prefix);
    std::map<std::string, int64_t> own;
    for (const auto& [name, steps] : fewer)
      if (name.starts_with(prefix)) own[name.substr(prefix.size())] = steps;
    try {
      player.optimizer->set_steps(state.step, own);
    } catch (const Error& error) {
      fail(ErrorKind::file_format, "resume: ", error.what(), " (", path, ")");
    }
  }
  assign_tensors(task.state(), file, path, task_prefix);
  return state;
}

int epoch_of(const TensorFile& file, const std::string& path) {
  const auto result = file.metadata.find(result_key);
  return result == file.metadata.end() ? training_state_of(file, path, {}).finished_epochs
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

std::vector<std::string> load_initial_weights(Module& network, const TrainOptions& options, const AdaptWeights& adapt) {
  const std::string path = weights_path(options.init);
  WeightsFile read = read_weights_file(path);
  std::vector<std::string> notes = std::move(read.notes);
  TensorFile file = first_network(read.file);
  if (adapt)
    for (std::string& note : adapt(file)) notes.push_back(std::move(note));
  const Loaded loaded =
      load_weights(network, file, path, {.skip = options.init_skip, .skip_option = "--init-skip", .any_prefix = true});
  if (!loaded.prefix.empty()) notes.push_back("names in " + path + " are read without \"" + loaded.prefix + "\"");
  if (!loaded.skipped.empty()) notes.push_back("initial values of their own have " + joined(loaded.skipped));
  return notes;
}

std::string weights_path(const std::string& file_or_run) {
  if (!std::filesystem::is_directory(file_or_run)) return file_or_run;
  return (std::filesystem::path(file_or_run) / "checkpoints" / "last.safetensors").string();
}

}  // namespace radial
