// Antialiased bilinear resizing, bit for bit that of Pillow: Image.crop(crop).resize((width, height), BILINEAR).
#pragma once

#include <cstdint>
#include <vector>

#include "data/image.h"
#include "data/row_kernels.h"

namespace radial {

// A rectangle of pixels.
struct Box {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;

  bool operator==(const Box&) const = default;
};

// The triangle filter, stretched by the ratio of sizes when the picture becomes smaller (so that each pixel counts),
// applied along rows and then across them; 8 bits are kept between the two passes, as in Pillow. Pixels outside of the
// crop are not looked at. A Resizer keeps its buffers from picture to picture and belongs to one thread.
class Resizer {
 public:
  // Resizes `crop` of the source to width x height and writes the part `window` of the result to out, its rows
  // out_stride bytes apart; with flip the part is mirrored left to right. Only what the window needs is computed.
  // The boxes must lie inside the source and the result.
  void run(const Image& source, const Box& crop, int width, int height, const Box& window, bool flip, uint8_t* out,
           int64_t out_stride);

 private:
  detail::Filter along_;           // x
  detail::Filter across_;          // y
  std::vector<uint8_t> rows_;      // the source rows that the window needs, filtered along x
  std::vector<uint8_t> last_row_;  // the picture's last row with room behind it
};

// The whole crop, or the whole picture.
Image resize_image(const Image& source, const Box& crop, int width, int height);
Image resize_image(const Image& source, int width, int height);

}  // namespace radial
