// DATA/annotations/instances_train2017.json, DATA/train2017/*.jpg
#include <algorithm>
#include <unordered_map>

#include "core/error.h"
#include "data/boxed_pictures.h"

namespace fs = std::filesystem;

namespace radial::detail {

BoxedPictures open_coco(const BoxSource& source) {
  const fs::path annotations = source.data / "annotations";
  const std::string begin = "instances_", name = only_entry(annotations, begin + source.split, ".json");
  check(!name.empty(), ErrorKind::dataset, annotations.string(), " has no instances_", source.split, "*.json");
  const std::string path = (annotations / name).string();
  CocoAnnotations file = read_coco(path);
  BoxedPictures found;
  found.own_categories = true;
  const std::string folder = name.substr(begin.size(), name.size() - begin.size() - std::string(".json").size());
  found.root = source.data / folder;
  if (!fs::is_directory(found.root)) found.root = source.data / "images" / folder;
  check(fs::is_directory(found.root), ErrorKind::dataset, source.data.string(), " has no folder ", folder,
        ", the pictures of ", path);

  std::sort(file.categories.begin(), file.categories.end(),
            [](const CocoCategory& a, const CocoCategory& b) { return a.id < b.id; });
  std::unordered_map<int64_t, int32_t> labels;
  for (const CocoCategory& category : file.categories) {
    labels[category.id] = static_cast<int32_t>(found.classes.size());
    const std::string called = category.name.empty() ? std::to_string(category.id) : category.name;
    check(std::find(found.classes.begin(), found.classes.end(), called) == found.classes.end(), ErrorKind::file_format,
          path, ": two categories are called ", called);
    found.categories.push_back(category.id);
    found.classes.push_back(called);
  }
  std::unordered_map<int64_t, std::vector<BoxedObject>> objects;
  for (const CocoObject& object : file.objects)
    objects[object.picture].push_back({labels.at(object.category), object.box, object.area, object.crowd, false});
  for (size_t i = 0; i < file.pictures.size(); ++i) {
    const CocoPicture& picture = file.pictures[i];
    check(!picture.file_name.empty(), ErrorKind::file_format, path, ": images[", i, "]: there is no file_name");
    const fs::path file_path = found.root / picture.file_name;
    const bool there = read_annotation(source, file_path.string(), found.unusable, [&] {
      check(fs::exists(file_path), ErrorKind::dataset, file_path.string(), " is missing (", path, ": images[", i, "])");
    });
    if (there) found.pictures.push_back({picture.file_name, picture.id, std::move(objects[picture.id])});
  }
  return found;
}

}  // namespace radial::detail
