// Pascal VOC's detection metric: average precision of each class at an overlap of more than one half.
#pragma once

#include "data/coco.h"

namespace radial {

// Means over the classes that have something to find, 0 to 1, or -1 where no class has:
//   eleven_points  of the highest precisions at a recall of at least 0, 0.1 ... 1: the challenge of 2007
//   area           below the precision made falling (at each recall the highest from there on): of 2010 and later
struct VocNumbers {
  double eleven_points = -1;
  double area = -1;
};

// Detections of a class are taken from the highest score down, of equal scores in the order given, all of them. Each
// looks at the object of its picture that it overlaps most (intersection over union, the first of equals) and at no
// other. With an overlap of more than 0.5 it has found the object, unless a better one has, and then it is wrong. An
// object that is a crowd (VOC: difficult) is not to be found, and what finds it does not count.
VocNumbers voc_ap(const CocoAnnotations& truth, const std::vector<CocoDetection>& detections);

}  // namespace radial
