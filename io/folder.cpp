#include "io/folder.h"

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
    if (reason == EEXIST && fs::is_directory(folder, unknown)) return false;  // somebody was faster
    fail(ErrorKind::io, "make folder: ", path, ": ", std::strerror(reason));
  }
  sync_folder(parent.string());
  return true;
}

void sync_folder(const std::string& path) { File::open(path.empty() ? "." : path).sync(); }

}  // namespace radial
