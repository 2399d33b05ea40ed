// Pascal VOC's metric beside that of ssd.pytorch (tests/golden/make_voc_golden.py).
#include "tasks/detect/voc_ap.h"

#include <cmath>

#include "io/csv.h"
#include "tests/catch.h"
#include "tests/tasks/drawn_boxes.h"

using namespace radial;
using namespace radial::test;

TEST_CASE("Pascal VOC's AP is that of ssd.pytorch") {
  const CsvTable golden = CsvTable::read(RADIAL_SOURCE_DIR "/tests/golden/voc_ap.csv");
  const auto seeds = golden.numbers("seed"), kinds = golden.numbers("kind"), points = golden.numbers("eleven_points"),
             areas = golden.numbers("area");
  REQUIRE(seeds.size() == 26);
  for (size_t row = 0; row < seeds.size(); ++row) {
    DrawnBoxes drawn = draw_boxes(static_cast<int64_t>(seeds[row]), static_cast<int>(kinds[row]));
    for (size_t i = 0; i < drawn.detections.size(); ++i) drawn.detections[i].score -= 1e-6 * static_cast<double>(i);
    const VocNumbers found = voc_ap(drawn.truth, drawn.detections);
    INFO("seed " << seeds[row] << ", kind " << kinds[row]);
    CHECK(std::abs(found.eleven_points - points[row]) < 1e-12);
    CHECK(std::abs(found.area - areas[row]) < 1e-12);
  }
}

TEST_CASE("what is difficult is neither to be found nor wrong, and what is found twice is wrong once") {
  const auto object = [](int64_t id, double x, bool difficult) {
    return CocoObject{id, 1, 1, {x, 0, 10, 10}, 100, difficult};
  };
  const CocoAnnotations truth = {{{1, "", 0, 0}}, {{1, "a"}, {2, "b"}}, {object(1, 0, false), object(2, 50, true)}};
  const auto found = [&](const std::vector<CocoDetection>& detections) { return voc_ap(truth, detections).area; };
  const CocoDetection right = {1, 1, {0, 0, 10, 10}, 0.5};
  CHECK(found({right}) == 1);
  CHECK(found({{1, 1, {50, 0, 10, 10}, 0.9}, right}) == 1);
  CHECK(found({{1, 1, {0, 0, 10, 9}, 0.9}, right}) == 1);  // the better one has it already, the recall stays
  CHECK(found({{1, 1, {0, 20, 10, 10}, 0.9}, right}) == 0.5);
  CHECK(found({{1, 1, {0, 0, 10, 5}, 0.9}}) == 0);          // an overlap of one half is too little
  CHECK(found({{1, 2, {0, 0, 10, 10}, 0.9}, right}) == 1);  // of a class that nothing is of
  CHECK(voc_ap({}, {}).area == -1);
  CHECK(voc_ap({}, {}).eleven_points == -1);
}
