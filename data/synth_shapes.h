// The outlines and textures that synthetic pictures are made of.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace radial::synth {

struct Point {
  double x = 0;
  double y = 0;

  friend Point operator+(Point a, Point b) { return {a.x + b.x, a.y + b.y}; }
  friend Point operator-(Point a, Point b) { return {a.x - b.x, a.y - b.y}; }
  friend Point operator*(double s, Point a) { return {s * a.x, s * a.y}; }
};

inline double length(Point p) { return std::hypot(p.x, p.y); }

// 0 below low, 1 above high, smooth between.
inline double smooth_step(double low, double high, double value) {
  const double t = std::fmin(std::fmax((value - low) / (high - low), 0), 1);
  return t * t * (3 - 2 * t);
}

inline constexpr std::array shape_names = {"disc", "star",   "heart", "ring", "triangle",
                                           "gear", "square", "cross", "moon", "flower"};

// Signed distance (about) to the outline of a shape of radius 1, negative inside.
double outline(int shape, Point p);

inline constexpr std::array texture_names = {"striped", "checkered", "dotted", "wavy",     "ringed",
                                             "bricked", "speckled",  "zigzag", "latticed", "marbled"};

// The texture's value from 0 to 1 at a point, with `frequency` periods a unit; edges are `blur` units wide.
double texture(int kind, Point p, double frequency, double blur, uint32_t seed);

// Smooth noise from 0 to 1: four octaves of random values on lattices.
double cloud(Point p, uint32_t seed);

}  // namespace radial::synth
