#include "io/folder.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <sys/stat.h>

#include "core/error.h"
#include "io/file.h"

namespace radial {

namespace fs = std::filesystem;

bool make_folders(const std::string& path) {
  const fs::path folder(path);
  const fs::path parent = folder.filename().empty() ? folder.parent_path().parent_path() : folder.parent_path();
  std::error_code unknown;
  if (fs::is_directory(folder, unknown)) return false;
  if (!parent.empty() && parent != folder) make_folders(parent.string());
  if (::mkdir(path.c_str(), 0777) != 0) {
    const int reason = errno;
    std::error_code why;
    if (reason == EEXIST && fs::is_directory(folder, why)) return false;  // somebody was faster
    fail(ErrorKind::io, "make folder: ", path, ": ", why ? why.message() : std::strerror(reason));
  }
  sync_folder(parent.string());
  return true;
}

std::vector<fs::directory_entry> entries_of(const fs::path& folder) {
  std::vector<fs::directory_entry> entries;
  try {
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) entries.push_back(entry);
  } catch (const fs::filesystem_error& error) {  // it has the path only if the folder cannot be opened
    fail(ErrorKind::io, "read folder: ", folder.string(), ": ", error.code().message());
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

void sync_folder(const std::string& path) { File::open(path.empty() ? "." : path).sync(); }

}  // namespace radial
