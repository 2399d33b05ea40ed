// What training does to colours and shapes: torchvision's bytes for the same numbers, and what is drawn.
#include <algorithm>
#include <cmath>
#include <set>

#include "data/affine.h"
#include "data/color_jitter.h"
#include "data/enhance.h"
#include "data/lighting.h"
#include "data/rand_augment.h"
#include "data/random_erase.h"
#include "data/transforms.h"
#include "tests/data/fixtures.h"
#include "tests/data/loading.h"

namespace radial {
namespace {

using namespace test;

// Of make_data_golden.py: values between 40 and 125.
Image dull(Image image) {
  for (uint8_t& value : image.pixels) value = static_cast<uint8_t>(40 + value / 3);
  return image;
}

TEST_CASE("operations of RandAugment give torchvision's bytes") {
  std::set<std::string> tried;
  for (const auto& row : golden_rows("data_augment.csv")) {
    const std::string name = row.at("operation");
    const double strength = std::stod(row.at("strength"));
    CAPTURE(name, strength);
    Image image = name == "Equalize of 40 x 33" ? picture(40, 33) : picture(17, 13);
    if (name.ends_with("of a dull picture")) image = dull(image);
    if (name == "Hue")
      adjust_hue(image, strength);
    else
      apply_operation(image, name.substr(0, name.find(' ')), strength);
    CHECK(largest_difference(image.pixels, from_hex(row.at("pixels"))) == 0);
    tried.insert(name);
    if (const int magnitude = std::stoi(row.at("magnitude")); magnitude > 0) {
      CHECK(rand_augment_strength(name, magnitude, 17, 13) == Catch::Approx(std::abs(strength)).epsilon(1e-6));
      if (strength < 0) CHECK(is_signed(name));
    }
  }
  for (const std::string& name : rand_augment_names()) CHECK(tried.count(name) == 1);
  CHECK(rand_augment_names().size() == 14);
}

TEST_CASE("RandAugment draws each operation as often as the others, and what it draws follows from the sample") {
  const Image image = picture(16, 16);
  std::set<std::vector<uint8_t>> seen;
  for (uint64_t index = 0; index < 400; ++index) {
    Image a = image, b = image;
    Random first(3, Stream::augment, 1, index), second = first;
    rand_augment(a, first);
    rand_augment(b, second);
    REQUIRE(a.pixels == b.pixels);
    seen.insert(a.pixels);
  }
  CHECK(seen.size() > 120);  // of 23 * 23 with signs, some of which do the same
}

TEST_CASE("colour jitter: factors within their bounds, in random order") {
  Image grey;
  grey.resize(1, 2);
  std::fill(grey.pixels.begin(), grey.pixels.end(), uint8_t{100});
  int lowest = 255, highest = 0;
  for (uint64_t index = 0; index < 500; ++index) {
    Image image = grey;
    Random random(1, Stream::augment, 0, index);
    jitter_colors(image, {.brightness = 0.4}, random);
    lowest = std::min<int>(lowest, image.pixels[0]);
    highest = std::max<int>(highest, image.pixels[0]);
  }
  CHECK((lowest >= 59 && lowest <= 62));
  CHECK((highest >= 138 && highest <= 140));

  std::set<std::vector<uint8_t>> seen;
  for (uint64_t index = 0; index < 20; ++index) {
    Image image = picture(9, 9);
    Random random(1, Stream::augment, 0, index);
    jitter_colors(image, {.brightness = 0.4, .contrast = 0.4, .saturation = 0.4, .hue = 0.1}, random);
    seen.insert(image.pixels);
  }
  CHECK(seen.size() == 20);
}

TEST_CASE("lighting adds one colour along ImageNet's axes") {
  // The first axis is close to grey.
  const auto light = light_of({1, 0, 0});
  CHECK(light[0] == Catch::Approx(0.2175 * -0.5675));
  CHECK(light[2] == Catch::Approx(0.2175 * -0.5836));
  double square = 0;
  constexpr int rounds = 4000;
  for (uint64_t index = 0; index < rounds; ++index) {
    Image image;
    image.resize(2, 2);
    std::fill(image.pixels.begin(), image.pixels.end(), uint8_t{128});
    Random random(1, Stream::augment, 0, index);
    add_lighting(image, 0.1, random);
    for (size_t i = 3; i < image.pixels.size(); ++i) REQUIRE(image.pixels[i] == image.pixels[i % 3]);
    square += std::pow(image.pixels[0] - 128, 2);
  }
  // 255 * 0.1 * sqrt((0.2175 * 0.5675)^2 + (0.0188 * 0.7192)^2 + (0.0045 * 0.4009)^2), and rounding
  CHECK(std::sqrt(square / rounds) == Catch::Approx(std::sqrt(3.1660 * 3.1660 + 1.0 / 12)).epsilon(0.05));
}

TEST_CASE("random erasing: boxes like torchvision's") {
  Random random(2, Stream::test);
  double area = 0;
  constexpr int rounds = 20000;
  for (int i = 0; i < rounds; ++i) {
    const Box box = draw_erased_box(64, 48, random);
    REQUIRE((box.x >= 0 && box.y >= 0 && box.width < 64 && box.height < 48));
    REQUIRE((box.x + box.width <= 64 && box.y + box.height <= 48));
    const double share = box.width * box.height / (64.0 * 48);
    REQUIRE((share > 0.012 && share < 0.36));  // sides are rounded
    area += share;
  }
  CHECK(area / rounds == Catch::Approx(0.173).margin(0.006));
  Image image = picture(16, 16);
  erase(image, {3, 2, 4, 5}, {1, 2, 3});
  const Image before = picture(16, 16);
  for (int y = 0; y < 16; ++y)
    for (int i = 0; i < 48; ++i) {
      const bool inside = y >= 2 && y < 7 && i >= 9 && i < 21;
      REQUIRE(image.row(y)[i] == (inside ? i % 3 + 1 : before.row(y)[i]));
    }
}

TransformOptions everything() {
  return {.image_size = 24,
          .auto_augment = AutoAugment::randaugment,
          .color_jitter = {0.4, 0.4, 0.4, 0.1},
          .lighting = 0.1,
          .random_erase = 0.5};
}

std::vector<uint8_t> bytes_of(const TransformOptions& options, uint64_t index) {
  std::vector<uint8_t> out(static_cast<size_t>(options.image_size * options.image_size * 3));
  PictureTransform(options).run(picture(50, 40), Random(3, Stream::augment, 0, index), out.data());
  return out;
}

TEST_CASE("augmentations come after the framing, which they do not change, and only in training") {
  TransformOptions evaluation = everything(), plain = evaluation;
  evaluation.train = false;
  plain = {.image_size = 24, .train = false};
  CHECK(bytes_of(evaluation, 1) == bytes_of(plain, 1));

  const TransformOptions framed{.image_size = 24}, erased{.image_size = 24, .random_erase = 1};
  for (uint64_t index = 0; index < 20; ++index) {
    const auto before = bytes_of(framed, index), after = bytes_of(erased, index);
    size_t changed = 0;
    for (size_t i = 0; i < before.size(); ++i)
      if (before[i] != after[i]) {
        ++changed;
        REQUIRE(after[i] == std::array<uint8_t, 3>{124, 116, 104}[i % 3]);  // ImageNet's mean
      }
    CHECK((changed > 0 && changed < before.size() / 2));
  }
}

TEST_CASE("augmented pictures are the same for any number of workers, in bytes and in floats") {
  const ScratchFolder scratch;
  for (int i = 0; i < 9; ++i) {
    std::filesystem::create_directories(scratch.path() / "a");
    write_png(scratch.path() / "a" / (std::to_string(i) + ".png"), picture(30 + i, 28));
  }
  const ImageFolder folder = open_image_folder(scratch.path());
  const auto all = [&](int workers, DType dtype) {
    Loading options;
    options.transform = everything();
    options.batch_size = 4;
    options.workers = workers;
    options.dtype = dtype;
    Loader loader = loader_of(folder, options);
    loader.start(2);
    std::vector<double> values;
    while (auto batch = loader.next())
      for (const double value : (*batch)[PictureSamples::image].to_vector()) values.push_back(value);
    return values;
  };
  const auto floats = all(0, DType::f64), bytes = all(3, DType::u8);
  CHECK(floats == all(3, DType::f64));
  const TransformOptions options = everything();
  for (size_t i = 0; i < bytes.size(); ++i)
    REQUIRE(floats[i] == (bytes[i] / 255 - options.mean[i % 3]) / options.std[i % 3]);
}

}  // namespace
}  // namespace radial
