// Digits as a hand might write them: strokes between a few points, white on black.
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "core/error.h"
#include "data/synth.h"
#include "data/synth_shapes.h"

namespace radial {
namespace {

using synth::Point;  // the digit's box is 0 to 1, y downwards
using Stroke = std::vector<Point>;

// A part of an ellipse, angles in quarters of a turn, from the right, downwards.
Stroke arc(Point centre, double rx, double ry, double from, double to) {
  Stroke stroke;
  constexpr int pieces = 12;
  for (int i = 0; i <= pieces; ++i) {
    const double angle = (from + (to - from) * i / pieces) * std::acos(0);
    stroke.push_back({centre.x + rx * std::cos(angle), centre.y + ry * std::sin(angle)});
  }
  return stroke;
}

std::vector<Stroke> strokes_of(int digit) {
  switch (digit) {
    case 0:
      return {arc({0.5, 0.5}, 0.32, 0.46, 0, 4)};
    case 1:
      return {{{0.35, 0.2}, {0.55, 0.04}, {0.55, 0.96}}};
    case 2:
      return {arc({0.5, 0.3}, 0.3, 0.26, -2, 0.6), {{0.74, 0.44}, {0.2, 0.95}, {0.82, 0.95}}};
    case 3:
      return {arc({0.47, 0.28}, 0.28, 0.23, -2, 1), arc({0.47, 0.72}, 0.31, 0.24, -1, 2)};
    case 4:
      return {{{0.62, 0.96}, {0.62, 0.04}, {0.16, 0.66}, {0.86, 0.66}}};
    case 5:
      return {{{0.78, 0.05}, {0.3, 0.05}, {0.27, 0.46}}, arc({0.47, 0.68}, 0.3, 0.27, -1.5, 2)};
    case 6:
      return {{{0.68, 0.04}, {0.33, 0.4}, {0.22, 0.68}}, arc({0.5, 0.7}, 0.28, 0.26, -2, 2)};
    case 7:
      return {{{0.18, 0.05}, {0.82, 0.05}, {0.42, 0.96}}};
    case 8:
      return {arc({0.5, 0.27}, 0.25, 0.22, 0, 4), arc({0.5, 0.73}, 0.3, 0.24, 0, 4)};
    default:
      return {arc({0.5, 0.3}, 0.28, 0.26, 0, 4), {{0.78, 0.32}, {0.72, 0.62}, {0.5, 0.96}}};
  }
}

double distance(Point p, Point a, Point b) {
  const double dx = b.x - a.x, dy = b.y - a.y, length = dx * dx + dy * dy;
  const double t = length > 0 ? std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / length, 0.0, 1.0) : 0;
  return std::hypot(p.x - a.x - t * dx, p.y - a.y - t * dy);
}

}  // namespace

Image draw_synth_digit(int digit, int size, Random random) {
  check(digit >= 0 && digit < synth_digits, "synth: there is no digit ", digit);
  const double turn = random.uniform(-0.25, 0.25), slant = random.uniform(-0.3, 0.3), tall = random.uniform(0.6, 0.75),
               wide = tall * random.uniform(0.6, 0.95), half = random.uniform(0.03, 0.055);
  const Point middle{random.uniform(0.44, 0.56), random.uniform(0.44, 0.56)};
  std::vector<Stroke> strokes = strokes_of(digit);
  for (Stroke& stroke : strokes)
    for (Point& p : stroke) {
      const double y = (p.y - 0.5 + random.uniform(-0.015, 0.015)) * tall,
                   x = (p.x - 0.5 + random.uniform(-0.015, 0.015)) * wide - slant * y;
      p = {middle.x + std::cos(turn) * x - std::sin(turn) * y, middle.y + std::sin(turn) * x + std::cos(turn) * y};
    }
  Image image;
  image.resize(size, size);
  for (int row = 0; row < size; ++row)
    for (int column = 0; column < size; ++column) {
      const Point p{(column + 0.5) / size, (row + 0.5) / size};
      double nearest = 2;
      for (const Stroke& stroke : strokes)
        for (size_t i = 1; i < stroke.size(); ++i) nearest = std::min(nearest, distance(p, stroke[i - 1], stroke[i]));
      const double ink = std::clamp((half - nearest) * size + 0.5, 0.0, 1.0);  // an edge of one pixel
      std::fill_n(image.row(row) + 3 * column, 3, static_cast<uint8_t>(std::lround(255 * ink)));
    }
  return image;
}

}  // namespace radial
