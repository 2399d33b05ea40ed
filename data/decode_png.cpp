// PNG through libpng. Every chunk's CRC and the Adler-32 of the pixels must be right: damage is never taken for a
// picture.
#include <csetjmp>
#include <cstring>

#include <png.h>

#include "data/decoders.h"

namespace radial::detail {
namespace {

// Known chunks that say nothing about the pixels: their content is not looked at, only their CRC.
constexpr png_byte unused_chunks[] =
    "bKGD\0cHRM\0eXIf\0gAMA\0hIST\0iCCP\0iTXt\0oFFs\0pCAL\0pHYs\0sBIT\0sCAL\0sPLT\0sRGB\0sTER\0tEXt\0tIME\0tRNS\0zTXt";

// libpng leaves by longjmp. So no object with a destructor may live in a function that calls setjmp.
class PngDecoder {
 public:
  explicit PngDecoder(Bytes bytes) : rest_(bytes) {}
  ~PngDecoder() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngDecoder(const PngDecoder&) = delete;
  PngDecoder& operator=(const PngDecoder&) = delete;

  // Reads the header; afterwards extents, indexed() and the palette are known. Rows will be RGB, or one byte an index.
  bool start() {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error, on_warning);
    info_ = png_ == nullptr ? nullptr : png_create_info_struct(png_);
    if (info_ == nullptr) return false;
    if (setjmp(escape_) != 0) return false;
    png_set_read_fn(png_, this, read);
    png_set_crc_action(png_, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // check_extents has a better message
    png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, unused_chunks, sizeof unused_chunks / 5);
    png_read_info(png_, info_);
    png_set_strip_16(png_);
    png_set_strip_alpha(png_);
    if (indexed()) {
      png_set_packing(png_);
    } else {
      png_set_expand_gray_1_2_4_to_8(png_);
      png_set_gray_to_rgb(png_);
    }
    png_set_interlace_handling(png_);
    return true;
  }

  // All rows, and the file to its end.
  bool read_rows(png_bytepp rows, size_t row_bytes) {
    if (setjmp(escape_) != 0) return false;
    png_read_update_info(png_, info_);
    if (png_get_rowbytes(png_, info_) != row_bytes) png_error(png_, "rows of an unexpected length");
    png_read_image(png_, rows);
    png_read_end(png_, nullptr);
    return true;
  }

  int64_t width() const { return png_get_image_width(png_, info_); }
  int64_t height() const { return png_get_image_height(png_, info_); }
  int64_t bits_per_pixel() const { return int64_t{png_get_bit_depth(png_, info_)} * png_get_channels(png_, info_); }
  bool indexed() const { return png_get_color_type(png_, info_) == PNG_COLOR_TYPE_PALETTE; }
  const char* reason() const { return reason_; }
  // libpng and zlib say so in words alone: "Out of memory", "insufficient memory".
  bool out_of_memory() const { return std::strstr(reason_, "memory") != nullptr; }

  Palette palette() const {
    Palette palette;
    png_colorp colours = nullptr;
    int count = 0;
    png_get_PLTE(png_, info_, &colours, &count);
    for (size_t i = 0; i < static_cast<size_t>(count); ++i)
      palette.colours[i] = {colours[i].red, colours[i].green, colours[i].blue};
    return palette;
  }

 private:
  static void on_error(png_structp png, png_const_charp message) {
    static_cast<PngDecoder*>(png_get_error_ptr(png))->leave(message);
  }
  // libpng only warns of a wrong Adler-32 where all pixels are there; other warnings are about what is not used.
  static void on_warning(png_structp png, png_const_charp message) {
    if (std::strstr(message, "incorrect data check") != nullptr) on_error(png, message);
  }
  static void read(png_structp png, png_bytep out, size_t count) {
    auto& self = *static_cast<PngDecoder*>(png_get_io_ptr(png));
    if (count > self.rest_.size()) png_error(png, "the file ends too early");
    std::memcpy(out, self.rest_.data(), count);
    self.rest_ = self.rest_.subspan(count);
  }

  [[noreturn]] void leave(const char* message) {
    std::strncpy(reason_, message, sizeof reason_ - 1);
    longjmp(escape_, 1);
  }

  Bytes rest_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  std::jmp_buf escape_{};
  char reason_[128] = "no memory";
};

}  // namespace

void decode_png(Bytes bytes, const std::string& name, Image& image) {
  PngDecoder decoder(bytes);
  const auto fail_png = [&] {
    if (decoder.out_of_memory()) fail_memory(name);
    fail_picture(name, std::string("broken or truncated PNG: ") + decoder.reason());
  };
  if (!decoder.start()) fail_png();
  const int64_t width = decoder.width(), height = decoder.height();
  check_extents(width, height, name);
  constexpr int64_t most_deflated = 1032;  // bytes that a byte can stand for
  check_plausible((width * decoder.bits_per_pixel() + 7) / 8 * height,
                  most_deflated * static_cast<int64_t>(bytes.size()), bytes.size(), name);
  image.resize(static_cast<int>(width), static_cast<int>(height));
  std::vector<uint8_t> indices(decoder.indexed() ? static_cast<size_t>(width * height) : 0);
  uint8_t* first = decoder.indexed() ? indices.data() : image.pixels.data();
  const size_t row_bytes = decoder.indexed() ? static_cast<size_t>(width) : image.row_bytes();
  std::vector<png_bytep> rows(static_cast<size_t>(height));
  for (size_t y = 0; y < rows.size(); ++y) rows[y] = first + y * row_bytes;
  if (!decoder.read_rows(rows.data(), row_bytes)) fail_png();
  if (decoder.indexed()) paint(decoder.palette(), indices, image);
}

}  // namespace radial::detail
