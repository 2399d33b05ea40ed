#include "train/data_record.h"

#include <nlohmann/json.hpp>

#include "core/error.h"
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
  for (const char* split : {"train", "val"}) {
    const Json old = before.value(split, Json::object()).value("fingerprints", Json::array());
    const Json& fresh = now.at(split).at("fingerprints");
    for (size_t i = 0; i < old.size() && i < fresh.size(); ++i)
      if (old[i] != fresh[i])
        return (std::filesystem::path(now.at(split).at("folder").get<std::string>()) /
                now.at("classes").at(i).get<std::string>())
            .string();
  }
  return "";
}

}  // namespace

Json describe(const std::filesystem::path& data, const Dataset& dataset) {
  return {{"path", data.string()},
          {"classes", dataset.train.classes},
          {"train", describe_split(dataset.train)},
          {"val", describe_split(dataset.val)},
          {"hash", dataset.hash()}};
}

void check_same_pictures(const std::string& text, const std::string& path, const Json& now) {
  const Json before = parse_json(text, path);
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

}  // namespace radial
