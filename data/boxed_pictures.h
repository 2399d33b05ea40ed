// Pictures with a box around each object: COCO's, Pascal VOC's and YOLO's data sets as one thing.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "data/bad_sample.h"
#include "data/coco.h"
#include "io/options.h"

namespace radial {

enum class BoxFormat { automatic, coco, voc, yolo };
const Choices<BoxFormat>& box_format_names();

struct BoxedObject {
  int32_t label = 0;
  std::array<double, 4> box = {};  // x, y of the upper left corner, width, height; continuous, pixel 0 is [0, 1)
  double area = 0;                 // of the object, as COCO's metric sorts it; in the box's units
  bool crowd = false;              // COCO: a group
  bool difficult = false;          // Pascal VOC: not trained on, and ignored by the metric
};

struct BoxedPicture {
  std::string file;  // below the root
  int64_t id = 0;    // COCO's own; else 1, 2, ... in the order of sorted names
  std::vector<BoxedObject> objects = {};
};

// One split.
struct BoxedPictures {
  std::filesystem::path root;
  std::vector<std::string> classes = {};  // by label
  std::vector<int64_t> categories = {};   // COCO's ids of the classes; else 1, 2, ...
  bool own_categories = false;            // they are the file's
  bool shares = false;                    // YOLO: boxes are in shares of the picture's width and height
  std::vector<BoxedPicture> pictures = {};
  std::vector<BadSample::Entry> unusable = {};  // what was left out
  bool voc = false;                             // Pascal VOC, which has a metric of its own

  int64_t size() const { return static_cast<int64_t>(pictures.size()); }
  std::filesystem::path path(int64_t picture) const;
  int64_t object_count() const;
  // A picture's objects in pixels, for a picture of that size.
  std::vector<BoxedObject> objects(int64_t picture, int width, int height) const;
};

// "train" or "val" of DATA:
//   coco  annotations/instances_train*.json beside train*/, the pictures
//   voc   ImageSets/Main/train.txt, val.txt (or test.txt, where there is none), Annotations/*.xml, JPEGImages/*
//   yolo  images/train*/*, labels/train*/*.txt; names of the classes in classes.txt or in `names` of a *.yaml
// automatic takes the one whose files are there. VOC's classes are those of the split's annotations, sorted; its boxes'
// edges become continuous: (xmin - 1, ymin - 1, xmax, ymax). A picture without objects is one of them.
//
// Throws Error(dataset) that says what is missing, and Error(file_format) with file and record for an annotation that
// is broken: a box that is not finite or ends before it begins, a class that is not there, a text that is no XML. With
// OnBadSample::skip pictures that are missing, and those of VOC and YOLO whose annotation is broken, are listed as
// unusable instead. Boxes may reach out of their picture or be empty.
BoxedPictures open_boxed_pictures(const std::filesystem::path& data, const std::string& split, BoxFormat format,
                                  OnBadSample on_bad);

struct BoxedDataset {
  BoxedPictures train, val;
};
// Both, with the training's classes. Throws Error(dataset) where val has objects of another.
BoxedDataset open_boxed_dataset(const std::filesystem::path& data, BoxFormat format, OnBadSample on_bad);

// Labels by name: those of `names`. Throws Error(dataset) for a class that has objects but is none of them.
void match_boxed_labels(BoxedPictures& pictures, const std::vector<std::string>& names);

namespace detail {

struct BoxSource {
  const std::filesystem::path& data;
  const std::string& split;
  OnBadSample on_bad;
};
BoxedPictures open_coco(const BoxSource& source);
BoxedPictures open_voc(const BoxSource& source);
BoxedPictures open_yolo(const BoxSource& source);

// The one entry of the folder that begins with `begin` and ends with `end`; "" if there is none. Throws Error(dataset)
// where there are several.
std::string only_entry(const std::filesystem::path& folder, const std::string& begin, const std::string& end);

// Reads one picture's annotation; a broken one goes to `unusable` where on_bad says so. False if it did.
bool read_annotation(const BoxSource& source, const std::string& picture, std::vector<BadSample::Entry>& unusable,
                     const std::function<void()>& read);

}  // namespace detail

}  // namespace radial
