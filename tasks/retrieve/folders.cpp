#include "tasks/retrieve/folders.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/error.h"
#include "data/picture_archive.h"

namespace fs = std::filesystem;

namespace radial {
namespace {

bool has_folder(const fs::path& data, const char* name) { return folder_of_data(data, name).has_value(); }

// The classes [begin, end) alone; what could not be used stays listed.
ImageFolder some_classes(const ImageFolder& all, size_t begin, size_t end) {
  ImageFolder part;
  part.root = all.root;
  part.classes.assign(all.classes.begin() + static_cast<int64_t>(begin),
                      all.classes.begin() + static_cast<int64_t>(end));
  for (const ImageFolder::Sample& sample : all.samples)
    if (const auto label = static_cast<size_t>(sample.label); begin <= label && label < end)
      part.samples.push_back({sample.file, static_cast<int32_t>(label - begin)});
  return part;
}

RetrievalFolders split_classes(const fs::path& data, double share, OnBadSample on_bad) {
  for (const char* split : {"train", "val", "test", "query", "gallery"})
    check(!has_folder(data, split), "retrieve: ", data.string(), " holds ", split,
          "/ and is split already, but --class-split ", share, " splits DATA/<class>/*");
  const ImageFolder all = open_image_folder(data, on_bad);
  const size_t classes = all.classes.size();
  check(classes >= 2, ErrorKind::dataset, "retrieve: ", data.string(), " has a single class, ", all.classes[0],
        ", but --class-split needs at least two");
  const auto wanted = static_cast<size_t>(std::lround(share * static_cast<double>(classes)));
  const size_t trained = std::clamp<size_t>(wanted, 1, classes - 1);
  RetrievalFolders folders{some_classes(all, 0, trained), some_classes(all, trained, classes), {}};
  folders.train.unusable = all.unusable;
  return folders;
}

// Labels of the gallery's classes; those that are among the queries alone come after them.
void take_labels(ImageFolder& query, const ImageFolder& gallery) {
  std::vector<std::string> classes = gallery.classes;
  std::vector<int32_t> label_of;
  for (const std::string& name : query.classes) {
    const auto found = std::find(classes.begin(), classes.end(), name);
    label_of.push_back(static_cast<int32_t>(found - classes.begin()));
    if (found == classes.end()) classes.push_back(name);
  }
  for (ImageFolder::Sample& sample : query.samples) sample.label = label_of[static_cast<size_t>(sample.label)];
  query.classes = std::move(classes);
}

}  // namespace

RetrievalFolders open_retrieval(const fs::path& data, double class_split, OnBadSample on_bad) {
  if (class_split > 0) return split_classes(data, class_split, on_bad);
  const bool flat = is_picture_folder(data) && !has_folder(data, "train");
  check(!flat, ErrorKind::dataset, "retrieve: ", data.string(),
        " holds no folder train but train/<class>/<picture> is expected; --class-split 0.5 splits the classes of "
        "DATA/<class>/<picture>");
  RetrievalFolders folders = open_searched(data, 0, on_bad);
  folders.train = open_split(data, "train", on_bad);
  return folders;
}

RetrievalFolders open_searched(const fs::path& data, double class_split, OnBadSample on_bad) {
  RetrievalFolders folders;
  if (class_split > 0) {
    folders.gallery = split_classes(data, class_split, on_bad).gallery;
  } else if (has_folder(data, "query") && has_folder(data, "gallery")) {
    folders.gallery = open_image_folder(*folder_of_data(data, "gallery"), on_bad);
    folders.query = open_image_folder(*folder_of_data(data, "query"), on_bad);
    take_labels(folders.query, folders.gallery);
  } else {
    folders.gallery = open_split(data, "val", on_bad);
  }
  return folders;
}

ImageFolder open_gallery(const fs::path& data, double class_split, OnBadSample on_bad) {
  for (const char* split : {"gallery", "val", "test"})
    if (const auto folder = folder_of_data(data, split)) return open_image_folder(*folder, on_bad);
  if (class_split > 0) return split_classes(data, class_split, on_bad).gallery;
  return open_image_folder(data, on_bad);
}

}  // namespace radial
