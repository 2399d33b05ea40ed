#include "tasks/class_folders.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/fnv.h"
#include "data/fingerprint.h"
#include "io/json_lines.h"

namespace radial {
namespace {

using Json = nlohmann::ordered_json;

Json describe_split(const ImageFolder& folder) {
  return {{"folder", folder.root.string()},
          {"images", folder.size()},
          {"per_class", folder.class_counts()},
          {"fingerprints", fingerprints(folder)}};
}

// The folder of the first class whose pictures are others than before; "" if there is none.
std::string changed_class(const Json& before, const Json& now) {
  for (const auto& [name, split] : now.items()) {
    if (!split.is_object() || !split.contains("fingerprints")) continue;
    const Json old = before.value(name, Json::object()).value("fingerprints", Json::array());
    const Json &fresh = split.at("fingerprints"), &classes = (split.contains("classes") ? split : now).at("classes");
    for (size_t i = 0; i < old.size() && i < fresh.size(); ++i)
      if (old[i] != fresh[i])
        return (std::filesystem::path(split.at("folder").get<std::string>()) / classes.at(i).get<std::string>())
            .string();
  }
  return "";
}

uint64_t hash_of(const NamedFolder& named, uint64_t hash) {
  const auto add = [&](const std::string& text) { hash = fnv1a({text.c_str(), text.size() + 1}, hash); };
  add(named.name);
  for (const ImageFolder::Sample& sample : named.folder->samples) {
    add(named.folder->classes[static_cast<size_t>(sample.label)]);
    add(sample.file);
  }
  return hash;
}

}  // namespace

std::string describe_class_folders(const Dataset& dataset) {
  const bool one_folder = dataset.train.root == dataset.val.root;  // that --val-split splits
  const std::filesystem::path& root = dataset.train.root;
  const Json description = {{"path", (one_folder ? root : root.parent_path()).string()},
                            {"classes", dataset.train.classes},
                            {"train", describe_split(dataset.train)},
                            {"val", describe_split(dataset.val)},
                            {"hash", dataset.hash()}};
  return json_text(description, 2) + "\n";
}

std::string describe_class_folders(const std::string& path, std::span<const NamedFolder> folders) {
  Json description = {{"path", path}};
  uint64_t hash = fnv1a("");
  for (const NamedFolder& named : folders) {
    Json split = describe_split(*named.folder);
    split["classes"] = named.folder->classes;
    description[named.name] = std::move(split);
    hash = hash_of(named, hash);
  }
  description["hash"] = hex_digits(hash);
  return json_text(description, 2) + "\n";
}

void check_same_class_folders(const std::string& text, const std::string& path, const std::string& now_text) {
  const Json before = parse_json(text, path), now = parse_json(now_text, path);
  check(before.is_object() && before.contains("hash"), ErrorKind::file_format, "resume: ", path, " is malformed");
  check(before["hash"] == now.at("hash"), ErrorKind::dataset, "resume: the files of ",
        now.at("path").get<std::string>(), " are not those that the run began with: their names differ",
        text.find("\"fingerprints\"") == std::string::npos ? ", or an older Radial listed other formats" : "", " (",
        path, ")");
  std::string changed;
  try {
    changed = changed_class(before, now);
  } catch (const Json::exception& error) {
    fail(ErrorKind::file_format, "resume: ", path, " is malformed: ", error.what());
  }
  check(changed.empty(), ErrorKind::dataset, "resume: pictures of ", changed,
        " are not those that the run began with: their names are the same, their contents differ (", path, ")");
}

void match_labels(ImageFolder& folder, int outputs, std::span<const std::string> names) {
  check(static_cast<int>(folder.classes.size()) <= outputs, ErrorKind::dataset, "evaluate: ", folder.root.string(),
        " has ", folder.classes.size(), " classes but the model has ", outputs, " outputs");
  if (names.empty()) return;
  std::vector<int32_t> output;
  for (const std::string& name : folder.classes) {
    const auto found = std::find(names.begin(), names.end(), name);
    check(found != names.end(), ErrorKind::dataset, "evaluate: ", folder.root.string(), " has the class ", name,
          " but the model was not trained on it");
    output.push_back(static_cast<int32_t>(found - names.begin()));
  }
  for (ImageFolder::Sample& sample : folder.samples) sample.label = output[static_cast<size_t>(sample.label)];
  folder.classes.assign(names.begin(), names.end());  // a picture's path is made of its label's class
}

}  // namespace radial
