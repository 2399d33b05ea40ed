#include "data/image.h"

#include <algorithm>

#include "core/error.h"
#include "data/bad_sample.h"
#include "data/decoders.h"
#include "data/picture_formats.h"

namespace radial {
namespace {

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

}  // namespace

void Image::resize(int new_width, int new_height) {
  width = new_width;
  height = new_height;
  pixels.resize(row_bytes() * static_cast<size_t>(height));
}

const Choices<OnBadSample>& on_bad_sample_names() {
  static const Choices<OnBadSample> names = {{"error", OnBadSample::error}, {"skip", OnBadSample::skip}};
  return names;
}

std::string summary(const std::vector<BadSample::Entry>& bad) {
  return (bad.size() == 1 ? "1 file" : std::to_string(bad.size()) + " files") +
         " cannot be used, the first: " + bad.front().message;
}

namespace detail {

void fail_picture(const std::string& name, const std::string& reason) {
  throw BadSample("picture " + name + ": " + reason);
}

void check_extents(int64_t width, int64_t height, const std::string& name) {
  if (width > 0 && height > 0 && width <= max_picture_pixels / height) return;
  fail_picture(name, "the header says " + std::to_string(width) + " x " + std::to_string(height) +
                         " pixels but at least 1 and at most " + std::to_string(max_picture_pixels) + " are accepted");
}

void fail_memory(const std::string& name) {
  fail(ErrorKind::out_of_memory, "picture ", name, ": there is no memory to decode it");
}

void check_canvas(int64_t width, int64_t height, int64_t painted, const std::string& name) {
  constexpr int64_t most_empty = int64_t{1} << 24;
  if (width * height <= std::max(painted, most_empty)) return;
  fail_picture(name, "its canvas of " + std::to_string(width) + " x " + std::to_string(height) +
                         " pixels is larger than its first frame, and than 2^24 pixels");
}

void check_plausible(int64_t units, int64_t most, size_t bytes, const std::string& name) {
  if (units <= most) return;
  fail_picture(name, "truncated: a file of " + std::to_string(bytes) +
                         " bytes cannot hold the picture that its header announces");
}

Palette::Palette() {
  for (size_t i = 0; i < colours.size(); ++i) colours[i].fill(static_cast<uint8_t>(i));
}

void paint(const Palette& palette, std::span<const uint8_t> indices, Image& image) {
  uint8_t* out = image.pixels.data();
  for (const uint8_t index : indices) out = std::copy_n(palette.colours[index].data(), 3, out);
}

}  // namespace detail

void decode_image(std::span<const uint8_t> bytes, const std::string& name, Image& image) {
  if (bytes.empty()) detail::fail_picture(name, "the file is empty");
  const PictureFormat* format = format_of_bytes(bytes);
  if (format == nullptr) {
    detail::fail_picture(name, "not a picture: it starts with the bytes " + describe_start(bytes) + " but " +
                                   readable_formats() + " is expected");
  }
  if (format->decode == nullptr)
    detail::fail_picture(name, std::string(format->name) + " is not read, only " + readable_formats());
  format->decode(bytes, name, image);
}

Image decode_image(std::span<const uint8_t> bytes, const std::string& name) {
  Image image;
  decode_image(bytes, name, image);
  return image;
}

Image read_image(const std::filesystem::path& path) {
  std::vector<uint8_t> bytes;
  read_bytes(path, bytes);
  return decode_image(bytes, path.string());
}

}  // namespace radial
