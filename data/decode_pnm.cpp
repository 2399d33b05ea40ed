// Binary PGM (P5) and PPM (P6): a text header, then the samples. Values are scaled from maxval to 255.
#include <algorithm>
#include <cctype>

#include "data/decoders.h"

namespace radial::detail {
namespace {

// The numbers of the header, with white space and # comments between them.
class Header {
 public:
  Header(std::span<const uint8_t> bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  int64_t number() {
    skip_space();
    if (position_ == bytes_.size() || std::isdigit(bytes_[position_]) == 0) fail_picture(name_, "broken PNM header");
    int64_t value = 0;
    for (; position_ < bytes_.size() && std::isdigit(bytes_[position_]) != 0; ++position_) {
      value = value * 10 + (bytes_[position_] - '0');
      if (value > INT32_MAX) fail_picture(name_, "broken PNM header: a number is too large");
    }
    return value;
  }

  // One byte of white space ends the header.
  size_t end() const { return position_ + 1; }

 private:
  void skip_space() {
    for (; position_ < bytes_.size(); ++position_) {
      if (bytes_[position_] == '#') {
        while (position_ < bytes_.size() && bytes_[position_] != '\n') ++position_;
        if (position_ == bytes_.size()) return;
      } else if (std::isspace(bytes_[position_]) == 0) {
        return;
      }
    }
  }

  std::span<const uint8_t> bytes_;
  const std::string& name_;
  size_t position_ = 2;  // after the magic
};

}  // namespace

void decode_pnm(std::span<const uint8_t> bytes, const std::string& name, Image& image) {
  Header header(bytes, name);
  const int64_t width = header.number(), height = header.number(), maximum = header.number();
  check_extents(width, height, name);
  if (maximum < 1 || maximum > 65535) {
    fail_picture(name, "broken PNM header: maxval is " + std::to_string(maximum) + " but must be 1 to 65535");
  }
  const size_t channels = bytes[1] == '6' ? 3 : 1, sample_bytes = maximum > 255 ? 2 : 1;
  const size_t samples = static_cast<size_t>(width * height) * channels;
  if (bytes.size() < header.end() + samples * sample_bytes) {
    fail_picture(name, "truncated: " + std::to_string(header.end() + samples * sample_bytes) +
                           " bytes are announced but the file has " + std::to_string(bytes.size()));
  }
  image.resize(static_cast<int>(width), static_cast<int>(height));
  const size_t copies = channels == 1 ? 3 : 1;  // grey is repeated
  const uint8_t* in = bytes.data() + header.end();
  uint8_t* out = image.pixels.data();
  for (size_t i = 0; i < samples; ++i, in += sample_bytes) {
    const int64_t value = sample_bytes == 2 ? in[0] * 256 + in[1] : in[0];
    const auto scaled = static_cast<uint8_t>((std::min(value, maximum) * 255 + maximum / 2) / maximum);
    for (size_t copy = 0; copy < copies; ++copy) *out++ = scaled;
  }
}

}  // namespace radial::detail
