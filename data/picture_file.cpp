#include "data/picture_file.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"
#include "data/decoders.h"
#include "io/uninterrupted.h"

namespace radial {

PictureFile::PictureFile(const std::filesystem::path& path) : path_(path.string()) {
  descriptor_ = uninterrupted([&] { return ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); });
  if (descriptor_ >= 0) return;
  if (const int reason = errno; reason == ENOTDIR) {
    place_ = place_in_archive(path);
    if (place_ && place_->found) member_ = place_->archive->file(place_->name);
    if (member_ != nullptr) return;
    if (place_ && place_->found) detail::fail_picture(path_, "not a file");
    errno = place_ ? ENOENT : reason;
  }
  failed("opened");
}

PictureFile::~PictureFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

int64_t PictureFile::size() const {
  if (member_ != nullptr) return member_->size;
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) failed("looked at");
  if (!S_ISREG(status.st_mode)) detail::fail_picture(path_, "not a file");
  return status.st_size;
}

size_t PictureFile::read(void* data, size_t bytes, int64_t at) const {
  if (member_ != nullptr) return place_->archive->read(*member_, path_, data, bytes, at);
  size_t done = 0;
  while (done < bytes) {
    const ssize_t count = uninterrupted([&] {
      return ::pread(descriptor_, static_cast<char*>(data) + done, bytes - done, at + static_cast<int64_t>(done));
    });
    if (count < 0) failed("read");
    if (count == 0) break;
    done += static_cast<size_t>(count);
  }
  return done;
}

void PictureFile::failed(const char* action) const {
  const int reason = errno;
  if (reason == ENXIO) detail::fail_picture(path_, "not a file");  // a socket
  const bool gone = reason == ENOENT || reason == ENOTDIR;
  fail(gone ? ErrorKind::dataset : ErrorKind::io, "picture ", path_, ": cannot be ", action, ": ",
       std::strerror(reason));
}

void read_bytes(const std::filesystem::path& path, std::vector<uint8_t>& bytes) {
  constexpr int64_t most = int64_t{1} << 31;
  const PictureFile file(path);
  const int64_t size = file.size();
  if (size > most) {
    detail::fail_picture(path.string(), "the file has " + std::to_string(size) + " bytes but at most " +
                                            std::to_string(most) + " are accepted");
  }
  bytes.resize(static_cast<size_t>(size));
  bytes.resize(file.read(bytes.data(), bytes.size(), 0));  // if it shrank meanwhile, the decoder says what is missing
}

}  // namespace radial
