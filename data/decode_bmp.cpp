// BMP: Windows' headers and those of OS/2, 1 to 32 bits, bit fields, run lengths, from the bottom or from the top.
// Debian has no library for it alone, so it is read here: a header, a palette, rows.
#include <algorithm>
#include <bit>

#include "data/decoders.h"

namespace radial::detail {
namespace {

enum class Compression : uint32_t { none = 0, rle8 = 1, rle4 = 2, bit_fields = 3 };

struct Header {
  int64_t width = 0, height = 0;
  bool from_top = false;
  uint32_t bits = 0;
  Compression compression = Compression::none;
  std::array<uint32_t, 3> masks{};  // of red, green and blue, where pixels are bit fields
  Palette palette;
  size_t pixels = 0;  // where they begin
};

class BmpDecoder {
 public:
  BmpDecoder(Bytes bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  void decode(Image& image) {
    read_header();
    check_extents(header_.width, header_.height, name_);
    if (is_run_length()) {
      // Two bytes stand for at most 255 pixels, or skip at most 255 x 255.
      check_plausible(header_.width * header_.height, std::ssize(bytes_) * 65536, bytes_.size(), name_);
    } else if (row_start(header_.height - 1) + row_bytes() > bytes_.size()) {
      fail_bmp("truncated: " + std::to_string(row_start(header_.height - 1) + row_bytes()) +
               " bytes are announced but the file has " + std::to_string(bytes_.size()));
    }
    image.resize(static_cast<int>(header_.width), static_cast<int>(header_.height));
    if (is_run_length()) return paint_runs(image);
    for (int64_t y = 0; y < header_.height; ++y) {
      const uint8_t* in = bytes_.data() + row_start(y);
      uint8_t* out = image.row(static_cast<int>(header_.from_top ? y : header_.height - 1 - y));
      if (header_.bits <= 8)
        paint_indices(in, out);
      else if (header_.bits == 24)
        for (int64_t x = 0; x < header_.width; ++x, in += 3, out += 3) std::reverse_copy(in, in + 3, out);
      else
        paint_fields(in, out);
    }
  }

 private:
  uint32_t number(size_t at, size_t size) const {
    if (at + size > bytes_.size()) fail_bmp("truncated: it ends in its header");
    uint32_t value = 0;
    for (size_t i = 0; i < size; ++i) value |= uint32_t{bytes_[at + i]} << (8 * i);
    return value;
  }

  void read_header() {
    constexpr size_t info = 14, os2 = 12, windows = 40;  // where it begins; lengths of the oldest
    const size_t length = number(info, 4);
    header_.pixels = number(10, 4);
    uint32_t colours = 0;
    if (length == os2) {
      header_.width = number(info + 4, 2);
      header_.height = number(info + 6, 2);
      header_.bits = number(info + 10, 2);
    } else if (length == windows || length == 52 || length == 56 || length == 64 || length == 108 || length == 124) {
      header_.width = number(info + 4, 4);
      const auto height = static_cast<int32_t>(number(info + 8, 4));
      header_.from_top = height < 0;
      header_.height = std::abs(int64_t{height});
      header_.bits = number(info + 14, 2);
      header_.compression = static_cast<Compression>(number(info + 16, 4));
      colours = number(info + 32, 4);
    } else {
      fail_bmp("broken: its header has " + std::to_string(length) + " bytes");
    }
    check_compression();
    size_t position = info + length;
    if (header_.compression == Compression::bit_fields) {
      read_masks(info + windows);
      if (length == windows) position += 12;
    } else if (header_.bits == 16) {
      header_.masks = {0x7C00, 0x3E0, 0x1F};
    }
    if (header_.masks == std::array<uint32_t, 3>{}) header_.masks = {0xFF0000, 0xFF00, 0xFF};
    if (header_.bits <= 8) position = read_palette(position, length == os2 ? 3 : 4, colours);
    if (header_.pixels == 0) header_.pixels = position;
  }

  void check_compression() const {
    const uint32_t bits = header_.bits;
    bool good = false;
    switch (header_.compression) {
      case Compression::none:
        good = bits == 1 || bits == 4 || bits == 8 || bits == 16 || bits == 24 || bits == 32;
        break;
      case Compression::rle8:
        good = bits == 8;
        break;
      case Compression::rle4:
        good = bits == 4;
        break;
      case Compression::bit_fields:
        good = bits == 16 || bits == 24 || bits == 32;
        break;
    }
    if (!good) {
      fail_bmp("not read: compression " + std::to_string(static_cast<uint32_t>(header_.compression)) + " of " +
               std::to_string(bits) + " bits a pixel");
    }
  }

  void read_masks(size_t at) {
    for (size_t c = 0; c < 3; ++c) header_.masks[c] = number(at + 4 * c, 4);
    if (header_.bits == 24 && header_.masks != std::array<uint32_t, 3>{0xFF0000, 0xFF00, 0xFF})
      fail_bmp("not read: 24 bits a pixel in an order of their own");
  }

  // Returns where the palette ends.
  size_t read_palette(size_t at, size_t entry, uint32_t colours) {
    if (colours == 0) colours = 1u << header_.bits;
    if (colours > 65536) fail_bmp("broken: a palette of " + std::to_string(colours) + " colours");
    for (size_t i = 0; i < std::min<size_t>(colours, 256); ++i) {
      const uint32_t bgr = number(at + entry * i, 3);
      header_.palette.colours[i] = {static_cast<uint8_t>(bgr >> 16), static_cast<uint8_t>(bgr >> 8),
                                    static_cast<uint8_t>(bgr)};
    }
    const size_t end = at + entry * colours;
    if (header_.pixels == at) header_.pixels = end;  // some writers forget the palette there
    return end;
  }

  bool is_run_length() const {
    return header_.compression == Compression::rle8 || header_.compression == Compression::rle4;
  }
  size_t row_bytes() const { return (static_cast<size_t>(header_.width) * header_.bits + 7) / 8; }
  size_t row_start(int64_t y) const { return header_.pixels + static_cast<size_t>(y) * ((row_bytes() + 3) / 4 * 4); }

  void paint_indices(const uint8_t* in, uint8_t* out) const {
    const uint32_t bits = header_.bits, mask = (1u << bits) - 1;
    for (size_t x = 0; x < static_cast<size_t>(header_.width); ++x) {
      const size_t bit = x * bits;
      const uint32_t index = in[bit / 8] >> (8 - bits - bit % 8) & mask;
      out = std::copy_n(header_.palette.colours[index].data(), 3, out);
    }
  }

  void paint_fields(const uint8_t* in, uint8_t* out) const {
    const size_t size = header_.bits / 8;
    for (int64_t x = 0; x < header_.width; ++x, in += size) {
      uint32_t pixel = 0;
      for (size_t i = 0; i < size; ++i) pixel |= uint32_t{in[i]} << (8 * i);
      for (const uint32_t mask : header_.masks) {
        const int shift = std::countr_zero(mask);
        const uint64_t most = mask == 0 ? 1 : mask >> shift;
        *out++ = mask == 0 ? uint8_t{0} : static_cast<uint8_t>(uint64_t{(pixel & mask) >> shift} * 255 / most);
      }
    }
  }

  // Runs, and what they leave out, as indices; then they are painted.
  void paint_runs(Image& image) {
    const int64_t width = header_.width, height = header_.height;
    std::vector<uint8_t> indices(static_cast<size_t>(width * height));
    const bool halves = header_.compression == Compression::rle4;
    size_t at = header_.pixels;
    int64_t x = 0, y = 0;
    const auto next = [&] {
      if (at >= bytes_.size()) fail_bmp("truncated: the data ends in row " + std::to_string(y));
      return bytes_[at++];
    };
    const auto put = [&](uint8_t index) {
      if (x < width && y < height)
        indices[static_cast<size_t>((header_.from_top ? y : height - 1 - y) * width + x)] = index;
      ++x;
    };
    const auto nibble = [&](uint8_t byte, int i) -> uint8_t { return i % 2 == 0 ? byte >> 4 : byte & 15; };
    const auto whole = [&] { return y >= height || (y == height - 1 && x >= width); };
    while (!whole()) {
      const int count = next();
      const uint8_t value = next();
      if (count > 0) {
        for (int i = 0; i < count; ++i) put(halves ? nibble(value, i) : value);
      } else if (value == 0) {  // end of a row
        x = 0;
        ++y;
      } else if (value == 1) {
        fail_bmp("truncated: it says that it ends in row " + std::to_string(y));
      } else if (value == 2) {  // what is skipped keeps index 0
        x += next();
        y += next();
      } else {  // that many indices, then as much as makes the bytes even
        uint8_t byte = 0;
        for (int i = 0; i < value; ++i) {
          if (!halves || i % 2 == 0) byte = next();
          put(halves ? nibble(byte, i) : byte);
        }
        const int bytes = halves ? (value + 1) / 2 : value;
        if (bytes % 2 != 0 && at < bytes_.size()) ++at;
      }
    }
    paint(header_.palette, indices, image);
  }

  [[noreturn]] void fail_bmp(const std::string& reason) const { fail_picture(name_, "BMP, " + reason); }

  Bytes bytes_;
  const std::string& name_;
  Header header_;
};

}  // namespace

void decode_bmp(Bytes bytes, const std::string& name, Image& image) { BmpDecoder(bytes, name).decode(image); }

}  // namespace radial::detail
