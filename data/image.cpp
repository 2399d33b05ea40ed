#include "data/image.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"
#include "data/decoders.h"

namespace radial {
namespace {

using Decoder = void (*)(std::span<const uint8_t> bytes, const std::string& name, Image& image);

// The decoder that the first bytes of a file ask for, or none.
Decoder sniff(std::span<const uint8_t> bytes) {
  const auto starts_with = [&](std::string_view magic) {
    return bytes.size() >= magic.size() && std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
  };
  if (starts_with("\xFF\xD8\xFF")) return detail::decode_jpeg;
  for (const char* magic : {"\x89PNG\r\n\x1A\n", "GIF87a", "GIF89a", "BM"}) {
    if (starts_with(magic)) return detail::decode_stb;
  }
  if (starts_with("P5") || starts_with("P6")) return detail::decode_pnm;
  return nullptr;
}

// What a file that is no picture looks like, for the message.
std::string describe_start(std::span<const uint8_t> bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const uint8_t byte : bytes.first(std::min<size_t>(bytes.size(), 8))) {
    text += {digits[byte >> 4], digits[byte & 15], ' '};
  }
  text.pop_back();
  return text;
}

class File {
 public:
  explicit File(const std::filesystem::path& path) : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace

void Image::resize(int new_width, int new_height) {
  width = new_width;
  height = new_height;
  pixels.resize(row_bytes() * static_cast<size_t>(height));
}

namespace detail {

void fail_picture(const std::string& name, const std::string& reason) {
  fail(ErrorKind::dataset, "picture ", name, ": ", reason);
}

void check_extents(int64_t width, int64_t height, const std::string& name) {
  if (width > 0 && height > 0 && width <= max_picture_pixels / height) return;
  fail_picture(name, "the header says " + std::to_string(width) + " x " + std::to_string(height) +
                         " pixels but at least 1 and at most " + std::to_string(max_picture_pixels) + " are accepted");
}

}  // namespace detail

void decode_image(std::span<const uint8_t> bytes, const std::string& name, Image& image) {
  if (bytes.empty()) detail::fail_picture(name, "the file is empty");
  const Decoder decoder = sniff(bytes);
  if (decoder == nullptr) {
    detail::fail_picture(name, "not a picture: it starts with the bytes " + describe_start(bytes) +
                                   " but JPEG, PNG, GIF, BMP, PPM or PGM is expected");
  }
  decoder(bytes, name, image);
}

Image decode_image(std::span<const uint8_t> bytes, const std::string& name) {
  Image image;
  decode_image(bytes, name, image);
  return image;
}

void read_bytes(const std::filesystem::path& path, std::vector<uint8_t>& bytes) {
  const File file(path);
  struct stat status {};
  if (file.descriptor() < 0 || ::fstat(file.descriptor(), &status) != 0) {
    detail::fail_picture(path.string(), std::string("cannot be opened: ") + std::strerror(errno));
  }
  if (!S_ISREG(status.st_mode)) detail::fail_picture(path.string(), "not a file");
  bytes.resize(static_cast<size_t>(status.st_size));
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t count = ::read(file.descriptor(), bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) detail::fail_picture(path.string(), std::string("cannot be read: ") + std::strerror(errno));
    if (count == 0) bytes.resize(done);  // it shrank while we read: the decoder says what is missing
    done += static_cast<size_t>(count);
  }
}

Image read_image(const std::filesystem::path& path) {
  std::vector<uint8_t> bytes;
  read_bytes(path, bytes);
  return decode_image(bytes, path.string());
}

}  // namespace radial
