// DATA/images/train/*, DATA/labels/train/*.txt, DATA/classes.txt or DATA/*.yaml
#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>
#include <yaml-cpp/yaml.h>

#include "core/error.h"
#include "data/boxed_pictures.h"
#include "data/folder_scan.h"
#include "io/file.h"

namespace fs = std::filesystem;

namespace radial::detail {

namespace {

constexpr int64_t most_classes = 1 << 20;

std::vector<std::string> names_in_yaml(const std::string& path) {
  try {
    const YAML::Node names = YAML::Load(read_text(path))["names"];
    std::vector<std::string> found;
    if (!names) return found;
    check(names.IsSequence() || names.IsMap(), ErrorKind::file_format, path, ": names is neither a list nor a table");
    for (size_t i = 0; i < names.size(); ++i) {
      const YAML::Node name = names[i];
      check(name && name.IsScalar(), ErrorKind::file_format, path, ": names has no ", i);
      found.push_back(name.as<std::string>());
    }
    return found;
  } catch (const YAML::Exception& error) {
    fail(ErrorKind::file_format, path, " is no YAML: ", error.what());
  }
}

// None where the data set does not say.
std::vector<std::string> class_names(const fs::path& data) {
  std::vector<std::string> names;
  if (fs::exists(data / "classes.txt")) {
    std::istringstream lines(read_text((data / "classes.txt").string()));
    for (std::string line; std::getline(lines, line);) {
      if (!line.empty() && line.back() == '\r') line.pop_back();
      if (!line.empty()) names.push_back(line);
    }
    return names;
  }
  for (const char* ending : {".yaml", ".yml"})
    if (const std::string file = only_entry(data, "", ending); !file.empty() && names.empty())
      names = names_in_yaml((data / file).string());
  return names;
}

// "class cx cy w h" a line.
std::vector<BoxedObject> read_labels(const std::string& path) {
  std::istringstream lines(read_text(path));
  std::vector<BoxedObject> objects;
  int64_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    const std::string place = path + ": line " + std::to_string(++number);
    std::istringstream words(line);
    std::vector<double> values;
    for (std::string word; words >> word;) {
      double value = 0;
      const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
      check(error == std::errc() && end == word.data() + word.size() && std::isfinite(value), ErrorKind::file_format,
            place, ": \"", word, "\" is no number");
      values.push_back(value);
    }
    if (values.empty()) continue;
    check(values.size() == 5, ErrorKind::file_format, place, " has ", values.size(),
          " numbers but a box has 5: class, x and y of its centre, width, height");
    check(values[0] >= 0 && values[0] < most_classes && values[0] == std::floor(values[0]), ErrorKind::file_format,
          place, ": ", values[0], " is no class");
    check(values[3] >= 0 && values[4] >= 0, ErrorKind::file_format, place, ": a side of the box is negative");
    objects.push_back({.label = static_cast<int32_t>(values[0]),
                       .box = {values[1] - values[3] / 2, values[2] - values[4] / 2, values[3], values[4]},
                       .area = values[3] * values[4]});
  }
  return objects;
}

}  // namespace

BoxedPictures open_yolo(const BoxSource& source) {
  BoxedPictures found;
  found.shares = true;
  const std::string folder = only_entry(source.data / "images", source.split, "");
  check(!folder.empty(), ErrorKind::dataset, (source.data / "images").string(), " has no folder ", source.split, "*");
  found.root = source.data / "images" / folder;
  found.classes = class_names(source.data);
  const bool named = !found.classes.empty();
  std::vector<std::string> files = list_pictures(source.data / "images", folder, found.unusable);
  if (source.on_bad == OnBadSample::error && !found.unusable.empty()) fail(ErrorKind::dataset, summary(found.unusable));
  std::sort(files.begin(), files.end());
  int64_t id = 0;
  for (const std::string& file : files) {
    ++id;
    const fs::path labels = (source.data / "labels" / folder / file).replace_extension(".txt");
    std::vector<BoxedObject> objects;
    const bool read = read_annotation(source, (found.root / file).string(), found.unusable, [&] {
      if (fs::exists(labels)) objects = read_labels(labels.string());
      for (size_t i = 0; i < objects.size(); ++i)
        check(!named || objects[i].label < std::ssize(found.classes), ErrorKind::file_format, labels.string(),
              ": object[", i, "] is of class ", objects[i].label, " but there are ", found.classes.size());
    });
    if (!read) continue;
    if (!named)
      for (const BoxedObject& object : objects)
        while (std::ssize(found.classes) <= object.label) found.classes.push_back(std::to_string(found.classes.size()));
    found.pictures.push_back({file, id, std::move(objects)});
  }
  for (size_t i = 0; i < found.classes.size(); ++i) found.categories.push_back(static_cast<int64_t>(i) + 1);
  return found;
}

}  // namespace radial::detail
