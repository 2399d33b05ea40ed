// PNG, GIF and BMP through stb_image.
#include <algorithm>
#include <cstring>
#include <memory>

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_PNG
#define STBI_ONLY_BMP
#define STBI_ONLY_GIF
#define STBI_NO_STDIO
#if __has_include(<stb/stb_image.h>)
#include <stb/stb_image.h>
#else
#include <stb_image.h>
#endif

#include "data/decoders.h"

namespace radial::detail {
namespace {

// The bytes as a stream that remembers whether more was asked for than there is: stb_image itself goes on with zeros
// where a GIF or BMP ends early.
class Stream {
 public:
  explicit Stream(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  static stbi_io_callbacks callbacks() {
    return {[](void* self, char* out, int size) { return static_cast<Stream*>(self)->read(out, size); },
            [](void* self, int count) { static_cast<Stream*>(self)->skip(count); },
            [](void* self) { return static_cast<int>(static_cast<Stream*>(self)->at_end()); }};
  }
  bool exhausted() const { return exhausted_; }

 private:
  int read(char* out, int size) {
    if (at_end()) exhausted_ = true;
    const size_t count = std::min(bytes_.size() - position_, static_cast<size_t>(size));
    std::memcpy(out, bytes_.data() + position_, count);
    position_ += count;
    return static_cast<int>(count);
  }
  // count < 0 gives bytes back
  void skip(int count) {
    const int64_t target = static_cast<int64_t>(position_) + count;
    if (target > static_cast<int64_t>(bytes_.size())) exhausted_ = true;
    position_ = static_cast<size_t>(std::clamp<int64_t>(target, 0, static_cast<int64_t>(bytes_.size())));
  }
  bool at_end() const { return position_ == bytes_.size(); }

  std::span<const uint8_t> bytes_;
  size_t position_ = 0;
  bool exhausted_ = false;
};

}  // namespace

void decode_stb(std::span<const uint8_t> bytes, const std::string& name, Image& image) {
  const stbi_io_callbacks callbacks = Stream::callbacks();
  int width = 0, height = 0, channels = 0;
  Stream header(bytes);
  if (stbi_info_from_callbacks(&callbacks, &header, &width, &height, &channels) != 0) {
    check_extents(width, height, name);
  }
  Stream stream(bytes);
  const std::unique_ptr<stbi_uc, void (*)(void*)> pixels(
      stbi_load_from_callbacks(&callbacks, &stream, &width, &height, &channels, 3), stbi_image_free);
  if (stream.exhausted())
    fail_picture(name, "truncated: the data ends after " + std::to_string(bytes.size()) + " bytes");
  if (pixels == nullptr) fail_picture(name, std::string("broken picture: ") + stbi_failure_reason());
  check_extents(width, height, name);
  image.resize(width, height);
  std::memcpy(image.pixels.data(), pixels.get(), image.pixels.size());
}

}  // namespace radial::detail
