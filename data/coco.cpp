#include "data/coco.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "io/file.h"
#include "io/json_lines.h"
#include "io/json_records.h"

namespace radial {

namespace {

using Json = nlohmann::ordered_json;

int pixels_at(const JsonRecord& record, const char* key) {
  if (!record.has(key)) return 0;
  const int64_t value = record.integer(key);
  if (value < 0 || value > 1 << 30) record.refuse(std::string(key) + " is " + std::to_string(value));
  return static_cast<int>(value);
}

std::array<double, 4> box_at(const JsonRecord& record) {
  const std::vector<double>& numbers = record.numbers("bbox", 4);
  return {numbers[0], numbers[1], numbers[2], numbers[3]};
}

void remember(std::unordered_set<int64_t>& ids, int64_t id, const JsonRecord& record) {
  if (!ids.insert(id).second) record.refuse("an earlier one has the id " + std::to_string(id));
}

}  // namespace

CocoAnnotations coco_from(const std::string& json, const std::string& path) {
  CocoAnnotations found;
  std::unordered_set<int64_t> pictures, categories, objects;
  const auto picture = [&](const JsonRecord& record) {
    CocoPicture one{record.integer("id"), record.has("file_name") ? record.text("file_name") : "",
                    pixels_at(record, "width"), pixels_at(record, "height")};
    remember(pictures, one.id, record);
    found.pictures.push_back(std::move(one));
  };
  const auto category = [&](const JsonRecord& record) {
    CocoCategory one{record.integer("id"), record.has("name") ? record.text("name") : ""};
    remember(categories, one.id, record);
    found.categories.push_back(std::move(one));
  };
  const auto object = [&](const JsonRecord& record) {
    CocoObject one{record.integer("id"), record.integer("image_id"), record.integer("category_id"), box_at(record)};
    if (one.box[2] < 0 || one.box[3] < 0) record.refuse("a side of the bbox is negative");
    one.area = record.has("area") ? record.number("area") : one.box[2] * one.box[3];
    one.crowd = record.flag("iscrowd", false);
    remember(objects, one.id, record);
    found.objects.push_back(one);
  };
  // Lists may come in any order: who refers to whom is looked at afterwards.
  read_json_lists(json, path,
                  {{"images", {"id", "file_name", "width", "height"}, picture},
                   {"annotations", {"id", "image_id", "category_id", "bbox", "area", "iscrowd"}, object},
                   {"categories", {"id", "name"}, category}});
  for (size_t i = 0; i < found.objects.size(); ++i) {
    const CocoObject& one = found.objects[i];
    const bool known = pictures.contains(one.picture);
    check(known && categories.contains(one.category), ErrorKind::file_format, path, ": annotations[", i,
          "]: there is no ", known ? "category " : "image ", known ? one.category : one.picture);
  }
  return found;
}

CocoAnnotations read_coco(const std::string& path) { return coco_from(read_text(path), path); }

std::string coco_json(const CocoAnnotations& annotations) {
  Json file = {{"images", Json::array()}, {"annotations", Json::array()}, {"categories", Json::array()}};
  for (const CocoPicture& picture : annotations.pictures)
    file["images"].push_back(
        {{"id", picture.id}, {"file_name", picture.file_name}, {"width", picture.width}, {"height", picture.height}});
  for (const CocoObject& object : annotations.objects)
    file["annotations"].push_back({{"id", object.id},
                                   {"image_id", object.picture},
                                   {"category_id", object.category},
                                   {"bbox", object.box},
                                   {"area", object.area},
                                   {"iscrowd", object.crowd ? 1 : 0}});
  for (const CocoCategory& category : annotations.categories)
    file["categories"].push_back({{"id", category.id}, {"name", category.name}});
  return json_text(file) + "\n";
}

std::vector<CocoDetection> read_coco_results(const std::string& path, const CocoAnnotations& truth) {
  std::unordered_set<int64_t> pictures;
  for (const CocoPicture& picture : truth.pictures) pictures.insert(picture.id);
  std::vector<CocoDetection> found;
  const auto detection = [&](const JsonRecord& record) {
    const CocoDetection one{record.integer("image_id"), record.integer("category_id"), box_at(record),
                            record.number("score")};
    if (!pictures.contains(one.picture)) record.refuse("the ground truth has no image " + std::to_string(one.picture));
    found.push_back(one);
  };
  read_json_lists(read_text(path), path, {{"", {"image_id", "category_id", "bbox", "score"}, detection}});
  return found;
}

std::string coco_results_json(const std::vector<CocoDetection>& detections) {
  Json list = Json::array();
  for (const CocoDetection& one : detections)
    list.push_back({{"image_id", one.picture}, {"category_id", one.category}, {"bbox", one.box}, {"score", one.score}});
  return json_text(list) + "\n";
}

}  // namespace radial
