#include "data/folder_scan.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "data/picture_archive.h"
#include "data/picture_file.h"
#include "data/picture_formats.h"
#include "io/folder.h"

namespace fs = std::filesystem;

namespace radial {
namespace {

constexpr size_t max_depth = 32;         // of folders in a class
constexpr size_t max_folders = 1 << 16;  // below a class: links that branch, or lead to /proc or /, would never end

// The entry itself is at fault; any other error is the system's, a missing right among them: to go on without the
// pictures behind it would be another training.
bool is_fault_of_entry(int error) {
  return error == ENOENT || error == ENOTDIR || error == ELOOP || error == ENAMETOOLONG;
}

void require_fault_of_entry(int error, const char* action, const fs::path& path) {
  check(is_fault_of_entry(error), ErrorKind::io, "dataset: cannot ", action, " ", path.string(), ": ",
        std::generic_category().message(error));
}

void name_unusable(const char* what, const fs::path& path, const std::string& reason,
                   std::vector<BadSample::Entry>& unusable) {
  unusable.push_back({path.string(), std::string(what) + " " + path.string() + ": " + reason});
}

std::string reason_of(int error) {
  if (error == ENOENT) return "a link to what is not there";
  return "cannot be opened: " + std::generic_category().message(error);
}

// "notes.txt": an ending that says that it is neither a picture nor a folder. ("v1.5" may be a folder.)
bool is_named_otherwise(std::string_view name) {
  if (format_of_name(name) != nullptr) return false;
  const size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return false;
  const std::string_view ending = name.substr(dot + 1);
  const auto is_letter = [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; };
  return ending.size() <= 5 && std::any_of(ending.begin(), ending.end(), is_letter);
}

struct Entries {
  std::vector<std::string> folders;
  std::vector<std::string> files;
  std::vector<std::string> others;                  // pipes, sockets, devices
  std::vector<std::pair<std::string, int>> hidden;  // that cannot be looked at, with the system's error
};

int list_folder(const PlaceInArchive& folder, Entries& entries) {
  if (!folder.is_folder()) return ENOENT;
  PictureArchive::Listing listing = folder.archive->list(folder.name);
  for (std::string& name : listing.broken_links) entries.hidden.emplace_back(std::move(name), ENOENT);
  entries.folders = std::move(listing.folders);
  entries.files = std::move(listing.files);
  entries.others = std::move(listing.others);
  return 0;
}

// Links are followed, names that begin with a dot left out. Returns the error if the folder cannot be opened, else 0.
int list_folder(const fs::path& folder, Entries& entries) {
  if (const auto place = place_in_archive(folder)) return list_folder(*place, entries);
  std::error_code error;
  fs::directory_iterator iterator = open_folder(folder, error);
  if (error && is_fault_of_entry(error.value())) return error.value();
  // increment(error) would end the process where memory runs out.
  const auto next = [&] {
    try {
      ++iterator;
    } catch (const fs::filesystem_error& failure) {
      error = failure.code();
    }
  };
  for (; !error && iterator != fs::directory_iterator(); next()) {
    std::string name = iterator->path().filename().string();
    if (name.starts_with('.')) continue;
    std::error_code failure;
    const bool is_folder = iterator->is_directory(failure);
    if (failure) {
      require_fault_of_entry(failure.value(), "look at", iterator->path());
      entries.hidden.emplace_back(std::move(name), failure.value());
    } else {
      auto& list = is_folder ? entries.folders : iterator->is_regular_file(failure) ? entries.files : entries.others;
      list.push_back(std::move(name));
    }
  }
  check(!error, ErrorKind::io, "dataset: cannot read the folder ", folder.string(), ": ", error.message());
  for (auto* names : {&entries.folders, &entries.files, &entries.others}) std::sort(names->begin(), names->end());
  std::sort(entries.hidden.begin(), entries.hidden.end());
  return 0;
}

Entries entries_of_root(const fs::path& root) {
  Entries entries;
  const int error = list_folder(root, entries);
  check(error == 0, ErrorKind::io, "dataset: cannot read the folder ", root.string(), ": ",
        std::generic_category().message(error));
  return entries;
}

void name_hidden(const fs::path& folder, const Entries& entries, std::vector<BadSample::Entry>& unusable) {
  for (const auto& [name, error] : entries.hidden) {
    if (!is_named_otherwise(name))
      name_unusable(format_of_name(name) != nullptr ? "picture" : "entry", folder / name, reason_of(error), unusable);
  }
}

// What the file's first bytes say, where its name is that of a format that is not read.
const PictureFormat* format_of_file(const fs::path& path) {
  std::array<uint8_t, bytes_to_tell> start{};
  const size_t count = PictureFile(path).read(start.data(), start.size(), 0);
  return format_of_bytes(std::span(start).first(count));
}

// Below one class.
class PictureScan {
 public:
  PictureScan(const fs::path& root, const std::string& class_folder, std::vector<BadSample::Entry>& unusable)
      : class_folder_(root / class_folder),
        in_archive_(place_in_archive(class_folder_).has_value()),
        unusable_(unusable) {
    above_.push_back(identity_of(root).first);
  }

