// Pictures normalised on a device are those that the loader normalises.
#include <cmath>

#include "core/ops.h"
#include "data/transforms.h"
#include "tests/cuda/card.h"

namespace radial {
namespace {

struct Pictures {
  Tensor bytes;                  // u8 [1, size, size, channels]
  std::vector<float> by_loader;  // as PictureTransform makes them
};

Pictures make_pictures(int size, int channels = 3) {
  TransformOptions options;
  options.image_size = size;
  options.channels = channels;
  options.augment = Augment::none;
  Image image;
  image.resize(size, size);
  for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<uint8_t>(i * 7919 >> 3);
  std::vector<uint8_t> bytes(static_cast<size_t>(size * size * channels));
  PictureTransform(options).run(image, Random(0, Stream::augment), bytes.data());
  Pictures pictures{Tensor::from(bytes, {1, size, size, channels}), std::vector<float>(bytes.size())};
  PictureTransform(options).run(image, Random(0, Stream::augment), pictures.by_loader.data());
  return pictures;
}

// relative: of what is stored; both ways round in float before that.
void check_same(const Tensor& y, const std::vector<float>& expected, double relative) {
  const std::vector<double> values = y.to_vector();
  REQUIRE(values.size() == expected.size());
  for (size_t i = 0; i < values.size(); ++i) {
    CAPTURE(i);
    REQUIRE(std::abs(values[i] - expected[i]) <= 1e-6 + relative * std::abs(expected[i]));
  }
}

TEST_CASE("bytes normalised on the CPU are what the loader makes of them") {
  for (const int size : {1, 5, 37}) {
    const auto [bytes, by_loader] = make_pictures(size, GENERATE(3, 1));
    check_same(normalize_pictures(bytes), by_loader, 0);
    check_same(normalize_pictures(bytes, {}, DType::f64), by_loader, 0);
  }
}

TEST_CASE("bytes normalised on the GPU are what the loader makes of them, in float32 and bfloat16") {
  const auto card = find_card();
  if (!card) return;
  for (const int size : {1, 2, 5, 37, 64}) {
    CAPTURE(size);
    const auto [bytes, by_loader] = make_pictures(size, GENERATE(3, 1));
    check_same(normalize_pictures(bytes.to(*card)), by_loader, 0);
    const Tensor y = normalize_pictures(bytes.to(*card), {}, DType::bf16);
    CHECK(y.dtype() == DType::bf16);
    check_same(y, by_loader, 0x1p-8);
  }
}

TEST_CASE("pictures from the middle of a batch are normalised as those at its start") {
  const auto card = find_card();
  if (!card) return;
  const Tensor bytes = make_pictures(6).bytes.view({4, 3, 3, 3}), there = bytes.to(*card);
  for (int64_t begin = 0; begin < 4; ++begin)
    CHECK(normalize_pictures(there.slice(begin, 4)).to_vector() ==
          normalize_pictures(there).slice(begin, 4).to_vector());
}

TEST_CASE("normalize_pictures names what is no picture") {
  using Catch::Matchers::ContainsSubstring;
  CHECK_THROWS_WITH(normalize_pictures(Tensor::zeros({1, 2, 2, 3})),
                    ContainsSubstring("x is float32 [1, 2, 2, 3] but must be uint8 [n, h, w, 3]"));
  CHECK_THROWS_WITH(normalize_pictures(Tensor::zeros({1, 2, 2, 4}, DType::u8)),
                    ContainsSubstring("uint8 [1, 2, 2, 4]"));
}

}  // namespace
}  // namespace radial
