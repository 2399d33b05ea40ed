#include "data/affine.h"

#include <cmath>
#include <numbers>

namespace radial {
namespace {

// Pixel (x, y) of the result comes from (xx x + xy y + x0, yx x + yy y + y0) of the picture.
struct SourceOf {
  double xx, xy, x0, yx, yy, y0;
};

int64_t fixed_point(double value) { return static_cast<int64_t>(std::floor(value * 65536.0 + 0.5)); }

// In fixed point of 16 bits, with the middles of the pixels, as Pillow does it.
void apply(Image& image, const SourceOf& source) {
  const Image before = image;
  const int64_t xx = fixed_point(source.xx), xy = fixed_point(source.xy), yx = fixed_point(source.yx),
                yy = fixed_point(source.yy);
  int64_t row_x = fixed_point(source.x0 + source.xx * 0.5 + source.xy * 0.5),
          row_y = fixed_point(source.y0 + source.yx * 0.5 + source.yy * 0.5);
  for (int y = 0; y < image.height; ++y, row_x += xy, row_y += yy) {
    uint8_t* out = image.row(y);
    int64_t at_x = row_x, at_y = row_y;
    for (int x = 0; x < image.width; ++x, out += 3, at_x += xx, at_y += yx) {
      const int64_t from_x = at_x >> 16, from_y = at_y >> 16;
      const bool inside = from_x >= 0 && from_x < image.width && from_y >= 0 && from_y < image.height;
      const uint8_t* in = inside ? before.row(static_cast<int>(from_y)) + 3 * from_x : nullptr;
      for (int c = 0; c < 3; ++c) out[c] = inside ? in[c] : uint8_t{0};
    }
  }
}

}  // namespace

void shear_x(Image& image, double slope) { apply(image, {1, slope, 0, 0, 1, 0}); }

void shear_y(Image& image, double slope) { apply(image, {1, 0, 0, slope, 1, 0}); }

void translate(Image& image, int right, int down) {
  apply(image, {1, 0, -static_cast<double>(right), 0, 1, -static_cast<double>(down)});
}

void rotate(Image& image, double degrees) {
  const double angle = degrees * std::numbers::pi / 180, c = std::cos(angle), s = std::sin(angle);
  const double middle_x = image.width / 2.0, middle_y = image.height / 2.0;
  apply(image, {c, -s, middle_x - c * middle_x + s * middle_y, s, c, middle_y - s * middle_x - c * middle_y});
}

}  // namespace radial