  // Of a folder relative to the class; "" is the class itself. Returns how many entries it holds that count.
  size_t scan(const std::string& below) {
    const fs::path folder = below.empty() ? class_folder_ : class_folder_ / below;
    check(++folders_ <= max_folders, ErrorKind::dataset, "dataset: ", class_folder_.string(), " holds more than ",
          max_folders, " folders, at last ", folder.string(), "; is there a link that leads elsewhere?");
    const auto [identity, failure] = identity_of(folder);
    const bool circle = std::find(above_.begin(), above_.end(), identity) != above_.end();
    Entries entries;
    const int error = failure != 0 ? failure : circle ? ELOOP : list_folder(folder, entries);
    if (error != 0 || above_.size() > max_depth) {
      name_unusable("folder", folder,
                    circle       ? "a link in a circle"
                    : error == 0 ? "it lies more than " + std::to_string(max_depth) + " folders deep"
                                 : reason_of(error),
                    unusable_);
      return 1;
    }
    above_.push_back(identity);
    const size_t before = unusable_.size();
    name_hidden(folder, entries, unusable_);
    for (const std::string& name : entries.others)
      if (format_of_name(name) != nullptr) name_unusable("picture", folder / name, "not a file", unusable_);
    std::erase_if(entries.files, [&](const std::string& name) { return !is_picture(folder / name, name); });
    size_t found = entries.files.size() + unusable_.size() - before;
    found_.emplace_back(below, std::move(entries.files));
    for (const std::string& name : entries.folders) {
      const size_t inside = scan(below.empty() ? name : below + '/' + name);
      if (inside == 0 && format_of_name(name) != nullptr)
        name_unusable("picture", folder / name, "a folder, and without pictures", unusable_);
      found += inside;
    }
    above_.pop_back();
    return found;
  }

  std::vector<std::string> pictures() {
    std::sort(found_.begin(), found_.end());
    std::vector<std::string> all;
    for (const auto& [below, files] : found_)
      for (const std::string& file : files) all.push_back(below.empty() ? file : below + '/' + file);
    return all;
  }

 private:
  using Identity = std::pair<dev_t, ino_t>;

  // And the system's error if it has none that can be known.
  static std::pair<Identity, int> identity_of(const fs::path& folder) {
    struct stat status {};
    if (::stat(folder.c_str(), &status) == 0) return {{status.st_dev, status.st_ino}, 0};
    const int error = errno;
    if (const auto place = place_in_archive(folder); place && place->found)
      return {{0, std::hash<std::string>()(place->name)}, 0};
    require_fault_of_entry(error, "look at", folder);
    return {{}, error};
  }

  // Whether it will be read; if it only could be a picture, it is named.
  bool is_picture(const fs::path& path, const std::string& name) {
    const PictureFormat* named = format_of_name(name);
    if (named == nullptr) return false;
    if (!in_archive_ && ::faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) != 0) {
      const int error = errno;
      require_fault_of_entry(error, "look at", path);
      name_unusable("picture", path, reason_of(error), unusable_);
      return false;
    }
    if (named->decode != nullptr) return true;
    const PictureFormat* content = format_of_file(path);
    if (content != nullptr && content->decode != nullptr) return true;
    name_unusable("picture", path, std::string((content == nullptr ? named : content)->name) + " is not read",
                  unusable_);
    return false;
  }

  const fs::path class_folder_;
  const bool in_archive_;
  std::vector<BadSample::Entry>& unusable_;
  std::vector<Identity> above_;  // the folders that are being listed
  size_t folders_ = 0;
  std::vector<std::pair<std::string, std::vector<std::string>>> found_;
};

}  // namespace

std::vector<std::string> list_classes(const fs::path& root, std::vector<BadSample::Entry>& unusable) {
  Entries entries = entries_of_root(root);
  name_hidden(root, entries, unusable);
  return std::move(entries.folders);
}

Contents contents_of(const fs::path& root) {
  const Entries entries = entries_of_root(root);
  return !entries.folders.empty() ? Contents::folders : !entries.files.empty() ? Contents::files : Contents::nothing;
}

std::optional<std::string> archive_in(const fs::path& root) {
  for (const std::string& name : entries_of_root(root).files)
    for (const char* ending : {".tar", ".zip", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst"})
      if (name.ends_with(ending)) return name;
  return std::nullopt;
}

std::vector<std::string> list_pictures(const fs::path& root, const std::string& class_folder,
                                       std::vector<BadSample::Entry>& unusable) {
  PictureScan scan(root, class_folder, unusable);
  scan.scan("");
  return scan.pictures();
}

}  // namespace radial
