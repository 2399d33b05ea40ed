#include "data/affine_warp.h"

#include <cmath>
#include <vector>

namespace radial {

namespace {

constexpr int fine_bits = 10, cell_bits = 5;  // of coordinates: while they are added, and of what remains
constexpr int cells = 1 << cell_bits;         // parts of a pixel

}  // namespace

AffineMap AffineMap::inverse() const {
  const double determinant = xx * yy - xy * yx, scale = determinant == 0 ? 0 : 1 / determinant;
  AffineMap map{yy * scale, -xy * scale, 0, -yx * scale, xx * scale, 0};
  map.x0 = -map.xx * x0 - map.xy * y0;
  map.y0 = -map.yx * x0 - map.yy * y0;
  return map;
}

AffineMap centering_map(double center_x, double center_y, double side, int width, int height) {
  const double scale = width / side;
  return {scale, 0, width * 0.5 - scale * center_x, 0, scale, height * 0.5 - scale * center_y};
}

void warp_affine(const Image& source, const AffineMap& map, int width, int height, Image& result) {
  const AffineMap back = map.inverse();
  const double fine = 1 << fine_bits;
  // Far outside is outside: no coordinate overflows.
  const auto fixed = [&](double value) {
    return static_cast<int64_t>(std::nearbyint(std::fmin(std::fmax(value * fine, -1e15), 1e15)));
  };
  result.resize(width, height);
  std::vector<int64_t> along_x(static_cast<size_t>(width)), along_y(static_cast<size_t>(width));
  for (int u = 0; u < width; ++u) {
    along_x[static_cast<size_t>(u)] = fixed(back.xx * u);
    along_y[static_cast<size_t>(u)] = fixed(back.yx * u);
  }
  const int64_t round = 1 << (fine_bits - cell_bits - 1);
  const uint8_t black[3] = {};
  const auto pixel = [&](int64_t x, int64_t y) {
    const bool inside = x >= 0 && y >= 0 && x < source.width && y < source.height;
    return inside ? source.row(static_cast<int>(y)) + 3 * x : black;
  };
  for (int v = 0; v < height; ++v) {
    const int64_t from_x = fixed(back.xy * v + back.x0) + round, from_y = fixed(back.yy * v + back.y0) + round;
    uint8_t* out = result.row(v);
    for (int u = 0; u < width; ++u, out += 3) {
      const int64_t fx = (from_x + along_x[static_cast<size_t>(u)]) >> (fine_bits - cell_bits);
      const int64_t fy = (from_y + along_y[static_cast<size_t>(u)]) >> (fine_bits - cell_bits);
      const int64_t x = fx >> cell_bits, y = fy >> cell_bits;
      const int right = static_cast<int>(fx & (cells - 1)), below = static_cast<int>(fy & (cells - 1));
      const uint8_t *a = pixel(x, y), *b = pixel(x + 1, y), *c = pixel(x, y + 1), *d = pixel(x + 1, y + 1);
      const int wa = (cells - right) * (cells - below), wb = right * (cells - below), wc = (cells - right) * below,
                wd = right * below;
      for (int k = 0; k < 3; ++k)
        out[k] = static_cast<uint8_t>((wa * a[k] + wb * b[k] + wc * c[k] + wd * d[k] + cells * cells / 2) >>
                                      (2 * cell_bits));
    }
  }
}

}  // namespace radial
