#include "data/picture_survey.h"

#include <algorithm>
#include <filesystem>
#include <span>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/error.h"
#include "core/parallel.h"
#include "data/decoders.h"
#include "data/picture_formats.h"

namespace radial {
namespace {

bool is_grey(const Image& image) {
  for (size_t i = 0; i < image.pixels.size(); i += 3)
    if (image.pixels[i] != image.pixels[i + 1] || image.pixels[i] != image.pixels[i + 2]) return false;
  return true;
}

bool is_cmyk(std::span<const uint8_t> bytes) {
  const PictureFormat* format = format_of_bytes(bytes.first(std::min(bytes.size(), bytes_to_tell)));
  return format != nullptr && format->name == "JPEG" && detail::jpeg_has_four_colours(bytes);
}

PictureFacts facts_of(const std::filesystem::path& path) {
  PictureFacts facts;
  try {
    std::vector<uint8_t> bytes;
    Image image;
    read_bytes(path, bytes);
    decode_image(bytes, path.string(), image);
    facts.width = image.width;
    facts.height = image.height;
    facts.grey = is_grey(image);
    facts.cmyk = is_cmyk(bytes);
    facts.pixels = XXH3_64bits_withSeed(image.pixels.data(), image.pixels.size(), static_cast<uint64_t>(image.width));
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::out_of_memory) throw;
    facts.error = error.what();
  }
  return facts;
}

}  // namespace

std::vector<PictureFacts> survey(const ImageFolder& folder) {
  std::vector<PictureFacts> facts(folder.samples.size());
  parallel_for(folder.size(), [&](int64_t i) { facts[static_cast<size_t>(i)] = facts_of(folder.path(i)); });
  return facts;
}

}  // namespace radial
