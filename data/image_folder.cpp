#include "data/image_folder.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <system_error>

#include "core/error.h"

namespace fs = std::filesystem;

namespace radial {
namespace {

constexpr int max_depth = 32;  // of folders in a class: a link to a folder above it would never end

bool has_picture_extension(std::string_view name) {
  static constexpr std::array<std::string_view, 10> extensions = {"jpg", "jpeg", "png", "ppm",  "bmp",
                                                                  "pgm", "gif",  "tif", "tiff", "webp"};
  const size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return false;
  std::string extension(name.substr(dot + 1));
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return std::find(extensions.begin(), extensions.end(), extension) != extensions.end();
}

struct Entries {
  std::vector<std::string> folders;
  std::vector<std::string> files;
};

// The folders and files of a folder by name, links followed, names that begin with a dot left out.
Entries list_folder(const fs::path& folder) {
  Entries entries;
  std::error_code error;
  fs::directory_iterator iterator(folder, error);
  for (; !error && iterator != fs::directory_iterator(); iterator.increment(error)) {
    std::string name = iterator->path().filename().string();
    if (name.starts_with('.')) continue;
    std::error_code ignored;  // a link that leads nowhere is neither
    if (iterator->is_directory(ignored)) {
      entries.folders.push_back(std::move(name));
    } else if (iterator->is_regular_file(ignored)) {
      entries.files.push_back(std::move(name));
    }
  }
  check(!error, ErrorKind::dataset, "dataset: cannot read the folder ", folder.string(), ": ", error.message());
  std::sort(entries.folders.begin(), entries.folders.end());
  std::sort(entries.files.begin(), entries.files.end());
  return entries;
}

// Collects the folders below a class, relative to it ("" is the class itself), and their pictures.
void collect(const fs::path& class_folder, const std::string& below, int depth,
             std::vector<std::pair<std::string, std::vector<std::string>>>& found) {
  check(depth <= max_depth, ErrorKind::dataset, "dataset: ", (class_folder / below).string(), " lies more than ",
        max_depth, " folders deep; is there a link in a circle?");
  Entries entries = list_folder(class_folder / below);
  std::erase_if(entries.files, [](const std::string& name) { return !has_picture_extension(name); });
  found.emplace_back(below, std::move(entries.files));
  for (const std::string& folder : entries.folders) {
    collect(class_folder, below.empty() ? folder : below + '/' + folder, depth + 1, found);
  }
}

void check_folder(const fs::path& folder, const char* what) {
  std::error_code error;
  const fs::file_status status = fs::status(folder, error);
  check(fs::exists(status), ErrorKind::dataset, "dataset: there is no ", what, " ", folder.string(),
        error && error != std::errc::no_such_file_or_directory ? ": " + error.message() : "");
  check(fs::is_directory(status), ErrorKind::dataset, "dataset: ", folder.string(), " is a file but ", what,
        " is expected");
}

// "a, b, c and 7 more"
std::string list_some(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < std::min<size_t>(names.size(), 3); ++i) text += (i > 0 ? ", " : "") + names[i];
  return names.size() > 3 ? text + " and " + std::to_string(names.size() - 3) + " more" : text;
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

class Fnv1a {
 public:
  void add(std::string_view text) {
    for (const char c : text) add(static_cast<uint8_t>(c));
    add(uint8_t{0});  // "ab" + "c" is not "a" + "bc"
  }
  std::string hex() const {
    std::string text(16, '0');
    for (size_t i = 0; i < 16; ++i) text[i] = "0123456789abcdef"[(state_ >> (60 - 4 * i)) & 15];
    return text;
  }

 private:
  void add(uint8_t byte) { state_ = (state_ ^ byte) * 0x100000001B3u; }
  uint64_t state_ = 0xCBF29CE484222325u;
};

}  // namespace

fs::path ImageFolder::path(int64_t index) const {
  const Sample& sample = samples[static_cast<size_t>(index)];
  return root / classes[static_cast<size_t>(sample.label)] / sample.file;
}

std::vector<int64_t> ImageFolder::class_counts() const {
  std::vector<int64_t> counts(classes.size());
  for (const Sample& sample : samples) ++counts[static_cast<size_t>(sample.label)];
  return counts;
}

std::string Dataset::hash() const {
  Fnv1a hash;
  for (const ImageFolder* split : {&train, &val}) {
    hash.add(split == &train ? "train" : "val");
    for (const auto& sample : split->samples) {
      hash.add(split->classes[static_cast<size_t>(sample.label)]);
      hash.add(sample.file);
    }
  }
  return hash.hex();
}

ImageFolder open_image_folder(const fs::path& root) {
  check_folder(root, "folder");
  ImageFolder folder;
  folder.root = root;
  folder.classes = list_folder(root).folders;
  check(!folder.classes.empty(), ErrorKind::dataset, "dataset: ", root.string(),
        " holds no folders but one for each class is expected");
  std::vector<std::string> empty;
  for (size_t label = 0; label < folder.classes.size(); ++label) {
    std::vector<std::pair<std::string, std::vector<std::string>>> found;
    collect(root / folder.classes[label], "", 0, found);
    std::sort(found.begin(), found.end());
    const size_t before = folder.samples.size();
    for (const auto& [below, files] : found) {
      for (const std::string& file : files) {
        folder.samples.push_back({below.empty() ? file : below + '/' + file, static_cast<int32_t>(label)});
      }
    }
    if (folder.samples.size() == before) empty.push_back(folder.classes[label]);
  }
  check(empty.empty(), ErrorKind::dataset, "dataset: ", root.string(), ": no pictures (jpg, png, ...) in the folder",
        empty.size() > 1 ? "s " : " ", list_some(empty));
  return folder;
}

ImageFolder open_split(const fs::path& data, const std::string& split) {
  check(split == "train" || split == "val", "dataset: the split is ", split, " but must be train or val");
  check_folder(data, "folder");
  std::error_code ignored;
  if (fs::is_directory(data / split, ignored)) return open_image_folder(data / split);
  if (split == "val" && fs::is_directory(data / "test", ignored)) return open_image_folder(data / "test");
  fail(ErrorKind::dataset, "dataset: ", data.string(), " holds no folder ", split == "val" ? "val (or test)" : split,
       " but ", split, "/<class>/<picture> is expected");
}

Dataset open_dataset(const fs::path& data) {
  Dataset dataset{open_split(data, "train"), open_split(data, "val")};
  check_same_classes(dataset.train, dataset.val);
  return dataset;
}

}  // namespace radial
