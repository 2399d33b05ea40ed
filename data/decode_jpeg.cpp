// JPEG through libjpeg-turbo with the choices of Pillow: exact integer DCT, smooth ("fancy") chroma upsampling.
#include <csetjmp>
#include <cstdio>

#include <jpeglib.h>

// After jpeglib.h: its messages are numbered by the version that is told there.
#include <jerror.h>

#include "data/decoders.h"

namespace radial::detail {
namespace {

// libjpeg reports errors by a call that must not return; we leave by longjmp. So no object with a destructor may live
// in a function that calls setjmp: the pixels belong to the caller, who sees success or failure only.
class JpegDecoder {
 public:
  explicit JpegDecoder(std::span<const uint8_t> bytes) : bytes_(bytes) {
    info_.err = jpeg_std_error(&errors_);
    info_.client_data = this;
    errors_.error_exit = [](j_common_ptr info) { from(info).leave(); };
    errors_.emit_message = [](j_common_ptr info, int level) { from(info).note(level); };
  }
  ~JpegDecoder() { jpeg_destroy_decompress(&info_); }
  JpegDecoder(const JpegDecoder&) = delete;
  JpegDecoder& operator=(const JpegDecoder&) = delete;

  // Reads the header; afterwards width(), height() and cmyk() are known.
  bool start() {
    if (setjmp(escape_) != 0) return false;
    jpeg_create_decompress(&info_);
    jpeg_mem_src(&info_, bytes_.data(), static_cast<unsigned long>(bytes_.size()));
    jpeg_read_header(&info_, TRUE);
    const bool four = info_.jpeg_color_space == JCS_CMYK || info_.jpeg_color_space == JCS_YCCK;
    info_.out_color_space = four ? JCS_CMYK : JCS_RGB;
    info_.dct_method = JDCT_ISLOW;
    info_.do_fancy_upsampling = TRUE;
    return true;
  }

  // Decodes all rows to `out`, stride bytes apart, and goes on to the end of the file, so that a lost tail is noticed.
  bool read_rows(uint8_t* out, size_t stride) {
    if (setjmp(escape_) != 0) return false;
    jpeg_start_decompress(&info_);
    while (info_.output_scanline < info_.output_height) {
      JSAMPROW rows[8];
      for (size_t i = 0; i < 8; ++i) rows[i] = out + (info_.output_scanline + i) * stride;
      const JDIMENSION left = info_.output_height - info_.output_scanline;
      jpeg_read_scanlines(&info_, rows, left < 8 ? left : 8);
    }
    jpeg_finish_decompress(&info_);
    return true;
  }

  // Whether so many bytes can hold the picture: a block of 8 x 8 takes a bit at least, but for arithmetic coding.
  bool plausible() const {
    const int64_t blocks = (width() + 7) / 8 * ((height() + 7) / 8);
    return info_.arith_code == TRUE || blocks <= 8 * std::ssize(bytes_);
  }

  int64_t width() const { return info_.image_width; }
  int64_t height() const { return info_.image_height; }
  bool cmyk() const { return info_.out_color_space == JCS_CMYK; }
  const char* reason() const { return reason_; }
  bool out_of_memory() const { return errors_.msg_code == JERR_OUT_OF_MEMORY; }

 private:
  template <class Info>
  static JpegDecoder& from(Info info) {
    return *static_cast<JpegDecoder*>(info->client_data);
  }

  [[noreturn]] void leave() {
    errors_.format_message(reinterpret_cast<j_common_ptr>(&info_), reason_);
    longjmp(escape_, 1);
  }

  // libjpeg only warns where data is missing or damaged, and paints what it can: for us that is no picture. Other
  // warnings (stray bytes between markers, odd tables) leave the picture whole and are common in the wild.
  void note(int level) {
    if (level >= 0) return;
    switch (errors_.msg_code) {
      case JWRN_JPEG_EOF:
      case JWRN_HIT_MARKER:
      case JWRN_HUFF_BAD_CODE:
      case JWRN_ARITH_BAD_CODE:
      case JWRN_MUST_RESYNC:
        leave();
      default:
        ++errors_.num_warnings;
    }
  }

  std::span<const uint8_t> bytes_;
  jpeg_decompress_struct info_{};
  jpeg_error_mgr errors_{};
  std::jmp_buf escape_{};
  char reason_[JMSG_LENGTH_MAX] = {};
};

// round(a * b / 255) as Pillow computes it
inline int multiply_255(int a, int b) {
  const int product = a * b + 128;
  return ((product >> 8) + product) >> 8;
}

// CMYK as Adobe stores it, inverted: the stored value is 255 less ink.
void cmyk_to_rgb(const uint8_t* cmyk, size_t pixels, uint8_t* rgb) {
  for (size_t i = 0; i < pixels; ++i, cmyk += 4, rgb += 3) {
    const int paper = cmyk[3];  // 255 - black
    for (int c = 0; c < 3; ++c) rgb[c] = static_cast<uint8_t>(paper - multiply_255(255 - cmyk[c], paper));
  }
}

}  // namespace

bool jpeg_has_four_colours(Bytes bytes) {
  JpegDecoder decoder(bytes);
  return decoder.start() && decoder.cmyk();
}

void decode_jpeg(std::span<const uint8_t> bytes, const std::string& name, Image& image) {
  JpegDecoder decoder(bytes);
  const auto fail_jpeg = [&] {
    if (decoder.out_of_memory()) fail_memory(name);
    fail_picture(name, std::string("broken or truncated JPEG: ") + decoder.reason());
  };
  if (!decoder.start()) fail_jpeg();
  check_extents(decoder.width(), decoder.height(), name);
  check_plausible(decoder.plausible() ? 0 : 1, 0, bytes.size(), name);
  image.resize(static_cast<int>(decoder.width()), static_cast<int>(decoder.height()));
  if (!decoder.cmyk()) {
    if (!decoder.read_rows(image.pixels.data(), image.row_bytes())) fail_jpeg();
    return;
  }
  const size_t pixels = static_cast<size_t>(image.width) * static_cast<size_t>(image.height);
  std::vector<uint8_t> ink(pixels * 4);
  if (!decoder.read_rows(ink.data(), static_cast<size_t>(image.width) * 4)) fail_jpeg();
  cmyk_to_rgb(ink.data(), pixels, image.pixels.data());
}

}  // namespace radial::detail
