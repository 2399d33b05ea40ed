// Framing by torchvision's rules, normalising, and what the augmentations may do.
#include "data/transforms.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "core/simd/target.h"
#include "tests/data/fixtures.h"

namespace radial {
namespace {

using namespace test;

// Values x / 255, so that pixels can be read off the result.
TransformOptions plain(int size, Augment augment, bool train) {
  TransformOptions options;
  options.image_size = size;
  options.augment = augment;
  options.train = train;
  options.mean = {0, 0, 0};
  options.std = {1, 1, 1};
  return options;
}

std::vector<uint8_t> square_of(const Image& image, const TransformOptions& options, uint64_t index = 0) {
  std::vector<double> out(static_cast<size_t>(options.image_size * options.image_size * options.channels));
  PictureTransform(options).run(image, Random(3, Stream::augment, 0, index), out.data());
  std::vector<uint8_t> bytes(out.size());
  std::transform(out.begin(), out.end(), bytes.begin(),
                 [](double v) { return static_cast<uint8_t>(std::lround(v * 255)); });
  return bytes;
}

std::string text_of(const std::vector<uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

std::vector<uint8_t> mirrored(std::vector<uint8_t> square, int size) {
  for (int y = 0; y < size; ++y) {
    for (int x = 0; x < size / 2; ++x) {
      for (int c = 0; c < 3; ++c) {
        std::swap(square[static_cast<size_t>((y * size + x) * 3 + c)],
                  square[static_cast<size_t>((y * size + size - 1 - x) * 3 + c)]);
      }
    }
  }
  return square;
}

TEST_CASE("evaluation gives the bytes of torchvision's Resize and CenterCrop") {
  for (const auto& row : golden_rows("data_framing.csv")) {
    const auto number = [&](const char* column) { return std::stoi(row.at(column)); };
    CAPTURE(number("width"), number("height"), number("short_side"), number("size"));
    TransformOptions options = plain(number("size"), Augment::standard, false);
    options.resize = number("short_side");
    const auto square = square_of(picture(number("width"), number("height")), options);
    CHECK(largest_difference(square, from_hex(row.at("pixels"))) == 0);
  }
}

TEST_CASE("a picture becomes grey before all else, to Pillow's bytes") {
  for (const auto& row : golden_rows("data_grey.csv")) {
    const auto number = [&](const char* column) { return std::stoi(row.at(column)); };
    CAPTURE(number("width"), number("height"), number("short_side"), number("size"));
    TransformOptions options = plain(number("size"), Augment::standard, false);
    options.resize = number("short_side");
    options.channels = 1;
    const Image colours = picture(number("width"), number("height"));
    CHECK(square_of(colours, options) == from_hex(row.at("pixels")));
  }
}

TEST_CASE("what training does to colours leaves grey pictures grey, and each way of reading them sees the same") {
  TransformOptions options = plain(16, Augment::standard, true);
  options.channels = 1;
  options.auto_augment = AutoAugment::randaugment;
  options.color_jitter = {0.4, 0.4, 0.4, 0.1};
  options.random_erase = 0.5;
  options.mean = {0.25, 7, 7};  // of which the first counts
  options.std = {0.5, 7, 7};
  PictureTransform transform(options);
  std::set<uint8_t> seen;
  for (uint64_t index = 0; index < 50; ++index) {
    const Random random(3, Stream::augment, 0, index);
    std::vector<uint8_t> bytes(16 * 16);
    std::vector<float> floats(16 * 16);
    std::vector<double> doubles(16 * 16);
    const Image image = picture(40, 30);
    transform.run(image, random, bytes.data());
    transform.run(image, random, floats.data());
    transform.run(image, random, doubles.data());
    for (size_t i = 0; i < bytes.size(); ++i) {
      REQUIRE(doubles[i] == (bytes[i] / 255.0 - 0.25) / 0.5);
      REQUIRE(std::abs(floats[i] - doubles[i]) < 1e-6);
    }
    seen.insert(bytes.begin(), bytes.end());
  }
  CHECK(seen.size() > 100);
  options.lighting = 0.1;
  CHECK_THROWS_WITH(PictureTransform(options), Catch::Matchers::ContainsSubstring("no colour of the light"));
  options.channels = 2;
  CHECK_THROWS_WITH(PictureTransform(options), Catch::Matchers::ContainsSubstring("3 channels, or 1"));
}

TEST_CASE("the short side is 256/224 of the image size unless it is given") {
  TransformOptions options;
  CHECK(options.short_side() == 256);
  options.image_size = 64;
  CHECK(options.short_side() == 73);
  options.resize = 70;
  CHECK(options.short_side() == 70);
}

TEST_CASE("RandomResizedCrop: area 0.08 to 1, aspect 3/4 to 4/3, anywhere") {
  Random random(5, Stream::test);
  double area_sum = 0, log_aspect_sum = 0;
  bool left = false, right = false, top = false, bottom = false;
  constexpr int rounds = 20000;
  for (int i = 0; i < rounds; ++i) {
    const Box box = random_resized_crop(500, 375, random);
    REQUIRE((box.x >= 0 && box.y >= 0 && box.x + box.width <= 500 && box.y + box.height <= 375));
    const double area = box.width * box.height / (500.0 * 375), aspect = static_cast<double>(box.width) / box.height;
    REQUIRE((area > 0.079 && area <= 1));
    REQUIRE((aspect > 0.74 && aspect < 1.35));
    area_sum += area;
    log_aspect_sum += std::log(aspect);
    left |= box.x == 0;
    top |= box.y == 0;
    right |= box.x + box.width == 500;
    bottom |= box.y + box.height == 375;
  }
  CHECK((left && right && top && bottom));
  // torchvision 0.29, 200,000 draws for 500 x 375: mean area 0.4339, mean log aspect 0.0308
  CHECK(area_sum / rounds == Catch::Approx(0.4339).margin(0.006));
  CHECK(log_aspect_sum / rounds == Catch::Approx(0.0308).margin(0.004));
}

TEST_CASE("RandomResizedCrop falls back to the middle of very long pictures") {
  Random random(6, Stream::test);
  CHECK(random_resized_crop(1000, 20, random) == Box{486, 0, 27, 20});
  CHECK(random_resized_crop(20, 1000, random) == Box{0, 486, 20, 27});
  CHECK(random_resized_crop(1, 1, random) == Box{0, 0, 1, 1});
}

TEST_CASE("standard: a square of random parts, mirrored half of the time") {
  const TransformOptions options = plain(16, Augment::standard, true);
  int flips = 0;
  for (uint64_t index = 0; index < 1000; ++index) {
    Random random(1, Stream::augment, 0, index);
    const Framing framing = frame_picture(50, 40, options, random);
    CHECK((framing.width == 16 && framing.height == 16 && framing.window == Box{0, 0, 16, 16}));
    flips += framing.flip;
  }
  CHECK((flips > 440 && flips < 560));
}

TEST_CASE("flip: the picture or its mirror image, nothing else") {
  const Image image = picture(16, 16);
  const auto mirror = mirrored(image.pixels, 16);
  int same = 0, other = 0;
  for (uint64_t index = 0; index < 100; ++index) {
    const auto square = square_of(image, plain(16, Augment::flip, true), index);
    same += square == image.pixels;
    other += square == mirror;
  }
  CHECK(same + other == 100);
  CHECK((same > 25 && other > 25));
  CHECK(square_of(image, plain(16, Augment::flip, false)) == image.pixels);
}

TEST_CASE("none: a picture of the right size is taken as it is, others as in evaluation") {
  CHECK(square_of(picture(16, 16), plain(16, Augment::none, true)) == picture(16, 16).pixels);
  CHECK(square_of(picture(16, 16), plain(16, Augment::none, false)) == picture(16, 16).pixels);
  const Image other = picture(40, 30);
  CHECK(square_of(other, plain(16, Augment::none, true)) == square_of(other, plain(16, Augment::standard, false)));
}

TEST_CASE("crop: the picture moved by up to four pixels in both directions, black at the border") {
  const Image image = picture(16, 16);
  std::map<std::string, int> expected;  // each of the 81 moves, mirrored or not
  for (int dy = -4; dy <= 4; ++dy) {
    for (int dx = -4; dx <= 4; ++dx) {
      std::vector<uint8_t> moved(image.pixels.size(), 0);
      for (int y = std::max(dy, 0); y < std::min(16 + dy, 16); ++y) {
        for (int x = std::max(dx, 0); x < std::min(16 + dx, 16); ++x) {
          std::copy_n(image.row(y - dy) + 3 * (x - dx), 3, moved.data() + (y * 16 + x) * 3);
        }
      }
      expected[text_of(mirrored(moved, 16))] = 0;
      expected[text_of(moved)] = 0;
    }
  }
  REQUIRE(expected.size() == 162);
  for (uint64_t index = 0; index < 3000; ++index) {
    const auto found = expected.find(text_of(square_of(image, plain(16, Augment::crop, true), index)));
    REQUIRE(found != expected.end());
    ++found->second;
  }
  CHECK(std::all_of(expected.begin(), expected.end(), [](const auto& entry) { return entry.second > 0; }));
  CHECK(square_of(image, plain(16, Augment::crop, false)) == image.pixels);
}

TEST_CASE("crop of a larger picture never shows what CenterCrop cut off") {
  Image image = picture(40, 30);
  const TransformOptions options = plain(16, Augment::crop, true);
  const auto center = square_of(image, plain(16, Augment::none, true));
  std::vector<bool> known(256 * 256 * 256);
  for (size_t i = 0; i < center.size(); i += 3) {
    known[static_cast<size_t>(center[i] << 16 | center[i + 1] << 8 | center[i + 2])] = true;
  }
  known[0] = true;
  for (uint64_t index = 0; index < 200; ++index) {
    const auto square = square_of(image, options, index);
    for (size_t i = 0; i < square.size(); i += 3) {
      REQUIRE(known[static_cast<size_t>(square[i] << 16 | square[i + 1] << 8 | square[i + 2])]);
    }
  }
}

TEST_CASE("normalising is (x / 255 - mean) / std, exactly in double and to 1e-6 in float") {
  TransformOptions options;
  options.image_size = 37;  // no multiple of a vector
  options.augment = Augment::none;
  const Image image = picture(37, 37);
  std::vector<float> single(37 * 37 * 3);
  std::vector<double> twice(37 * 37 * 3);
  PictureTransform transform(options);
  transform.run(image, Random(0, Stream::augment), twice.data());
  for (const std::string& target : simd::supported_targets()) {
    CAPTURE(target);
    simd::set_target(target);
    transform.run(image, Random(0, Stream::augment), single.data());
    for (size_t i = 0; i < single.size(); ++i) {
      const double expected = (image.pixels[i] / 255.0 - options.mean[i % 3]) / options.std[i % 3];
      REQUIRE(twice[i] == expected);
      REQUIRE(std::abs(single[i] - expected) < 1e-6);
    }
  }
  simd::set_target("");
}

}  // namespace
}  // namespace radial
