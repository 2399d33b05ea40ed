// PBM, PGM and PPM, as text (P1 to P3) and binary (P4 to P6). Samples are scaled from maxval to 255 as Pillow does it.
#include <algorithm>
#include <cctype>
#include <cmath>

#include "data/decoders.h"

namespace radial::detail {
namespace {

bool is_space(uint8_t byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }

class PnmDecoder {
 public:
  PnmDecoder(Bytes bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  void decode(Image& image) {
    const int kind = bytes_[1] - '0';
    const bool bits = kind == 1 || kind == 4, text = kind <= 3;
    const int64_t width = number(), height = number();
    maximum_ = bits ? 1 : number();
    check_extents(width, height, name_);
    if (maximum_ < 1 || maximum_ > 65535) {
      fail_picture(name_, "broken PNM header: maxval is " + std::to_string(maximum_) + " but must be 1 to 65535");
    }
    const int64_t channels = kind == 3 || kind == 6 ? 3 : 1, samples = width * height * channels;
    const int64_t needed = text ? samples : bits ? (width + 7) / 8 * height : samples * (maximum_ > 255 ? 2 : 1);
    const int64_t left = std::max<int64_t>(0, std::ssize(bytes_) - static_cast<int64_t>(position_));
    if (needed > left) {
      fail_picture(name_, "truncated: at least " + std::to_string(needed) + " bytes are announced but the file has " +
                              std::to_string(left));
    }
    image.resize(static_cast<int>(width), static_cast<int>(height));
    make_scale();
    const auto paint = [&](auto&& sample) {
      const int64_t copies = channels == 1 ? 3 : 1;  // grey is repeated
      for (uint8_t* out = image.pixels.data(); out != image.pixels.data() + image.pixels.size(); out += copies)
        std::fill_n(out, copies, sample());
    };
    if (kind == 1)
      paint([&] { return digit(); });
    else if (kind == 4)
      paint_bits(image);
    else if (text)
      paint([&] { return scale(text_sample()); });
    else if (maximum_ > 255)
      paint([&] {
        position_ += 2;
        return scale(bytes_[position_ - 2] * 256 + bytes_[position_ - 1]);
      });
    else
      paint([&] { return scale(bytes_[position_++]); });
  }

 private:
  // A number with its end: one byte of white space. Before and in it, # begins a comment to the end of its line.
  int64_t number() {
    std::string digits;
    for (; position_ < bytes_.size(); ++position_) {
      const uint8_t byte = bytes_[position_];
      if (byte == '#') {
        while (position_ + 1 < bytes_.size() && bytes_[position_] != '\n' && bytes_[position_] != '\r') ++position_;
      } else if (!is_space(byte)) {
        digits += static_cast<char>(byte);
        if (std::isdigit(byte) == 0) break;
        if (digits.size() > 10) fail_picture(name_, "broken PNM: a number is too large");
      } else if (!digits.empty()) {
        break;
      }
    }
    ++position_;
    if (digits.empty()) fail_picture(name_, "truncated or broken PNM: a number is expected where the file ends");
    if (std::isdigit(static_cast<unsigned char>(digits.back())) == 0) fail_picture(name_, "broken PNM: no number");
    const int64_t value = std::stoll(digits);
    if (value > INT32_MAX) fail_picture(name_, "broken PNM: a number is too large");
    return value;
  }

  int64_t text_sample() {
    const int64_t value = number();
    if (value > maximum_) {
      fail_picture(name_, "broken PNM: the value " + std::to_string(value) + " is larger than maxval, " +
                              std::to_string(maximum_));
    }
    return value;
  }

  // P1: a digit is a pixel, with or without white space between; 1 is black.
  uint8_t digit() {
    for (; position_ < bytes_.size(); ++position_) {
      const uint8_t byte = bytes_[position_];
      if (byte == '#') {
        while (position_ + 1 < bytes_.size() && bytes_[position_] != '\n' && bytes_[position_] != '\r') ++position_;
      } else if (!is_space(byte)) {
        if (byte != '0' && byte != '1') fail_picture(name_, "broken PBM: pixels are 0 or 1");
        ++position_;
        return byte == '1' ? 0 : 255;
      }
    }
    fail_picture(name_, "truncated: the file ends before its pixels do");
  }

  void paint_bits(Image& image) const {
    const size_t row_bytes = (static_cast<size_t>(image.width) + 7) / 8;
    for (int y = 0; y < image.height; ++y) {
      const uint8_t* in = bytes_.data() + position_ + static_cast<size_t>(y) * row_bytes;
      for (int x = 0; x < image.width; ++x)
        std::fill_n(image.row(y) + 3 * x, 3, (in[x / 8] >> (7 - x % 8) & 1) != 0 ? uint8_t{0} : uint8_t{255});
    }
  }

  // Rounds to even, as Python does.
  void make_scale() {
    scaled_.resize(static_cast<size_t>(maximum_) + 1);
    for (size_t value = 0; value < scaled_.size(); ++value)
      scaled_[value] =
          static_cast<uint8_t>(std::nearbyint(static_cast<double>(value) / static_cast<double>(maximum_) * 255.0));
  }
  uint8_t scale(int64_t value) const { return scaled_[static_cast<size_t>(std::min(value, maximum_))]; }

  Bytes bytes_;
  const std::string& name_;
  size_t position_ = 2;  // after the magic
  int64_t maximum_ = 1;
  std::vector<uint8_t> scaled_;
};

}  // namespace

void decode_pnm(Bytes bytes, const std::string& name, Image& image) { PnmDecoder(bytes, name).decode(image); }

}  // namespace radial::detail
