// COCO's metric beside pycocotools' (tests/golden/make_coco_golden.py), and what its files may not be.
#include "tasks/detect/coco_ap.h"

#include <cmath>

#include "core/error.h"
#include "io/csv.h"
#include "tests/catch.h"
#include "tests/io/scratch_folder.h"
#include "tests/tasks/drawn_boxes.h"

using Catch::Matchers::ContainsSubstring;
using namespace radial;
using namespace radial::test;

namespace {

std::string refusal(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::file_format);
    return error.what();
  }
  return "nothing was thrown";
}

const char* const one_of_each =
    R"({"images": [{"id": 1}], "categories": [{"id": 2}],
        "annotations": [{"id": 3, "image_id": 1, "category_id": 2, "bbox": [0, 0, 9, 9]}]})";

}  // namespace

TEST_CASE("COCO's twelve numbers are those of pycocotools") {
  const CsvTable golden = CsvTable::read(RADIAL_SOURCE_DIR "/tests/golden/coco_ap.csv");
  const auto seeds = golden.numbers("seed"), kinds = golden.numbers("kind");
  REQUIRE(seeds.size() == 28);
  for (size_t row = 0; row < seeds.size(); ++row) {
    const DrawnBoxes drawing = draw_boxes(static_cast<int64_t>(seeds[row]), static_cast<int>(kinds[row]));
    const CocoNumbers found = coco_ap(drawing.truth, drawing.detections);
    for (size_t i = 0; i < found.values.size(); ++i) {
      INFO("seed " << seeds[row] << ", kind " << kinds[row] << ", " << CocoNumbers::names[i]);
      CHECK(std::abs(found.values[i] - golden.numbers("n" + std::to_string(i))[row]) < 1e-12);
    }
  }
}

TEST_CASE("of objects that a detection overlaps alike the last is found") {
  // The one with the id 0 counts as not found, which tells the two apart.
  const CocoObject first{1, 1, 1, {0, 0, 10, 10}, 100, false}, second{0, 1, 1, {0, 0, 10, 10}, 100, false};
  const std::vector<CocoDetection> one = {{1, 1, {0, 0, 10, 10}, 0.9}};
  CHECK(coco_ap({{{1, "", 0, 0}}, {{1, ""}}, {first, second}}, one).values[8] == 0);
  CHECK(coco_ap({{{1, "", 0, 0}}, {{1, ""}}, {second, first}}, one).values[8] == 0.5);
}

TEST_CASE("where there is nothing to find the numbers are -1") {
  for (const double value : coco_ap({}, {}).values) CHECK(value == -1);
}

TEST_CASE("annotations and results are written as they are read") {
  const ScratchFolder scratch;
  const DrawnBoxes drawing = draw_boxes(1, hard);
  const CocoAnnotations truth = coco_from(coco_json(drawing.truth), "truth.json");
  put(scratch / "results.json", coco_results_json(drawing.detections));
  const auto detections = read_coco_results(scratch / "results.json", truth);
  CHECK(coco_ap(truth, detections).values == coco_ap(drawing.truth, drawing.detections).values);
}

TEST_CASE("malformed annotations are refused with file and record") {
  const auto message = [](const std::string& json) { return refusal([&] { coco_from(json, "a.json"); }); };
  CHECK_NOTHROW(coco_from(one_of_each, "a.json"));
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string json = one_of_each;
    return message(json.replace(json.find(from), from.size(), to));
  };
  CHECK_THAT(message(""), ContainsSubstring("a.json is no JSON"));
  CHECK_THAT(message("[]"), ContainsSubstring("a.json: there is no list \"images\""));
  CHECK_THAT(message("{\"images\": 3}"), ContainsSubstring("a.json: \"images\" is no list"));
  CHECK_THAT(message("{\"images\": [3]}"), ContainsSubstring("a.json: images[0]: it is no object"));
  CHECK_THAT(message("{\"images\": [[]]}"), ContainsSubstring("a.json: images[0]: it is no object"));
  CHECK_THAT(changed("[0, 0, 9, 9]", "[0, 0, 9]"), ContainsSubstring("a.json: annotations[0]: bbox is not 4"));
  CHECK_THAT(changed("[0, 0, 9, 9]", "[0, 0, 9, \"9\"]"), ContainsSubstring("annotations[0]: bbox is not 4"));
  CHECK_THAT(changed("[0, 0, 9, 9]", "[0, 0, 9, -1]"),
             ContainsSubstring("annotations[0]: a side of the bbox is negative"));
  CHECK_THAT(changed("[0, 0, 9, 9]", "[0, 0, 9, NaN]"), ContainsSubstring("is no JSON"));
  CHECK_THAT(changed("\"id\": 3", "\"id\": 3.5"), ContainsSubstring("annotations[0]: id is no integer"));
  CHECK_THAT(changed("\"id\": 3, ", ""), ContainsSubstring("annotations[0]: there is no id"));
  CHECK_THAT(changed("\"id\": 3", "\"id\": 3, \"id\": 4"),
             ContainsSubstring("annotations[0]: there are two members id"));
  CHECK_THAT(changed("\"id\": 3", "\"id\": 3, \"iscrowd\": 2"), ContainsSubstring("iscrowd is neither 0 nor 1"));
  CHECK_THAT(changed("\"image_id\": 1", "\"image_id\": 7"), ContainsSubstring("annotations[0]: there is no image 7"));
  CHECK_THAT(changed("\"category_id\": 2", "\"category_id\": 7"),
             ContainsSubstring("annotations[0]: there is no category 7"));
  CHECK_THAT(changed("[{\"id\": 1}]", "[{\"id\": 1}, {\"id\": 1}]"),
             ContainsSubstring("images[1]: an earlier one has the id 1"));
}

TEST_CASE("malformed results are refused with file and record") {
  const ScratchFolder scratch;
  const CocoAnnotations truth = coco_from(one_of_each, "a.json");
  const auto message = [&](const std::string& json) {
    put(scratch / "r.json", json);
    return refusal([&] { read_coco_results(scratch / "r.json", truth); });
  };
  const std::string good = R"({"image_id": 1, "category_id": 2, "bbox": [0, 0, 9, 9], "score": 1})";
  put(scratch / "r.json", "[" + good + ", " + good + "]");
  CHECK(read_coco_results(scratch / "r.json", truth).size() == 2);
  CHECK_THAT(message("{}"), ContainsSubstring("r.json: there is no list of objects"));
  CHECK_THAT(message("[" + good + ", 3]"), ContainsSubstring("r.json: record[1]: it is no object"));
  CHECK_THAT(message(R"([{"image_id": 1, "category_id": 2, "bbox": [0, 0, 9, 9]}])"),
             ContainsSubstring("r.json: record[0]: there is no score"));
  CHECK_THAT(message(R"([{"image_id": 5, "category_id": 2, "bbox": [0, 0, 9, 9], "score": 1}])"),
             ContainsSubstring("record[0]: the ground truth has no image 5"));
}
