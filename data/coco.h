// Annotations in COCO's format: pictures, the categories of objects, and a box for each object.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace radial {

struct CocoPicture {
  int64_t id = 0;
  std::string file_name = {};
  int width = 0, height = 0;  // pixels; 0 where the file does not say
};

struct CocoCategory {
  int64_t id = 0;
  std::string name = {};
};

struct CocoObject {
  int64_t id = 0, picture = 0, category = 0;  // ids
  std::array<double, 4> box = {};             // x, y of the upper left corner, width, height; pixels
  double area = 0;                            // of the object, not of its box; the box's where the file does not say
  bool crowd = false;                         // a group of objects
};

struct CocoAnnotations {
  std::vector<CocoPicture> pictures;
  std::vector<CocoCategory> categories;
  std::vector<CocoObject> objects;
};

// Throws Error(file_format) with the path and the record for what is malformed: ids that are doubled or that nothing
// has, boxes that are not finite or have a negative side. Empty boxes are there in COCO itself.
CocoAnnotations read_coco(const std::string& path);
CocoAnnotations coco_from(const std::string& json, const std::string& path);  // path: for messages

// A text that read_coco() reads.
std::string coco_json(const CocoAnnotations& annotations);

// What a detector found, and the number of the record it was read from.
struct CocoDetection {
  int64_t picture = 0, category = 0;  // ids
  std::array<double, 4> box = {};     // as a CocoObject's
  double score = 0;
};

// COCO's results format: a list of {"image_id", "category_id", "bbox", "score"}. Throws Error(file_format) with the
// path and the record, also for pictures that `truth` does not have.
std::vector<CocoDetection> read_coco_results(const std::string& path, const CocoAnnotations& truth);
std::string coco_results_json(const std::vector<CocoDetection>& detections);

}  // namespace radial
