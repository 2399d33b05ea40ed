#include "data/image_folder.h"

#include <algorithm>
#include <system_error>

#include "core/error.h"
#include "core/fnv.h"
#include "data/folder_scan.h"
#include "data/picture_archive.h"
#include "data/picture_formats.h"

namespace fs = std::filesystem;

namespace radial {
namespace {

void check_folder(const fs::path& folder) {
  if (is_picture_folder(folder)) return;
  std::error_code error;
  const fs::file_status status = fs::status(folder, error);
  const bool missing = error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory;
  check(!error || missing, ErrorKind::io, "dataset: cannot look at the folder ", folder.string(), ": ",
        error.message());
  check(fs::exists(status), ErrorKind::dataset, "dataset: there is no folder ", folder.string());
  check(fs::is_directory(status), ErrorKind::dataset, "dataset: ", folder.string(),
        " is a file but a folder, or an archive of pictures (tar, zip), is expected");
}

bool is_name_of_split(const std::string& name) {
  constexpr const char* names[] = {"train", "val", "test", "gallery", "query"};
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

// Of an archive that holds one folder alone, and in it others, that one; else `data`.
fs::path root_of(const fs::path& data, bool is_split) {
  fs::path root = data;
  while (const auto place = place_in_archive(root)) {
    if (!place->is_folder()) break;
    const PictureArchive::Listing here = place->archive->list(place->name);
    if (here.folders.size() != 1 || !here.files.empty()) break;
    if (!is_split && is_name_of_split(here.folders[0])) break;
    const fs::path below = root / here.folders[0];
    const auto place_below = place_in_archive(below);
    if (!place_below || place_below->archive->list(place_below->name).folders.empty()) break;
    root = below;
  }
  return root;
}

// "a, b, c and 7 more"
std::string list_some(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < std::min<size_t>(names.size(), 3); ++i) text += (i > 0 ? ", " : "") + names[i];
  return names.size() > 3 ? text + " and " + std::to_string(names.size() - 3) + " more" : text;
}

[[noreturn]] void fail_without_classes(const fs::path& root) {
  const std::optional<std::string> archive = archive_in(root);
  const std::string hint = archive
                               ? "; it holds " + *archive +
                                     ": archives of single classes are read where they are tar files within one "
                                     "tar file, with no picture beside them; else unpack each into a folder of its name"
                               : "";
  fail(ErrorKind::dataset, "dataset: ", root.string(), " holds no folders but one for each class is expected", hint);
}

void check_same_classes(const ImageFolder& train, const ImageFolder& val) {
  if (train.classes == val.classes) return;
  std::vector<std::string> only_train, only_val;
  std::set_difference(train.classes.begin(), train.classes.end(), val.classes.begin(), val.classes.end(),
                      std::back_inserter(only_train));
  std::set_difference(val.classes.begin(), val.classes.end(), train.classes.begin(), train.classes.end(),
                      std::back_inserter(only_val));
  std::string message = "dataset: the classes differ:";
  if (!only_train.empty()) message += " only in " + train.root.string() + ": " + list_some(only_train) + ';';
  if (!only_val.empty()) message += " only in " + val.root.string() + ": " + list_some(only_val) + ';';
  message.back() = '.';
  fail(ErrorKind::dataset, message);
}

}  // namespace

fs::path ImageFolder::path(int64_t index) const {
  const Sample& sample = samples[static_cast<size_t>(index)];
  return from_root ? root / sample.file : root / classes[static_cast<size_t>(sample.label)] / sample.file;
}

std::vector<int64_t> ImageFolder::class_counts() const {
  std::vector<int64_t> counts(classes.size());
  for (const Sample& sample : samples) ++counts[static_cast<size_t>(sample.label)];
  return counts;
}

std::vector<int32_t> ImageFolder::labels() const {
  std::vector<int32_t> labels;
  for (const Sample& sample : samples) labels.push_back(sample.label);
  return labels;
}

std::string Dataset::hash() const {
  uint64_t hash = fnv1a("");
  // With the zero behind it: "ab" + "c" is not "a" + "bc".
  const auto add = [&](const std::string& text) { hash = fnv1a({text.c_str(), text.size() + 1}, hash); };
  for (const ImageFolder* split : {&train, &val}) {
    add(split == &train ? "train" : "val");
    for (const auto& sample : split->samples) {
      add(split->classes[static_cast<size_t>(sample.label)]);
      add(sample.file);
    }
  }
  return hex_digits(hash);
}

std::optional<fs::path> folder_of_data(const fs::path& data, const std::string& name) {
  const fs::path folder = root_of(data, false) / name;
  std::error_code error;
  static_cast<void>(fs::status(folder, error));
  const bool known = !error || error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory;
  check(known, ErrorKind::io, "dataset: cannot look at the folder ", folder.string(), ": ", error.message());
  if (is_picture_folder(folder)) return folder;
  for (const std::string& archive : {name + ".tar", name + ".zip", "ILSVRC2012_img_" + name + ".tar"})
    if (is_archive(folder.parent_path() / archive)) return folder.parent_path() / archive;
  return std::nullopt;
}

ImageFolder open_image_folder(const fs::path& given, OnBadSample on_bad) {
  check_folder(given);
  const fs::path root = root_of(given, true);
  ImageFolder folder;
  folder.root = root;
  folder.classes = list_classes(root, folder.unusable);
  std::vector<std::string> empty;
  for (size_t label = 0; label < folder.classes.size(); ++label) {
    const std::vector<std::string> pictures = list_pictures(root, folder.classes[label], folder.unusable);
    for (const std::string& file : pictures) folder.samples.push_back({file, static_cast<int32_t>(label)});
    if (pictures.empty()) empty.push_back(folder.classes[label]);
  }
  check(folder.unusable.empty() || on_bad == OnBadSample::skip, ErrorKind::dataset, "dataset: ", root.string(), ": ",
        folder.unusable.empty() ? "" : summary(folder.unusable), " (", readable_formats(),
        " are read; --on-bad-image skip leaves such files out)");
  if (folder.classes.empty()) fail_without_classes(root);
  check(empty.empty(), ErrorKind::dataset, "dataset: ", root.string(), ": no pictures (jpg, png, ...) in the folder",
        empty.size() > 1 ? "s " : " ", list_some(empty),
        folder.unusable.empty() ? "" : "; " + summary(folder.unusable));
  return folder;
}

ImageFolder open_split(const fs::path& data, const std::string& split, OnBadSample on_bad) {
  check(split == "train" || split == "val", "dataset: the split is ", split, " but must be train or val");
  check_folder(data);
  std::optional<fs::path> folder = folder_of_data(data, split);
  if (!folder && split == "val") folder = folder_of_data(data, "test");
  if (folder) return open_image_folder(*folder, on_bad);
  fail(ErrorKind::dataset, "dataset: ", data.string(), " holds no folder ", split == "val" ? "val (or test)" : split,
       " but ", split, "/<class>/<picture> is expected");
}

Dataset open_dataset(const fs::path& data, OnBadSample on_bad) {
  Dataset dataset{open_split(data, "train", on_bad), open_split(data, "val", on_bad)};
  check_same_classes(dataset.train, dataset.val);
  return dataset;
}

}  // namespace radial
