// Writing pictures: JPEG through libjpeg-turbo, PNG through libpng; both are encoded in memory first.
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include <jpeglib.h>
#include <png.h>

#include "core/error.h"
#include "data/image.h"
#include "io/atomic_file.h"

namespace fs = std::filesystem;

namespace radial {
namespace {

struct FreeBytes {
  void operator()(void* bytes) const { std::free(bytes); }
};
using EncodedBytes = std::unique_ptr<unsigned char, FreeBytes>;

// As in decode_jpeg.cpp: libjpeg's errors leave by longjmp, so nothing with a destructor lives beside setjmp.
struct JpegEncoder {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  std::jmp_buf escape{};
  char reason[JMSG_LENGTH_MAX] = {};

  bool run(const Image& image, int quality, unsigned char** bytes, unsigned long* size) {
    info.err = jpeg_std_error(&errors);
    info.client_data = this;
    errors.error_exit = [](j_common_ptr common) {
      auto& self = *static_cast<JpegEncoder*>(common->client_data);
      self.errors.format_message(common, self.reason);
      longjmp(self.escape, 1);
    };
    if (setjmp(escape) != 0) return false;
    jpeg_create_compress(&info);
    jpeg_mem_dest(&info, bytes, size);
    info.image_width = static_cast<JDIMENSION>(image.width);
    info.image_height = static_cast<JDIMENSION>(image.height);
    info.input_components = 3;
    info.in_color_space = JCS_RGB;
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, quality, TRUE);
    jpeg_start_compress(&info, TRUE);
    while (info.next_scanline < info.image_height) {
      auto* row = const_cast<JSAMPROW>(image.row(static_cast<int>(info.next_scanline)));
      jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
    return true;
  }
};

// Not waiting for the disk, which would take longer than drawing and encoding: a set of pictures can be drawn again.
void write_file(const fs::path& path, const unsigned char* bytes, size_t size) {
  write_atomically(path.string(), {reinterpret_cast<const char*>(bytes), size}, Durable::no);
}

void check_image(const fs::path& path, const Image& image) {
  check(image.width > 0 && image.height > 0 &&
            image.pixels.size() == image.row_bytes() * static_cast<size_t>(image.height),
        "picture ", path.string(), ": cannot be written with ", image.pixels.size(), " bytes for ", image.width, "x",
        image.height, " RGB pixels");
}

}  // namespace

std::vector<uint8_t> encode_jpeg(const Image& image, int quality, const std::string& name) {
  check_image(name, image);
  check(quality >= 1 && quality <= 100, "picture ", name, ": the quality is ", quality, " but must be 1 to 100");
  JpegEncoder encoder;
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  const bool good = encoder.run(image, quality, &bytes, &size);
  jpeg_destroy_compress(&encoder.info);
  const EncodedBytes owner(bytes);
  check(good, ErrorKind::io, "picture ", name, ": cannot be encoded: ", encoder.reason);
  return {bytes, bytes + size};
}

void write_jpeg(const fs::path& path, const Image& image, int quality) {
  const std::vector<uint8_t> bytes = encode_jpeg(image, quality, path.string());
  write_file(path, bytes.data(), bytes.size());
}

void write_png(const fs::path& path, const Image& image) {
  check_image(path, image);
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  png.width = static_cast<png_uint_32>(image.width);
  png.height = static_cast<png_uint_32>(image.height);
  png.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(png);
  std::vector<uint8_t> bytes(size);
  const int good = png_image_write_to_memory(&png, bytes.data(), &size, 0, image.pixels.data(), 0, nullptr);
  check(good != 0, ErrorKind::io, "picture ", path.string(), ": cannot be encoded as PNG: ", png.message);
  write_file(path, bytes.data(), size);
}

}  // namespace radial
