#include "tasks/detect/ssd_boxes.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "models/ssd.h"

namespace radial {

namespace {

constexpr double picture = 300, center_variance = 0.1, size_variance = 0.2, least_overlap = 0.5;
constexpr int steps[] = {8, 16, 32, 64, 100, 300};
constexpr int sizes[] = {21, 45, 99, 153, 207, 261, 315};
constexpr int negatives_per_positive = 3;

std::vector<Centered> make_default_boxes() {
  std::vector<Centered> boxes;
  const auto add = [&](double x, double y, double w, double h) {
    const auto cut = [](double value) { return std::clamp(value, 0.0, 1.0); };
    boxes.push_back({cut(x), cut(y), cut(w), cut(h)});
  };
  for (size_t k = 0; k < Ssd::sides.size(); ++k) {
    const double small = sizes[k] / picture, large = std::sqrt(small * (sizes[k + 1] / picture));
    for (int i = 0; i < Ssd::sides[k]; ++i)
      for (int j = 0; j < Ssd::sides[k]; ++j) {
        const double x = (j + 0.5) * steps[k] / picture, y = (i + 0.5) * steps[k] / picture;
        add(x, y, small, small);
        add(x, y, large, large);
        for (int ratio = 2; 2 * ratio <= Ssd::shapes[k]; ++ratio) {
          const double root = std::sqrt(ratio);
          add(x, y, small * root, small / root);
          add(x, y, small / root, small * root);
        }
      }
  }
  return boxes;
}

}  // namespace

double iou(const Corners& a, const Corners& b) {
  const double w = std::min(a.x2, b.x2) - std::max(a.x1, b.x1), h = std::min(a.y2, b.y2) - std::max(a.y1, b.y1);
  if (w <= 0 || h <= 0) return 0;
  const double both = w * h;
  return both / ((a.x2 - a.x1) * (a.y2 - a.y1) + (b.x2 - b.x1) * (b.y2 - b.y1) - both);
}

const std::vector<Centered>& default_boxes() {
  static const std::vector<Centered> boxes = make_default_boxes();
  return boxes;
}

std::array<double, 4> encode(const Corners& box, const Centered& at) {
  const double x = (box.x1 + box.x2) / 2, y = (box.y1 + box.y2) / 2;
  return {(x - at.x) / (center_variance * at.w), (y - at.y) / (center_variance * at.h),
          std::log((box.x2 - box.x1) / at.w) / size_variance, std::log((box.y2 - box.y1) / at.h) / size_variance};
}

Corners decode(const std::array<double, 4>& code, const Centered& at) {
  return Centered{at.x + center_variance * code[0] * at.w, at.y + center_variance * code[1] * at.h,
                  at.w * std::exp(size_variance * code[2]), at.h * std::exp(size_variance * code[3])}
      .corners();
}

std::vector<int> match_boxes(std::span<const Corners> objects) {
  const std::vector<Centered>& boxes = default_boxes();
  std::vector<int> found(boxes.size(), -1);
  std::vector<double> best(boxes.size(), 0);
  std::vector<size_t> box_of(objects.size());
  for (size_t o = 0; o < objects.size(); ++o) {
    double most = -1;
    for (size_t i = 0; i < boxes.size(); ++i) {
      const double overlap = iou(objects[o], boxes[i].corners());
      if (overlap > most) most = overlap, box_of[o] = i;
      if (overlap > best[i]) best[i] = overlap, found[i] = static_cast<int>(o);
    }
  }
  for (size_t i = 0; i < boxes.size(); ++i)
    if (best[i] < least_overlap) found[i] = -1;
  for (size_t o = 0; o < objects.size(); ++o) found[box_of[o]] = static_cast<int>(o);
  return found;
}

std::vector<double> hard_negatives(std::span<const double> losses, std::span<const int32_t> labels, int64_t boxes) {
  std::vector<double> counts(losses.size());
  std::vector<size_t> order;
  for (size_t begin = 0; begin < losses.size(); begin += static_cast<size_t>(boxes)) {
    order.clear();
    for (size_t i = begin; i < begin + static_cast<size_t>(boxes); ++i)
      if (labels[i] == 0)
        order.push_back(i);
      else
        counts[i] = 1;
    const size_t positives = static_cast<size_t>(boxes) - order.size();
    const size_t wanted = std::min(negatives_per_positive * positives, order.size());
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return losses[a] > losses[b]; });
    for (size_t i = 0; i < wanted; ++i) counts[order[i]] = 1;
  }
  return counts;
}

}  // namespace radial
