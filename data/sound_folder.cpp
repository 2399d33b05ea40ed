#include "data/sound_folder.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "core/error.h"
#include "data/folder_scan.h"
#include "data/picture_archive.h"
#include "data/sound.h"
#include "io/csv.h"
#include "io/folder.h"

namespace fs = std::filesystem;

namespace radial {
namespace {

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

// Those of a folder and of the folders in it, relative to it, in byte order; names that begin with a dot are passed
// over.
void list_sounds(const fs::path& folder, const std::string& below, std::vector<std::string>& files, int depth = 0) {
  check(depth < 32, ErrorKind::dataset, "dataset: ", folder.string(), " lies more than 32 folders deep");
  std::error_code error;
  for (const fs::directory_entry& entry : entries_of(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with('.')) continue;
    const std::string path = below.empty() ? name : below + '/' + name;
    if (entry.is_directory(error))
      list_sounds(entry.path(), path, files, depth + 1);
    else if (is_sound_name(name))
      files.push_back(path);
  }
}

SoundList of_class_folders(const fs::path& data, const std::string& split) {
  const fs::path root = data / split;
  SoundList list{.root = root};
  list.classes = list_classes(root, list.unusable);
  check(!list.classes.empty(), ErrorKind::dataset, "dataset: ", root.string(),
        " holds no folders but one for each class is expected");
  for (size_t label = 0; label < list.classes.size(); ++label) {
    const std::string& name = list.classes[label];
    std::vector<std::string> files;
    list_sounds(root / name, name, files);
    check(!files.empty(), ErrorKind::dataset, "dataset: ", (root / name).string(),
          " holds no sounds (wav, flac, ogg, ...)");
    for (std::string& file : files) list.items.push_back({std::move(file), static_cast<int32_t>(label)});
  }
  return list;
}

SoundList of_table(const fs::path& data, const std::string& split) {
  const std::string path = (data / (split + ".csv")).string();
  const CsvTable table = CsvTable::read(path);
  SoundList list{.root = data, .tagged = true, .table = split + ".csv"};
  for (const std::string& column : table.columns())
    if (column != "file") list.classes.push_back(column);
  const std::vector<std::string>& files = table.texts("file");
  check(!list.classes.empty(), ErrorKind::dataset, "dataset: ", path, " has no column beside file: there are no tags");
  check(!files.empty(), ErrorKind::dataset, "dataset: ", path, " names no file");
  for (const std::string& file : files) list.items.push_back({file, 0, {}});
  for (const std::string& tag : list.classes) {
    const std::vector<double> values = table.numbers(tag);
    for (size_t i = 0; i < values.size(); ++i) {
      check(values[i] == 0 || values[i] == 1, ErrorKind::dataset, "dataset: ", path, ": ", tag, " of ", files[i],
            " is ", values[i], " but must be 0 or 1");
      list.items[i].tags.push_back(static_cast<float>(values[i]));
    }
  }
  return list;
}

// "7_jackson_3.wav": class 7, the third recording.
struct FlatName {
  std::string label;
  int64_t number = 0;
};
std::optional<FlatName> flat_name(const std::string& file) {
  const std::string name = fs::path(file).stem().string();
  const size_t first = name.find('_'), last = name.rfind('_');
  if (first == 0 || first == std::string::npos || last == first || !is_sound_name(file)) return std::nullopt;
  FlatName flat{name.substr(0, first), 0};
  const char *begin = name.data() + last + 1, *end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(begin, end, flat.number);
  if (error != std::errc() || stop != end || flat.number < 0) return std::nullopt;
  return flat;
}

SoundList of_names(const fs::path& root, bool val) {
  constexpr int64_t in_val = 5;
  std::vector<std::string> files;
  list_sounds(root, "", files);
  std::set<std::string> classes;
  for (const std::string& file : files)
    if (const auto flat = flat_name(file)) classes.insert(flat->label);
  SoundList list{.root = root, .classes = {classes.begin(), classes.end()}};
  for (const std::string& file : files) {
    const auto flat = flat_name(file);
    if (!flat || (flat->number < in_val) != val) continue;
    const auto label = std::distance(classes.begin(), classes.find(flat->label));
    list.items.push_back({file, static_cast<int32_t>(label)});
  }
  check(!list.items.empty(), ErrorKind::dataset, "dataset: ", root.string(), " has no sounds for ",
        val ? "validation" : "training",
        ": expected are train.csv and val.csv, train/<class>/* and val/<class>/*, or <class>_<speaker>_<k>.wav");
  return list;
}

}  // namespace

ImageFolder SoundList::files() const {
  ImageFolder folder;
  folder.root = root;
  folder.classes = {"."};
  for (const Item& item : items) folder.samples.push_back({item.file, 0});
  if (!table.empty()) folder.samples.push_back({table, 0});
  return folder;
}

SoundList open_sound_split(const fs::path& data, const std::string& split, OnBadSample on_bad) {
  check(is_there(data), ErrorKind::dataset, "dataset: there is no folder ", data.string());
  check(!is_archive(data), ErrorKind::dataset, "dataset: ", data.string(),
        " is an archive, but sounds are read from folders alone: unpack it");
  const bool val = split == "val";
  SoundList list;
  if (is_there(data / (split + ".csv")))
    list = of_table(data, split);
  else if (is_there(data / split))
    list = of_class_folders(data, split);
  else if (val && is_there(data / "test"))
    list = of_class_folders(data, "test");
  else
    list = of_names(is_there(data / "recordings") ? data / "recordings" : data, val);
  check(list.unusable.empty() || on_bad == OnBadSample::skip, ErrorKind::dataset, "dataset: ", list.root.string(), ": ",
        list.unusable.empty() ? "" : summary(list.unusable), " (--on-bad-image skip leaves such files out)");
  return list;
}

SoundLists open_sounds(const fs::path& data, OnBadSample on_bad) {
  SoundLists lists{open_sound_split(data, "train", on_bad), open_sound_split(data, "val", on_bad)};
  check(lists.train.classes == lists.val.classes && lists.train.tagged == lists.val.tagged, ErrorKind::dataset,
        "dataset: the ", lists.train.tagged ? "tags" : "classes", " of training and validation differ (", data.string(),
        ")");
  return lists;
}

}  // namespace radial
