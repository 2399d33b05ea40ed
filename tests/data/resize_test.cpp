// Resizing: the same bytes as Pillow, and parts of a result that agree with the whole.
#include "data/resize.h"

#include "core/simd/target.h"
#include "tests/data/fixtures.h"

namespace radial {
namespace {

using namespace test;

TEST_CASE("resizing a crop gives Pillow's bytes") {
  const auto rows = golden_rows("data_resize.csv");
  CHECK(rows.size() >= 15);
  for (const auto& row : rows) {
    const auto number = [&](const char* column) { return std::stoi(row.at(column)); };
    const Box crop{number("x"), number("y"), number("crop_width"), number("crop_height")};
    CAPTURE(number("width"), number("height"), crop.width, crop.height, number("new_width"), number("new_height"));
    const Image source = picture(number("width"), number("height"));
    const Image result = resize_image(source, crop, number("new_width"), number("new_height"));
    CHECK(largest_difference(result.pixels, from_hex(row.at("pixels"))) == 0);
  }
}

TEST_CASE("a window of a result has the bytes of the whole, mirrored or not") {
  const Image source = picture(61, 47);
  const Box crop{5, 3, 50, 44};
  Resizer resizer;
  for (const auto& [width, height] : {std::pair{23, 19}, {90, 77}, {50, 44}, {50, 20}, {30, 44}}) {
    const Image whole = resize_image(source, crop, width, height);
    for (const Box& window : {Box{0, 0, width, height}, Box{4, 6, 11, 9}, Box{width - 1, height - 1, 1, 1}}) {
      for (const bool flip : {false, true}) {
        CAPTURE(width, height, window.x, window.width, flip);
        const int64_t stride = 3 * window.width + 5;
        std::vector<uint8_t> out(static_cast<size_t>(stride * window.height), 77);
        resizer.run(source, crop, width, height, window, flip, out.data(), stride);
        int wrong = 0;
        for (int y = 0; y < window.height; ++y) {
          for (int x = 0; x < window.width; ++x) {
            const int from = window.x + (flip ? window.width - 1 - x : x);
            for (int c = 0; c < 3; ++c) {
              wrong += out[static_cast<size_t>(y * stride + 3 * x + c)] != whole.row(window.y + y)[3 * from + c];
            }
          }
          for (int gap = 0; gap < 5; ++gap)
            wrong += out[static_cast<size_t>(y * stride + 3 * window.width + gap)] != 77;
        }
        CHECK(wrong == 0);
      }
    }
  }
}

TEST_CASE("resizing to the same size copies, a flat picture stays flat") {
  const Image source = picture(37, 22);
  CHECK(resize_image(source, 37, 22).pixels == source.pixels);
  Image flat = source;
  std::fill(flat.pixels.begin(), flat.pixels.end(), uint8_t{201});
  for (const auto& [width, height] : {std::pair{5, 90}, {111, 3}, {1, 1}}) {
    const Image result = resize_image(flat, width, height);
    CHECK(std::count(result.pixels.begin(), result.pixels.end(), 201) == std::ssize(result.pixels));
  }
}

TEST_CASE("each instruction set gives the same bytes") {
  const Image source = picture(61, 47);
  for (const auto& [width, height] : {std::pair{90, 77}, {23, 19}, {7, 47}, {1, 1}}) {
    simd::set_target("");
    const Image expected = resize_image(source, width, height);
    for (const std::string& target : simd::supported_targets()) {
      CAPTURE(target, width, height);
      simd::set_target(target);
      CHECK(resize_image(source, width, height).pixels == expected.pixels);
    }
  }
  simd::set_target("");
}

TEST_CASE("boxes outside of the picture are refused") {
  const Image source = picture(10, 10);
  CHECK_THROWS_WITH(resize_image(source, {4, 0, 7, 5}, 5, 5), Catch::Matchers::ContainsSubstring("does not lie in"));
  CHECK_THROWS_WITH(resize_image(source, {0, 0, 0, 5}, 5, 5), Catch::Matchers::ContainsSubstring("does not lie in"));
  CHECK_THROWS_WITH(resize_image(source, 0, 5), Catch::Matchers::ContainsSubstring("must be positive"));
}

}  // namespace
}  // namespace radial
