// DATA/ImageSets/Main/train.txt, DATA/Annotations/*.xml, DATA/JPEGImages/*
#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <pugixml.hpp>
#include <set>
#include <sstream>

#include "core/error.h"
#include "data/boxed_pictures.h"
#include "data/picture_formats.h"
#include "io/file.h"
#include "io/folder.h"

namespace fs = std::filesystem;

namespace radial::detail {

namespace {

// An object and the name of its class.
struct NamedObject {
  std::string name;
  BoxedObject object;
};

std::string trimmed(const std::string& text) {
  const char* blanks = " \t\r\n";
  const size_t begin = text.find_first_not_of(blanks);
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

double number_of(const pugi::xml_node& parent, const char* name, const std::string& place) {
  const pugi::xml_node node = parent.child(name);
  check(node, ErrorKind::file_format, place, ": there is no ", name);
  const std::string text = trimmed(node.text().get());
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  check(error == std::errc() && end == text.data() + text.size() && std::isfinite(value), ErrorKind::file_format, place,
        ": ", name, " is \"", text, "\" but must be a number");
  return value;
}

std::vector<NamedObject> read_voc_annotation(const std::string& path) {
  const std::string text = read_text(path);
  pugi::xml_document document;
  const pugi::xml_parse_result parsed = document.load_buffer(text.data(), text.size());
  check(parsed.status == pugi::status_ok, ErrorKind::file_format, path, " is no XML: ", parsed.description(),
        " at byte ", parsed.offset);
  const pugi::xml_node annotation = document.child("annotation");
  check(annotation, ErrorKind::file_format, path, ": there is no annotation");
  std::vector<NamedObject> objects;
  for (const pugi::xml_node& node : annotation.children("object")) {
    const std::string place = path + ": object[" + std::to_string(objects.size()) + "]";
    const pugi::xml_node box = node.child("bndbox");
    check(box, ErrorKind::file_format, place, ": there is no bndbox");
    const double left = number_of(box, "xmin", place), top = number_of(box, "ymin", place);
    const double right = number_of(box, "xmax", place), bottom = number_of(box, "ymax", place);
    check(right >= left && bottom >= top, ErrorKind::file_format, place, ": the bndbox ends before it begins (", left,
          ", ", top, ", ", right, ", ", bottom, ")");
    NamedObject object{trimmed(node.child("name").text().get()), {}};
    check(!object.name.empty(), ErrorKind::file_format, place, ": there is no name");
    // The file's pixels count from 1, and both ends lie inside.
    object.object.box = {left - 1, top - 1, right - left + 1, bottom - top + 1};
    object.object.area = object.object.box[2] * object.object.box[3];
    object.object.difficult = node.child("difficult") && number_of(node, "difficult", place) != 0;
    objects.push_back(std::move(object));
  }
  return objects;
}

// The first word of each line, sorted.
std::vector<std::string> read_names(const std::string& path) {
  std::istringstream lines(read_text(path));
  std::vector<std::string> names;
  for (std::string line; std::getline(lines, line);)
    if (!trimmed(line).empty()) names.push_back(trimmed(line));
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  check(twice == names.end(), ErrorKind::dataset, path, " lists ", twice == names.end() ? "" : *twice, " twice");
  return names;
}

// By their names without the ending.
std::map<std::string, std::string> pictures_in(const fs::path& folder) {
  std::map<std::string, std::string> found;
  check(fs::is_directory(folder), ErrorKind::dataset, folder.string(), " is no folder");
  for (const auto& entry : entries_of(folder)) {
    const std::string name = entry.path().filename().string(), stem = entry.path().stem().string();
    if (format_of_name(name) == nullptr) continue;
    const auto [place, added] = found.emplace(stem, name);
    check(added, ErrorKind::dataset, folder.string(), " has two pictures ", stem, ": ", place->second, ", ", name);
  }
  return found;
}

fs::path list_of(const BoxSource& source) {
  const fs::path folder = source.data / "ImageSets" / "Main", list = folder / (source.split + ".txt");
  if (source.split == "val" && !fs::exists(list) && fs::exists(folder / "test.txt")) return folder / "test.txt";
  check(fs::exists(list), ErrorKind::dataset, list.string(), " is missing");
  return list;
}

}  // namespace

BoxedPictures open_voc(const BoxSource& source) {
  BoxedPictures found;
  found.root = source.data / "JPEGImages";
  found.voc = true;
  const std::string list = list_of(source).string();
  const std::map<std::string, std::string> files = pictures_in(found.root);
  std::vector<std::vector<NamedObject>> objects;
  std::set<std::string> classes;
  int64_t id = 0;
  for (const std::string& name : read_names(list)) {
    ++id;
    std::vector<NamedObject> of_picture;
    const auto file = files.find(name);
    const std::string annotation = (source.data / "Annotations" / (name + ".xml")).string();
    const bool read = read_annotation(source, (found.root / name).string(), found.unusable, [&] {
      check(file != files.end(), ErrorKind::dataset, found.root.string(), " has no picture ", name, " (", list, ")");
      check(fs::exists(annotation), ErrorKind::dataset, annotation, " is missing (", list, ")");
      of_picture = read_voc_annotation(annotation);
    });
    if (!read) continue;
    for (const NamedObject& object : of_picture) classes.insert(object.name);
    found.pictures.push_back({file->second, id});
    objects.push_back(std::move(of_picture));
  }
  found.classes.assign(classes.begin(), classes.end());
  for (size_t i = 0; i < objects.size(); ++i)
    for (NamedObject& object : objects[i]) {
      const auto place = std::lower_bound(found.classes.begin(), found.classes.end(), object.name);
      object.object.label = static_cast<int32_t>(place - found.classes.begin());
      found.pictures[i].objects.push_back(object.object);
    }
  for (size_t i = 0; i < found.classes.size(); ++i) found.categories.push_back(static_cast<int64_t>(i) + 1);
  return found;
}

}  // namespace radial::detail
