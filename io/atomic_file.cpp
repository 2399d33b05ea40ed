#include "io/atomic_file.h"

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"

namespace radial {

namespace {
// Messages name the file that was asked for, not the temporary one.
template <class Action>
void in_the_name_of(const std::string& path, const std::string& temporary, Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    std::string message = error.what();
    if (const size_t at = temporary.empty() ? std::string::npos : message.find(temporary); at != std::string::npos) {
      message.replace(at, temporary.size(), path);
    }
    throw Error(error.kind(), message);
  }
}

std::string end_of_links(const std::string& path) {
  std::error_code failed;
  const auto end = std::filesystem::canonical(path, failed);  // fails for a file that does not exist yet
  return failed ? path : end.string();
}

// A rename is on the disk when its folder is.
void sync_folder(const std::string& path) {
  const auto parent = std::filesystem::path(path).parent_path();
  File folder = File::open(parent.empty() ? "." : parent.string());
  folder.sync();
}
}  // namespace

AtomicFile::AtomicFile(const std::string& path) : target_(path) {
  struct stat status {};
  const bool exists = ::stat(path.c_str(), &status) == 0;
  if (exists && !S_ISREG(status.st_mode)) {
    file_ = File::create(path);
    return;
  }
  target_ = end_of_links(path);
  static std::atomic<int> count{0};
  const std::filesystem::path target(target_);
  std::string name = ".";
  name += target.filename().string() + ".tmp-" + std::to_string(::getpid()) + "-" + std::to_string(count++);
  temporary_ = (target.parent_path() / name).string();
  in_the_name_of(path, temporary_,
                 [&] { file_ = File::create_new(temporary_, exists ? status.st_mode & 0777 : 0666); });
}

AtomicFile::~AtomicFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(const void* data, size_t bytes) {
  in_the_name_of(target_, temporary_, [&] { file_.write(data, bytes); });
}

void AtomicFile::commit() {
  in_the_name_of(target_, temporary_, [&] {
    file_.sync();
    file_.close();
  });
  if (temporary_.empty()) return;
  if (std::rename(temporary_.c_str(), target_.c_str()) != 0) {
    fail(ErrorKind::io, "rename: ", target_, ": ", std::strerror(errno));
  }
  temporary_.clear();
  sync_folder(target_);
}

void write_atomically(const std::string& path, std::string_view text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

}  // namespace radial
