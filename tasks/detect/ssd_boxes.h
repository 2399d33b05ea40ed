// SSD's default boxes, which of them are to find an object, and how a box is written beside a default one.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/tensor.h"

namespace radial {

// Shares of the picture.
struct Corners {
  double x1 = 0, y1 = 0, x2 = 0, y2 = 0;
};
struct Centered {
  double x = 0, y = 0, w = 0, h = 0;
  Corners corners() const { return {x - w / 2, y - h / 2, x + w / 2, y + h / 2}; }
};
double iou(const Corners& a, const Corners& b);  // 0 of two without an area

// The 8,732 of SSD300 on COCO: for each map and cell, rows first, squares of the sides s_k and sqrt(s_k s_k+1), then
// the ratios 2, 1/2 and, in maps 1 to 3, 3, 1/3. All four numbers lie in [0, 1].
const std::vector<Centered>& default_boxes();

// t = ((x - x_d) / (0.1 w_d), (y - y_d) / (0.1 h_d), ln(w / w_d) / 0.2, ln(h / h_d) / 0.2), and back.
std::array<double, 4> encode(const Corners& box, const Centered& at);
Corners decode(const std::array<double, 4>& code, const Centered& at);

// For each default box the object that it is to find, or -1: the one that it overlaps most, if by half or more; and for
// each object the default box that overlaps it most, whatever the overlap. Of objects that want the same one the last
// has it.
std::vector<int> match_boxes(std::span<const Corners> objects);

// Which default boxes count as background in the loss: of each picture, of the `boxes` whose label is 0, three times as
// many as it has others, those of the highest losses; of equal ones the first. losses, labels of pictures one after
// another. 1 for those that count, and for those of other labels; else 0.
std::vector<double> hard_negatives(std::span<const double> losses, std::span<const int32_t> labels, int64_t boxes);

}  // namespace radial
