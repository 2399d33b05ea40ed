// The bytes of a picture's file. Which failures are the picture's and which are the system's is decided here.
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"
#include "data/decoders.h"

namespace radial {
namespace {

constexpr int64_t max_file_bytes = int64_t{1} << 31;

// O_NONBLOCK: a pipe that took the picture's place must not block; files do not know of it.
class Descriptor {
 public:
  explicit Descriptor(const std::filesystem::path& path) {
    do {
      number_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    } while (number_ < 0 && errno == EINTR);
  }
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_ = -1;
};

[[noreturn]] void fail_system(const std::filesystem::path& path, const char* action) {
  const int reason = errno;
  if (reason == ENXIO) detail::fail_picture(path.string(), "not a file");  // a socket
  // A file that is gone is no bad picture: if a disk is gone, all pictures are.
  const bool gone = reason == ENOENT || reason == ENOTDIR;
  fail(gone ? ErrorKind::dataset : ErrorKind::io, "picture ", path.string(), ": cannot be ", action, ": ",
       std::strerror(reason));
}

}  // namespace

void read_bytes(const std::filesystem::path& path, std::vector<uint8_t>& bytes) {
  const Descriptor file(path);
  if (file.number() < 0) fail_system(path, "opened");
  struct stat status {};
  if (::fstat(file.number(), &status) != 0) fail_system(path, "looked at");
  if (!S_ISREG(status.st_mode)) detail::fail_picture(path.string(), "not a file");
  if (status.st_size > max_file_bytes) {
    detail::fail_picture(path.string(), "the file has " + std::to_string(status.st_size) + " bytes but at most " +
                                            std::to_string(max_file_bytes) + " are accepted");
  }
  bytes.resize(static_cast<size_t>(status.st_size));
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t count = ::read(file.number(), bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_system(path, "read");
    if (count == 0) bytes.resize(done);  // it shrank while we read: the decoder says what is missing
    done += static_cast<size_t>(count);
  }
}

}  // namespace radial
