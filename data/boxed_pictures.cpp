#include "data/boxed_pictures.h"

#include <algorithm>
#include <functional>
#include <system_error>

#include "core/error.h"
#include "data/picture_archive.h"
#include "io/folder.h"

namespace fs = std::filesystem;

namespace radial {

namespace {

bool has_voc(const fs::path& data) {
  return fs::is_directory(data / "Annotations") && fs::is_directory(data / "ImageSets" / "Main");
}

BoxFormat found_format(const fs::path& data) {
  const bool coco = fs::is_directory(data / "annotations") &&
                    !detail::only_entry(data / "annotations", "instances_train", ".json").empty();
  const bool yolo = fs::is_directory(data / "images") && fs::is_directory(data / "labels");
  const int found = (coco ? 1 : 0) + (yolo ? 1 : 0) + (has_voc(data) ? 1 : 0);
  check(found > 0, ErrorKind::dataset, data.string(),
        " holds no boxes: expected annotations/instances_train*.json (COCO), Annotations/ and ImageSets/Main/ (Pascal "
        "VOC), or images/ and labels/ (YOLO)");
  check(found == 1, ErrorKind::dataset, data.string(), " holds boxes in several formats: choose with --data-format");
  return coco ? BoxFormat::coco : yolo ? BoxFormat::yolo : BoxFormat::voc;
}

void check_not_empty(const BoxedPictures& pictures) {
  check(!pictures.pictures.empty(), ErrorKind::dataset, pictures.root.string(), " has no pictures");
  check(!pictures.classes.empty(), ErrorKind::dataset, pictures.root.string(), " has no classes: there are no objects");
}

}  // namespace

const Choices<BoxFormat>& box_format_names() {
  static const Choices<BoxFormat> names = {
      {"auto", BoxFormat::automatic}, {"coco", BoxFormat::coco}, {"voc", BoxFormat::voc}, {"yolo", BoxFormat::yolo}};
  return names;
}

fs::path BoxedPictures::path(int64_t picture) const { return root / pictures[static_cast<size_t>(picture)].file; }

int64_t BoxedPictures::object_count() const {
  int64_t count = 0;
  for (const BoxedPicture& picture : pictures) count += std::ssize(picture.objects);
  return count;
}

std::vector<BoxedObject> BoxedPictures::objects(int64_t picture, int width, int height) const {
  std::vector<BoxedObject> objects = pictures[static_cast<size_t>(picture)].objects;
  if (!shares) return objects;
  for (BoxedObject& object : objects) {
    for (size_t i = 0; i < 4; ++i) object.box[i] *= i % 2 == 0 ? width : height;
    object.area *= static_cast<double>(width) * height;
  }
  return objects;
}

BoxedPictures open_boxed_pictures(const fs::path& data, const std::string& split, BoxFormat format,
                                  OnBadSample on_bad) {
  check(!is_archive(data), ErrorKind::dataset, data.string(),
        " is an archive, but pictures with boxes are read from folders alone: unpack it");
  std::error_code error;
  check(fs::is_directory(data, error), ErrorKind::dataset, data.string(), " is no folder");
  const detail::BoxSource source{data, split, on_bad};
  if (format == BoxFormat::automatic) format = found_format(data);
  BoxedPictures pictures = format == BoxFormat::coco  ? detail::open_coco(source)
                           : format == BoxFormat::voc ? detail::open_voc(source)
                                                      : detail::open_yolo(source);
  check_not_empty(pictures);
  return pictures;
}

BoxedDataset open_boxed_dataset(const fs::path& data, BoxFormat format, OnBadSample on_bad) {
  BoxedDataset dataset{open_boxed_pictures(data, "train", format, on_bad),
                       open_boxed_pictures(data, "val", format, on_bad)};
  check(dataset.train.object_count() > 0, ErrorKind::dataset, dataset.train.root.string(),
        ": no picture of the training has an object");
  match_boxed_labels(dataset.val, dataset.train.classes);
  dataset.val.categories = dataset.train.categories;
  return dataset;
}

void match_boxed_labels(BoxedPictures& pictures, const std::vector<std::string>& names) {
  std::vector<int32_t> label(pictures.classes.size(), -1);
  for (size_t i = 0; i < label.size(); ++i)
    if (const auto found = std::find(names.begin(), names.end(), pictures.classes[i]); found != names.end())
      label[i] = static_cast<int32_t>(found - names.begin());
  for (BoxedPicture& picture : pictures.pictures)
    for (BoxedObject& object : picture.objects) {
      const int32_t matched = label[static_cast<size_t>(object.label)];
      check(matched >= 0, ErrorKind::dataset, (pictures.root / picture.file).string(), " has an object of the class ",
            pictures.classes[static_cast<size_t>(object.label)], ", on which the network is not trained");
      object.label = matched;
    }
  // Names that the file does not know come after its own.
  int64_t next =
      pictures.own_categories ? *std::max_element(pictures.categories.begin(), pictures.categories.end()) : 0;
  std::vector<int64_t> categories(names.size());
  for (size_t i = 0; i < label.size() && pictures.own_categories; ++i)
    if (label[i] >= 0) categories[static_cast<size_t>(label[i])] = pictures.categories[i];
  for (size_t i = 0; i < names.size(); ++i)
    if (!pictures.own_categories || std::find(label.begin(), label.end(), static_cast<int32_t>(i)) == label.end())
      categories[i] = ++next;
  pictures.classes = names;
  pictures.categories = categories;
}

namespace detail {

std::string only_entry(const fs::path& folder, const std::string& begin, const std::string& end) {
  std::vector<std::string> found;
  std::error_code error;
  if (!fs::is_directory(folder, error)) return "";
  for (const auto& entry : entries_of(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(begin) && name.ends_with(end)) found.push_back(name);
  }
  std::sort(found.begin(), found.end());
  check(found.size() < 2, ErrorKind::dataset, folder.string(), " has ", found.size(),
        " of what there must be one: ", found.empty() ? "" : found[0] + ", " + found[found.size() - 1]);
  return found.empty() ? "" : found[0];
}

bool read_annotation(const BoxSource& source, const std::string& picture, std::vector<BadSample::Entry>& unusable,
                     const std::function<void()>& read) {
  try {
    read();
    return true;
  } catch (const Error& error) {
    const bool of_data = error.kind() == ErrorKind::file_format || error.kind() == ErrorKind::dataset;
    if (!of_data || source.on_bad == OnBadSample::error) throw;
    unusable.push_back({picture, error.what()});
    return false;
  }
}

}  // namespace detail

}  // namespace radial
