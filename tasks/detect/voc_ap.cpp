#include "tasks/detect/voc_ap.h"

#include <algorithm>
#include <array>
#include <limits>
#include <unordered_map>
#include <utility>

namespace radial {
namespace {

double shared_part(const std::array<double, 4>& a, const std::array<double, 4>& b) {
  const double w = std::max(std::min(a[0] + a[2], b[0] + b[2]) - std::max(a[0], b[0]), 0.0);
  const double h = std::max(std::min(a[1] + a[3], b[1] + b[3]) - std::max(a[1], b[1]), 0.0);
  return w * h / (a[2] * a[3] + b[2] * b[3] - w * h);
}

// Of one class.
struct VocClass {
  std::unordered_map<int64_t, std::vector<const CocoObject*>> objects;  // by picture
  std::vector<const CocoDetection*> detections;
  double to_find = 0;
};

// Recall and precision after each detection.
struct VocCurve {
  std::vector<double> recall, precision;
};

VocCurve voc_curve(VocClass& one) {
  std::stable_sort(one.detections.begin(), one.detections.end(),
                   [](const CocoDetection* a, const CocoDetection* b) { return a->score > b->score; });
  std::unordered_map<const CocoObject*, bool> found;
  VocCurve curve;
  double right = 0, wrong = 0;
  for (const CocoDetection* detection : one.detections) {
    const CocoObject* nearest = nullptr;
    double most = 0;
    for (const CocoObject* object : one.objects[detection->picture])
      if (const double overlap = shared_part(detection->box, object->box); overlap > most)
        nearest = object, most = overlap;
    if (most <= 0.5)
      ++wrong;
    else if (!nearest->crowd)
      ++(std::exchange(found[nearest], true) ? wrong : right);
    curve.recall.push_back(right / one.to_find);
    curve.precision.push_back(right / std::max(right + wrong, std::numeric_limits<double>::epsilon()));
  }
  return curve;
}

double eleven_points(const VocCurve& curve) {
  double sum = 0;
  for (int point = 0; point <= 10; ++point) {
    double highest = 0;
    for (size_t i = 0; i < curve.recall.size(); ++i)
      if (curve.recall[i] >= point * 0.1) highest = std::max(highest, curve.precision[i]);
    sum += highest / 11;
  }
  return sum;
}

double area_below(const VocCurve& curve) {
  double sum = 0, highest = 0;
  for (size_t i = curve.recall.size(); i-- > 0;) {
    highest = std::max(highest, curve.precision[i]);
    sum += highest * (curve.recall[i] - (i == 0 ? 0 : curve.recall[i - 1]));
  }
  return sum;
}

}  // namespace

VocNumbers voc_ap(const CocoAnnotations& truth, const std::vector<CocoDetection>& detections) {
  std::unordered_map<int64_t, VocClass> classes;
  for (const CocoObject& object : truth.objects) {
    VocClass& one = classes[object.category];
    one.objects[object.picture].push_back(&object);
    one.to_find += object.crowd ? 0 : 1;
  }
  for (const CocoDetection& detection : detections)
    if (const auto one = classes.find(detection.category); one != classes.end())
      one->second.detections.push_back(&detection);
  double points = 0, areas = 0, count = 0;
  for (const CocoCategory& category : truth.categories) {  // in an order that is the same everywhere
    const auto one = classes.find(category.id);
    if (one == classes.end() || one->second.to_find == 0) continue;
    const VocCurve curve = voc_curve(one->second);
    points += eleven_points(curve);
    areas += area_below(curve);
    ++count;
  }
  return count == 0 ? VocNumbers{} : VocNumbers{points / count, areas / count};
}

}  // namespace radial
