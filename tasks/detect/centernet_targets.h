// What CenterNet is to find: a map of the classes with a bump around each object's centre.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace radial {

// How far a centre may lie from an object's, so that a box of its size still overlaps it by `overlap`: the least of
// three roots, as the authors have them (they lack a division, so the radius is smaller than that says). Sides in
// cells.
double gaussian_radius(double height, double width, double overlap = 0.7);

// exp(-(x² + y²) / 2 sigma²), sigma = (2 radius + 1) / 6, around the cell (x, y) of map [rows, columns, channels], the
// larger value where two meet; what lies outside is cut off.
template <class T>
void draw_gaussian(T* map, int rows, int columns, int channels, int channel, int x, int y, int radius);

// An object in cells: corners of its box, inside of the map.
struct CellBox {
  int32_t label = 0;
  std::array<double, 4> corners = {};  // x1, y1, x2, y2
};

// Targets of one picture; those of object i are the i-th numbers.
template <class T>
struct CenterTargets {
  T* heat;        // [rows, columns, classes]
  T* size;        // [most, 2]
  T* offset;      // [most, 2]
  int32_t* cell;  // [most, 2]: row * columns + column, twice, to gather both numbers of a cell
  T* used;        // [most, 1]: 1 where there is an object, else 0
  int rows, columns, classes, most;
};
// Overwrites all of them. Objects without an extent, and those after the first `most`, are passed over.
template <class T>
void write_targets(std::span<const CellBox> objects, const CenterTargets<T>& targets);

}  // namespace radial
