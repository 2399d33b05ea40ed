#include "io/folder.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <sys/stat.h>

#include "core/error.h"
#include "io/file.h"
#include "io/uninterrupted.h"

namespace radial {

namespace fs = std::filesystem;

bool make_folders(const std::string& path) {
  const fs::path folder(path);
  const fs::path parent = folder.filename().empty() ? folder.parent_path().parent_path() : folder.parent_path();
  std::error_code unknown;
  if (fs::is_directory(folder, unknown)) return false;
  if (!parent.empty() && parent != folder) make_folders(parent.string());
  if (uninterrupted([&] { return ::mkdir(path.c_str(), 0777); }) != 0) {
    const int reason = errno;
    std::error_code why;
    if (reason == EEXIST && fs::is_directory(folder, why)) return false;  // somebody was faster
    fail(ErrorKind::io, "make folder: ", path, ": ", why ? why.message() : std::strerror(reason));
  }
  sync_folder(parent.string());
  return true;
}

fs::directory_iterator open_folder(const fs::path& folder, std::error_code& error) {
  while (true) {
    fs::directory_iterator iterator(folder, error);
    if (error != std::errc::interrupted) return iterator;
  }
}

std::vector<fs::directory_entry> entries_of(const fs::path& folder) {
  std::vector<fs::directory_entry> entries;
  std::error_code error;
  try {
    for (const fs::directory_entry& entry : open_folder(folder, error)) entries.push_back(entry);
  } catch (const fs::filesystem_error& failure) {
    error = failure.code();
  }
  check(!error, ErrorKind::io, "read folder: ", folder.string(), ": ", error.message());
  std::sort(entries.begin(), entries.end());
  return entries;
}

void sync_folder(const std::string& path) { File::open(path.empty() ? "." : path).sync(); }

}  // namespace radial
