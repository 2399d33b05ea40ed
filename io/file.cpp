#include "io/file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>
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

// Nobody is waited for: without O_NONBLOCK a pipe would be, by open itself.
int try_open(const std::string& path, int flags, uint32_t permissions) {
  return uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, permissions); });
}

// Reading and writing, unlike opening, take the time that they need.
void wait_from_now_on(int descriptor) { ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) & ~O_NONBLOCK); }

bool is_pipe(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISFIFO(status.st_mode);
}

// Whether a pipe, empty now, is open to write: then copying from it would be worth another try, else it is at its end.
bool has_writer(int pipe) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return true;
  const bool has = ::tee(pipe, ends[1], 1, SPLICE_F_NONBLOCK) != 0;
  for (const int end : ends) ::close(end);
  return has;
}

bool may_be_written(int stream) {
  const int flags = ::fcntl(stream, F_GETFL);
  return flags != -1 && (flags & O_ACCMODE) != O_RDONLY;
}
}  // namespace

File File::opened(int descriptor, const std::string& path) {
  if (descriptor < 0) fail_with_reason("open", path);
  File file(descriptor, path);
  if (!file.is_regular()) wait_from_now_on(descriptor);
  return file;
}

File File::open(const std::string& path) { return opened(try_open(path, O_RDONLY, 0), path); }
File File::append_to(const std::string& path) { return opened(try_open(path, O_WRONLY | O_APPEND, 0), path); }

File File::create(const std::string& path) {
  constexpr int flags = O_WRONLY | O_CREAT | O_TRUNC;
  constexpr std::chrono::milliseconds pause{20};
  std::chrono::milliseconds waited{0};
  int descriptor = try_open(path, flags, 0666);
  while (descriptor < 0 && errno == ENXIO && is_pipe(path)) {
    check(waited < patience, ErrorKind::io, "open: ", path, ": this is a pipe from which nobody reads");
    std::this_thread::sleep_for(pause);
    waited += pause;
    descriptor = try_open(path, flags, 0666);
  }
  return opened(descriptor, path);
}

std::optional<File> File::create_new(const std::string& path, uint32_t permissions) {
  const int descriptor = try_open(path, O_WRONLY | O_CREAT | O_EXCL, permissions);
  if (descriptor < 0 && errno == EEXIST) return std::nullopt;
  if (descriptor < 0) fail_with_reason("open", path);
  return File(descriptor, path);
}

std::optional<File> File::standard_stream(const std::string& path) {
  struct stat asked {
  }, status{};
  if (::stat(path.c_str(), &asked) != 0) return std::nullopt;
  for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) {
    const bool is_this =
        ::fstat(stream, &status) == 0 && status.st_dev == asked.st_dev && status.st_ino == asked.st_ino;
    if (!is_this || !may_be_written(stream)) continue;
    std::fflush(stdout);  // what was printed before comes before
    const int descriptor = ::fcntl(stream, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (descriptor < 0) fail_with_reason("open", path);
    return File(descriptor, path);
  }
  return std::nullopt;
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

void File::expect_regular() const { check(is_regular(), ErrorKind::io, "open: ", path_, ": this is no regular file"); }

void File::await_data() const {
  if (!S_ISFIFO(status_of(descriptor_, path_).st_mode)) return;
  pollfd end{descriptor_, POLLIN, 0};
  const int events = uninterrupted([&] { return ::poll(&end, 1, static_cast<int>(patience.count())); });
  check(events != 0 || has_writer(descriptor_), ErrorKind::io, "read: ", path_,
        ": this is a pipe to which nobody writes");
}

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
  constexpr size_t piece = 1 << 16, most_without_end = size_t{1} << 30;
  File file = File::open(path);
  file.await_data();
  std::string text;
  size_t count = 0;
  do {
    const size_t before = text.size();
    text.resize(before + piece);
    count = file.read(text.data() + before, piece);
    text.resize(before + count);
    check(text.size() < most_without_end || file.is_regular(), ErrorKind::io, "read: ", path,
          ": 1 GiB came from this device or pipe, and no end of it");
  } while (count > 0);
  return text;
}

}  // namespace radial
