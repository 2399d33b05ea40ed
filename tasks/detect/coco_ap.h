// COCO's detection metric, as pycocotools computes it: average precision and recall over ten overlaps, four ranges of
// area, and so many detections a picture.
#pragma once

#include <array>

#include "data/coco.h"

namespace radial {

// The twelve numbers, 0 to 1, or -1 where there is nothing to find:
//   AP       mean over overlaps 0.50, 0.55 ... 0.95, categories, and 101 recalls r of the highest precision at a
//            recall of at least r
//   AP50, AP75                    of one overlap
//   AP_small, _medium, _large     of objects with areas [0, 32²], [32², 96²], [96², 1e10]
//   AR1, AR10, AR100              the recall with so many detections a picture and category, mean over overlaps
//   AR_small, _medium, _large     the same with 100
struct CocoNumbers {
  static constexpr std::array names = {"AP",  "AP50", "AP75",  "AP_small", "AP_medium", "AP_large",
                                       "AR1", "AR10", "AR100", "AR_small", "AR_medium", "AR_large"};
  std::array<double, 12> values = {};
};

// Overlap is intersection over union, of a crowd the share of the detection that lies in it. Detections of a picture
// and category are taken from the highest score down, of equal scores in the order given, the first hundred alone; each
// takes the object that it overlaps most, the last of equals, if the overlap is large enough and no better detection
// has it. Objects outside of the area's range and crowds are ignored: they are neither to be found nor wrong, and
// detections outside of the range that find nothing do not count either. As in pycocotools, whoever finds an object
// with the id 0 has found nothing. Categories that are not the truth's do not count. The order in which the truth's
// pictures and categories are given does not matter.
CocoNumbers coco_ap(const CocoAnnotations& truth, const std::vector<CocoDetection>& detections);

}  // namespace radial
