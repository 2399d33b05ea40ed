// What is drawn for people: outlines of boxes, and what they hold on a ground of the box's colour.
#include <algorithm>

#include "data/letters.h"
#include "tasks/detect/predict.h"
#include "tests/catch.h"

using namespace radial;

namespace {

Image grey_canvas(int width, int height) {
  Image image;
  image.resize(width, height);
  std::fill(image.pixels.begin(), image.pixels.end(), uint8_t{128});
  return image;
}

struct PaintedPart {
  int left = 1 << 20, right = -1, top = 1 << 20, bottom = -1;
  bool operator==(const PaintedPart&) const = default;
};

PaintedPart painted_part(const Image& image) {
  PaintedPart part;
  for (int y = 0; y < image.height; ++y)
    for (int x = 0; x < image.width; ++x)
      if (image.row(y)[3 * x] != 128 || image.row(y)[3 * x + 1] != 128 || image.row(y)[3 * x + 2] != 128) {
        part.left = std::min(part.left, x), part.right = std::max(part.right, x);
        part.top = std::min(part.top, y), part.bottom = std::max(part.bottom, y);
      }
  return part;
}

}  // namespace

TEST_CASE("a label stands above its box, or within the picture where that ends") {
  const auto part_of = [](double x, double y, const std::string& text, int scale) {
    Image image = grey_canvas(100, 80);
    draw_label(image, {.label = 3, .score = 1, .box = {x, y, 30, 20}}, text, scale);
    return painted_part(image);
  };
  CHECK(part_of(10, 40, "cat", 1) == PaintedPart{10, 10 + 3 * letter_width, 30, 39});
  CHECK(part_of(10, 40, "cat", 2) == PaintedPart{10, 10 + 2 * (3 * letter_width + 1) - 1, 20, 39});
  CHECK(part_of(10, 4, "cat", 1) == PaintedPart{10, 28, 0, 9});
  CHECK(part_of(-5, 40, "cat", 1) == PaintedPart{0, 18, 30, 39});
  CHECK(part_of(95, 40, "cat", 1) == PaintedPart{81, 99, 30, 39});
  CHECK(part_of(50, 40, std::string(40, 'x'), 1) == PaintedPart{0, 99, 30, 39});  // longer than the picture is wide
}

TEST_CASE("a label is written in the colour that can be read on its box's") {
  const auto ink_of = [](int32_t label) {
    Image image = grey_canvas(40, 40);
    draw_label(image, {.label = label, .score = 1, .box = {5, 20, 30, 20}}, "|", 1);
    return std::pair(image.row(15)[3 * 8], image.row(15)[3 * 5]);  // within the letter, and beside it
  };
  CHECK(ink_of(2).first == 0);    // on yellow
  CHECK(ink_of(3).first == 255);  // on blue
  for (const int32_t label : {2, 3}) CHECK(ink_of(label).first != ink_of(label).second);
}

TEST_CASE("the outline of a box is cut off where the picture ends") {
  Image image = grey_canvas(50, 40);
  draw_box(image, {.label = 0, .score = 1, .box = {10, 12, 20, 9}}, 2);
  CHECK(painted_part(image) == PaintedPart{10, 29, 12, 20});
  CHECK(image.row(15)[3 * 20] == 128);  // not filled
  Image outside = grey_canvas(50, 40);
  draw_box(outside, {.label = 0, .score = 1, .box = {-100, -100, 1e9, 1e9}}, 1);
  CHECK(painted_part(outside) == PaintedPart{});
}
