// A decoded picture, and reading and writing pictures.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace radial {

// RGB, 8 bits a channel, rows from the top, pixels[(y * width + x) * 3 + channel].
struct Image {
  int width = 0;
  int height = 0;
  std::vector<uint8_t> pixels;

  const uint8_t* row(int y) const { return pixels.data() + static_cast<size_t>(y) * row_bytes(); }
  uint8_t* row(int y) { return pixels.data() + static_cast<size_t>(y) * row_bytes(); }
  size_t row_bytes() const { return static_cast<size_t>(width) * 3; }

  // Sets the extents and makes room; the pixels are unspecified.
  void resize(int new_width, int new_height);
};

// Larger pictures are refused: a header that promises more is broken or hostile.
inline constexpr int64_t max_picture_pixels = int64_t{1} << 27;

// Decodes the formats of picture_formats.h as Pillow's convert("RGB") does: grey is repeated, CMYK is converted, alpha
// is dropped, of an animation the first frame is taken, EXIF rotation is not applied. Of 16 bits the upper 8 are kept,
// of grey ones too, which Pillow would clip to white. The format is told by the first bytes, never by the name. Throws
// BadSample (an Error(dataset)), with `name` in the message, for whatever is not a whole picture.
void decode_image(std::span<const uint8_t> bytes, const std::string& name, Image& image);
Image decode_image(std::span<const uint8_t> bytes, const std::string& name);

// The same from a file. Beside BadSample throws Error(dataset) if the file is gone, and Error(io) with the path and
// the system's reason if it cannot be read.
Image read_image(const std::filesystem::path& path);

// The content of a file into `bytes`, whose room is used again; throws as read_image.
void read_bytes(const std::filesystem::path& path, std::vector<uint8_t>& bytes);

// The bytes of a JPEG file; `name` is for messages, quality as below.
std::vector<uint8_t> encode_jpeg(const Image& image, int quality, const std::string& name);

// Writes a picture to a temporary name beside `path` and renames it, so that no half-written file is ever seen.
// quality: 1 (smallest) to 100. Throw Error(io) with the path if the disk or the folder does not allow it.
void write_jpeg(const std::filesystem::path& path, const Image& image, int quality = 92);
void write_png(const std::filesystem::path& path, const Image& image);

}  // namespace radial
