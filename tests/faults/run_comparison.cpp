#include "tests/faults/run_comparison.h"

#include <cstring>
#include <filesystem>
#include <set>

#include <nlohmann/json.hpp>

#include "io/csv.h"
#include "tests/io/event_records.h"
#include "tests/io/scratch_folder.h"

namespace faults {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

// "files": how long the CSV files are, with their times; "figure": a path.
const std::set<std::string> varying = {
    "files",           "seconds", "images_per_second", "data_wait", "peak_memory_bytes", "peak_host_memory_bytes",
    "radial.checksum", "figure"};

std::set<std::string> files_below(const std::string& folder, bool without_figures) {
  std::set<std::string> files;
  if (!fs::is_directory(folder)) return files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().lexically_relative(folder).string();
    if (entry.is_directory() || (without_figures && name.find("figures/") != std::string::npos)) continue;
    if (name.find("tensorboard/") != std::string::npos) continue;  // their names hold times, and each process has one
    files.insert(name);
  }
  return files;
}

void remove_varying(Json& json) {
  for (const std::string& key : varying)
    if (json.is_object()) json.erase(key);
  for (Json& part : json)
    if (part.is_structured()) remove_varying(part);
}

Json lasting_json(const std::string& text) {
  Json json = Json::parse(text, nullptr, false);
  remove_varying(json);
  return json;
}

struct Checkpoint {
  Json header;
  std::string data;
};

Checkpoint checkpoint_in(const std::string& path) {
  const std::string content = content_of(path);
  uint64_t length = 0;
  if (content.size() < sizeof length) return {};
  std::memcpy(&length, content.data(), sizeof length);
  if (length > content.size() - sizeof length) return {};
  Checkpoint checkpoint{Json::parse(content.substr(sizeof length, length), nullptr, false), ""};
  checkpoint.data = content.substr(sizeof length + length);
  if (!checkpoint.header.is_object()) return {};
  Json& metadata = checkpoint.header["__metadata__"];
  if (metadata.contains("radial.state")) metadata["radial.state"] = lasting_json(metadata["radial.state"]);
  remove_varying(metadata);
  return checkpoint;
}

bool same_columns(const std::string& a, const std::string& b) {
  const radial::CsvTable one = radial::CsvTable::read(a), other = radial::CsvTable::read(b);
  if (one.columns() != other.columns() || one.rows() != other.rows()) return false;
  for (const std::string& name : one.columns())
    if (!varying.contains(name) && one.texts(name) != other.texts(name)) return false;
  return true;
}

// Of all event files of a run together.
bool same_events(const std::string& a, const std::string& b) {
  Curves one = curves_in(a + "/tensorboard"), other = curves_in(b + "/tensorboard");
  for (const char* tag : {"train/images_per_second", "train/data_wait", "val/seconds"}) {
    one.erase(tag);
    other.erase(tag);
  }
  return one == other;
}

bool same_file(const std::string& a, const std::string& b) {
  const fs::path path(a);
  const std::string name = path.filename().string(), ending = path.extension().string();
  if (name == "command.txt" || name == "env.json" || name == "FINISHED") return true;  // times, machines
  if (ending == ".csv") return same_columns(a, b);
  if (ending == ".json") return lasting_json(content_of(a)) == lasting_json(content_of(b));
  if (ending == ".safetensors") {
    const Checkpoint one = checkpoint_in(a), other = checkpoint_in(b);
    return one.header == other.header && one.data == other.data;
  }
  return content_of(a) == content_of(b);
}

}  // namespace

std::string differences(const std::string& undisturbed, const std::string& folder, bool without_figures) {
  std::string text;
  const auto expected = files_below(undisturbed, without_figures), found = files_below(folder, without_figures);
  for (const std::string& name : expected)
    if (!found.contains(name)) text += " there is no " + name + ";";
  for (const std::string& name : found) {
    if (!expected.contains(name))
      text += " " + name + " is left over;";
    else if (!same_file(undisturbed + "/" + name, folder + "/" + name))
      text += " " + name + " differs;";
  }
  if (!same_events(undisturbed, folder)) text += " tensorboard/ differs;";
  return text;
}

int64_t saved_step(const std::string& checkpoint) {
  const Json header = checkpoint_in(checkpoint).header;
  if (!header.is_object() || !header["__metadata__"].contains("radial.state")) return -1;
  const Json& state = header["__metadata__"]["radial.state"];
  return state.is_object() ? state.value("step", int64_t{-1}) : -1;
}

std::string missing_checkpoints(const std::string& run) {
  const Json result = Json::parse(content_of(run + "/result.json"), nullptr, false);
  if (!result.is_object()) return "no result.json in " + run;
  std::string text;
  const auto need = [&](const std::string& name) {
    if (checkpoint_in(run + "/checkpoints/" + name + ".safetensors").header.empty()) text += " there is no " + name;
  };
  need("last");
  if (result["best"]["epoch"] > 0) need("best");
  return text;
}

}  // namespace faults
