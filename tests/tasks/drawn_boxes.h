// Objects and detections as draw() of tests/golden/make_coco_golden.py draws them.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "data/coco.h"

namespace radial::test {

enum DrawnKind { plain, hard, many, nothing, zero };

struct DrawnBoxes {
  CocoAnnotations truth;
  std::vector<CocoDetection> detections;
};

class DrawnNumbers {
 public:
  explicit DrawnNumbers(int64_t seed) : state_(static_cast<uint64_t>(seed)) {}
  double operator()() {
    state_ = (1103515245 * state_ + 12345) % (uint64_t{1} << 31);
    return static_cast<double>(state_) / 0x1p31;
  }

 private:
  uint64_t state_;
};

inline DrawnBoxes draw_boxes(int64_t seed, int kind) {
  DrawnNumbers u(seed);
  const int64_t category_ids[] = {1, 2, 5};
  const std::vector<int64_t> pictures = kind == hard ? std::vector<int64_t>{40, 7, 3, 99, 12, 11, 10, 1, 2, 60, 61, 62}
                                                     : std::vector<int64_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  DrawnBoxes drawing;
  for (const int64_t id : kind == hard ? std::vector<int64_t>{5, 1, 9, 2} : std::vector<int64_t>{1, 2, 5})
    drawing.truth.categories.push_back({id, ""});
  for (size_t at = 0; at < pictures.size(); ++at) {
    const int64_t picture = pictures[at];
    drawing.truth.pictures.push_back({picture, "", 640, 480});
    for (int i = 0; i < (kind == hard && at >= 9 ? 0 : 6); ++i) {
      const int64_t category = category_ids[static_cast<size_t>(3 * u())];
      double a = u();
      const double w = 4 + 300 * (a * a * a);
      a = u();
      const double h = 4 + 300 * (a * a * a);
      const double x = u() * (640 - w), y = u() * (480 - h);
      const bool crowd = u() < 0.08;
      double area = 0.8 * w * h;
      if (kind == hard) {
        const double limit = u();
        if (limit < 0.2)
          area = 1024;
        else if (limit < 0.4)
          area = 9216;
      }
      const int64_t id = std::ssize(drawing.truth.objects) + (kind == zero ? 0 : 1);
      drawing.truth.objects.push_back({id, picture, category, {x, y, w, h}, area, crowd});
      const double r = u();
      for (int k = 0; k < (r < 0.3 ? 2 : r < 0.85 ? 1 : 0); ++k) {
        const double jx = (u() - 0.5) * 0.4 * w, jy = (u() - 0.5) * 0.4 * h;
        const double jw = w * (0.8 + 0.4 * u()), jh = h * (0.8 + 0.4 * u());
        const double score = std::trunc(100 * u()) / 100;
        drawing.detections.push_back({picture, category, {x + jx, y + jy, jw, jh}, score});
      }
    }
    for (int i = 0; i < (kind == many && at < 2 ? 130 : 3); ++i) {
      const int64_t category = category_ids[static_cast<size_t>(3 * u())];
      const double w = 4 + 100 * u(), h = 4 + 100 * u();
      const double x = u() * (640 - w), y = u() * (480 - h);
      const double score = std::trunc(100 * u()) / 100;
      drawing.detections.push_back({picture, kind == many ? 1 : category, {x, y, w, h}, score});
    }
  }
  if (kind == nothing) drawing.detections.clear();
  return drawing;
}

}  // namespace radial::test
