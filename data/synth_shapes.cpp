#include "data/synth_shapes.h"

#include <algorithm>

namespace radial::synth {
namespace {

constexpr double pi = std::numbers::pi;

Point turned(Point p, double angle) {
  return {p.x * std::cos(angle) - p.y * std::sin(angle), p.x * std::sin(angle) + p.y * std::cos(angle)};
}

// Distance to the side of a regular polygon whose sides are `apothem` from its middle.
double polygon(Point p, int sides, double apothem) {
  const double sector = 2 * pi / sides;
  const double angle = std::atan2(p.x, p.y);
  return length(p) * std::cos(angle - sector * std::round(angle / sector)) - apothem;
}

double box(Point p, double half_width, double half_height) {
  const double dx = std::abs(p.x) - half_width, dy = std::abs(p.y) - half_height;
  return std::hypot(std::max(dx, 0.0), std::max(dy, 0.0)) + std::min(std::max(dx, dy), 0.0);
}

// One tenth of a star is the line from a tip (0, 1) to the notch beside it.
double star(Point p, int tips, double notch_radius) {
  const double half = pi / tips;
  double angle = std::atan2(p.x, p.y);
  angle = std::abs(angle - 2 * half * std::round(angle / (2 * half)));
  const Point folded{length(p) * std::sin(angle), length(p) * std::cos(angle)};
  const Point tip{0, 1}, notch{notch_radius * std::sin(half), notch_radius * std::cos(half)};
  const Point side = notch - tip, to = folded - tip;
  return (side.x * -to.y + side.y * to.x) / -length(side);
}

double heart(Point p) {
  p = {std::abs(p.x) / 1.5, 0.62 - p.y / 1.5};  // the tip lies at the origin, the lobes end at y = 1.1
  if (p.x + p.y > 1) return (length(p - Point{0.25, 0.75}) - std::numbers::sqrt2 / 4) * 1.5;
  const double along = 0.5 * std::max(p.x + p.y, 0.0);
  const double distance = std::min(length(p - Point{0, 1}), length(p - Point{along, along}));
  return (p.x < p.y ? -distance : distance) * 1.5;
}

// A circle whose radius goes in and out with the angle; steep sides for a gear, round ones for a flower.
double wavy_disc(Point p, int waves, double radius, double amplitude, double steepness) {
  const double wave = std::clamp(std::cos(waves * std::atan2(p.x, p.y)) * steepness, -1.0, 1.0);
  return (length(p) - radius - amplitude * wave) * 0.7;
}

}  // namespace

double outline(int shape, Point p) {
  switch (shape) {
    case 0:
      return length(p) - 0.9;
    case 1:
      return star(p, 5, 0.45);
    case 2:
      return heart(p);
    case 3:
      return std::abs(length(p) - 0.68) - 0.26;
    case 4:
      return polygon(p, 3, 0.55);
    case 5:
      return std::max(wavy_disc(p, 9, 0.82, 0.14, 2.5), 0.28 - length(p));
    case 6:
      return box(p, 0.78, 0.78);
    case 7:
      return std::min(box(p, 0.95, 0.33), box(p, 0.33, 0.95));
    case 8:
      return std::max(length(p) - 0.92, 0.72 - length(p - Point{0.5, 0}));
    default:
      return wavy_disc(p, 6, 0.72, 0.22, 1);
  }
}

namespace {

// A wave between 0 and 1 of period 1, flat at both ends, its flanks `blur` periods wide.
double soft_wave(double phase, double blur) {
  const double width = std::min(pi * blur, 1.0);
  return smooth_step(-width, width, std::sin(2 * pi * phase));
}

double fraction(double x) { return x - std::floor(x); }

double zigzag(double x) { return std::abs(2 * fraction(x) - 1); }

// A number from 0 to 1 that belongs to a lattice point.
double lattice_value(int64_t x, int64_t y, uint32_t seed) {
  uint32_t h = seed ^ (static_cast<uint32_t>(x) * 0x8DA6B343u) ^ (static_cast<uint32_t>(y) * 0xD8163841u);
  h = (h ^ (h >> 15)) * 0x2C1B3C6Du;
  h = (h ^ (h >> 12)) * 0x297A2D39u;
  return static_cast<double>(h ^ (h >> 15)) * 0x1p-32;
}

double smooth_noise(Point p, uint32_t seed) {
  const double x = std::floor(p.x), y = std::floor(p.y);
  const double u = smooth_step(0, 1, p.x - x), v = smooth_step(0, 1, p.y - y);
  const auto i = static_cast<int64_t>(x), j = static_cast<int64_t>(y);
  return std::lerp(std::lerp(lattice_value(i, j, seed), lattice_value(i + 1, j, seed), u),
                   std::lerp(lattice_value(i, j + 1, seed), lattice_value(i + 1, j + 1, seed), u), v);
}

// Dots on a lattice whose rows are shifted by half.
double dots(Point p, double blur) {
  const double row = std::round(p.y / 0.87);
  const double x = p.x - (std::fmod(std::abs(row), 2) < 0.5 ? 0 : 0.5);
  return smooth_step(-blur, blur, 0.3 - length({x - std::round(x), p.y - row * 0.87}));
}

double bricks(Point p, double blur) {
  const double row = std::floor(p.y * 1.4);
  const double x = p.x * 0.8 + (std::fmod(std::abs(row), 2) < 0.5 ? 0 : 0.5);
  const double joint = std::min(0.5 - std::abs(fraction(x) - 0.5), 0.5 - std::abs(fraction(p.y * 1.4) - 0.5));
  return smooth_step(-blur, blur, joint - 0.13);
}

double lattice(Point p, double blur) {
  const double line = std::min(std::abs(fraction(p.x) - 0.5), std::abs(fraction(p.y) - 0.5));
  return smooth_step(-blur, blur, line - 0.12);
}

}  // namespace

double cloud(Point p, uint32_t seed) {
  double sum = 0, weight = 0.5;
  for (uint32_t octave = 0; octave < 4; ++octave, weight /= 2) {
    sum += weight * smooth_noise(p, seed + octave);
    p = turned(2.03 * p, 0.5);
  }
  return sum / 0.9375;
}

double texture(int kind, Point p, double frequency, double blur, uint32_t seed) {
  p = frequency * p;
  blur *= frequency;
  switch (kind) {
    case 0:
      return soft_wave(p.x, blur);
    case 1: {
      const double a = soft_wave(p.x * 0.8, blur), b = soft_wave(p.y * 0.8, blur);
      return a + b - 2 * a * b;
    }
    case 2:
      return dots(p, blur);
    case 3:
      return soft_wave(p.x + 0.28 * std::sin(2 * pi * p.y * 0.7), blur);
    case 4:
      return soft_wave(length(p), blur);
    case 5:
      return bricks(p, blur);
    case 6:
      return smooth_step(0.5 - blur - 0.04, 0.5 + blur + 0.04, smooth_noise(2.2 * p, seed));
    case 7:
      return soft_wave(p.x + 0.9 * zigzag(p.y * 0.6), blur);
    case 8:
      return lattice(turned(p, pi / 4), blur);
    default:
      return soft_wave(0.7 * p.x + 1.6 * cloud(0.8 * p, seed), 0.25 + blur);
  }
}

}  // namespace radial::synth
