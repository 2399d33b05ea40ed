#include "io/file.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "core/error.h"
#include "io/uninterrupted.h"

namespace radial {

namespace {
[[noreturn]] void fail_with_reason(const char* action, const std::string& path) {
  const int reason = errno;
  fail(ErrorKind::io, action, ": ", path, ": ", std::strerror(reason));
}

struct stat status_of(int descriptor, const std::string& path) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) fail_with_reason("stat", path);
  return status;
}

int try_open(const std::string& path, int flags, uint32_t permissions) {
  return uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, permissions); });
}
}  // namespace

File File::open_with(const std::string& path, int flags, uint32_t permissions) {
  const int descriptor = try_open(path, flags, permissions);
  if (descriptor < 0) fail_with_reason("open", path);
  return {descriptor, path};
}

File File::open(const std::string& path) { return open_with(path, O_RDONLY, 0); }
File File::append_to(const std::string& path) { return open_with(path, O_WRONLY | O_APPEND, 0); }
File File::create(const std::string& path) { return open_with(path, O_WRONLY | O_CREAT | O_TRUNC, 0666); }
std::optional<File> File::create_new(const std::string& path, uint32_t permissions) {
  const int descriptor = try_open(path, O_WRONLY | O_CREAT | O_EXCL, permissions);
  if (descriptor < 0 && errno == EEXIST) return std::nullopt;
  if (descriptor < 0) fail_with_reason("open", path);
  return File(descriptor, path);
}

File::~File() {
  if (is_open()) ::close(descriptor_);
}

File::File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)) {}

File& File::operator=(File&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(path_, other.path_);
  return *this;
}

bool File::is_regular() const { return S_ISREG(status_of(descriptor_, path_).st_mode); }
uint64_t File::size() const { return static_cast<uint64_t>(status_of(descriptor_, path_).st_size); }
uint64_t File::links() const { return static_cast<uint64_t>(status_of(descriptor_, path_).st_nlink); }

size_t File::read(void* data, size_t bytes) {
  size_t done = 0;
  while (done < bytes) {
    const ssize_t count =
        uninterrupted([&] { return ::read(descriptor_, static_cast<char*>(data) + done, bytes - done); });
    if (count < 0) fail_with_reason("read", path_);
    if (count == 0) break;
    done += static_cast<size_t>(count);
  }
  return done;
}

void File::write(const void* data, size_t bytes) {
  size_t done = 0;
  while (done < bytes) {
    const ssize_t count =
        uninterrupted([&] { return ::write(descriptor_, static_cast<const char*>(data) + done, bytes - done); });
    if (count < 0) fail_with_reason("write", path_);
    done += static_cast<size_t>(count);
  }
}

void File::truncate(uint64_t bytes) {
  if (uninterrupted([&] { return ::ftruncate(descriptor_, static_cast<off_t>(bytes)); }) != 0)
    fail_with_reason("truncate", path_);
  if (::lseek(descriptor_, 0, SEEK_END) < 0) fail_with_reason("seek", path_);
}

void File::sync() {
  // Pipes, terminals and devices cannot be synced; that is no failure.
  const bool synced = uninterrupted([&] { return ::fsync(descriptor_); }) == 0;
  if (!synced && errno != EINVAL && errno != EROFS && errno != ENOTSUP) fail_with_reason("sync", path_);
}

void File::close() {
  if (::close(std::exchange(descriptor_, -1)) != 0 && errno != EINTR) fail_with_reason("close", path_);
}

File::Lock File::lock() {
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return Lock::held;
  return errno == EWOULDBLOCK ? Lock::of_another : Lock::unknown;
}

std::string read_text(const std::string& path) {
  File file = File::open(path);
  std::string text;
  size_t count = 0;
  do {
    constexpr size_t piece = 1 << 16;
    const size_t before = text.size();
    text.resize(before + piece);
    count = file.read(text.data() + before, piece);
    text.resize(before + count);
  } while (count > 0);
  return text;
}

}  // namespace radial
