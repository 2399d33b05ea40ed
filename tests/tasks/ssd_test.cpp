// SSD's network, default boxes, matching, losses and changes of pictures.
#include "models/ssd.h"

#include <cmath>
#include <numeric>

#include "core/autograd.h"
#include "core/ops.h"
#include "io/safetensors.h"
#include "nn/init.h"
#include "tasks/detect/ssd_augment.h"
#include "tasks/detect/ssd_boxes.h"
#include "tasks/detect/ssd_detector.h"
#include "tests/catch.h"
#include "tests/models/formula.h"

using namespace radial;

namespace {

const TensorFile& ssd_golden() {
  static const TensorFile file = read_safetensors(RADIAL_SOURCE_DIR "/tests/golden/detect.safetensors");
  return file;
}

}  // namespace

TEST_CASE("SSD has torchvision's parameters") {
  CHECK(Ssd({.outputs = 81}).parameter_count() == 34305206);
  CHECK(Ssd({.outputs = 21, .batch_norm = true}).parameter_count() == 26293934);
}

TEST_CASE("SSD says what torchvision's says") {
  const NoGrad no_grad;
  Ssd network({.outputs = 3});
  formula::fill(network);
  network.eval();
  const Ssd::Output found = network(formula::pictures(1, 300, DType::f32));
  REQUIRE(found.classes.shape() == Shape{1, Ssd::boxes, 3});
  for (const auto& [name, tensor] : {std::pair("ssd_classes", found.classes), std::pair("ssd_codes", found.codes)}) {
    const Tensor& expected = ssd_golden().tensors.at(name);
    double error = 0, norm = 0;
    for (int64_t i = 0; i < expected.dim(0); ++i)
      for (int64_t k = 0; k < expected.dim(1); ++k) {
        error += std::pow(tensor.at(0, 97 * i, k) - expected.at(i, k), 2);
        norm += std::pow(expected.at(i, k), 2);
      }
    CHECK(std::sqrt(error / norm) < 1e-4);
  }
}

TEST_CASE("SSD's default boxes are the authors'") {
  const std::vector<Centered>& boxes = default_boxes();
  REQUIRE(std::ssize(boxes) == Ssd::boxes);
  const auto is = [](double found, double expected) { return std::abs(found - expected) < 1e-9; };
  CHECK((is(boxes[0].x, 4.0 / 300) && is(boxes[0].w, .07) && is(boxes[1].w, .1024695077)));
  CHECK((is(boxes[2].w, .0989949494) && is(boxes[2].h, .0494974747)));
  CHECK((is(boxes[5776].w, .15) && is(boxes[5776].x, 8.0 / 300)));
  CHECK((is(boxes[5780].w, .2598076211) && is(boxes[5780].h, .0866025404)));
  CHECK((is(boxes[8731].x, .5) && is(boxes[8731].w, .6151828996) && is(boxes[8731].h, 1)));
  Centered sum;
  for (const Centered& box : boxes) sum = {sum.x + box.x, sum.y + box.y, sum.w + box.w, sum.h + box.h};
  CHECK(std::abs(sum.x - 4443.14666667) < 1e-7);
  CHECK(std::abs(sum.y - 4443.14666667) < 1e-7);
  CHECK(std::abs(sum.w - 1171.96766866) < 1e-7);
  CHECK(std::abs(sum.h - 1171.96766866) < 1e-7);
}

TEST_CASE("boxes are read as they were written beside a default one") {
  const Centered at{.5, .4, .2, .3};
  const auto code = encode({.45, .3, .75, .62}, at);
  const double expected[] = {5, 2, 2.027325540541, .322692605688};
  for (size_t i = 0; i < 4; ++i) CHECK(std::abs(code[i] - expected[i]) < 1e-11);
  const Corners back = decode(code, at);
  CHECK((std::abs(back.x1 - .45) < 1e-12 && std::abs(back.y2 - .62) < 1e-12));
}

TEST_CASE("each object has a default box, and those that it overlaps by half") {
  const Corners small{.501, .501, .503, .503}, large{.1, .1, .9, .9};
  const std::vector<int> found = match_boxes(std::vector<Corners>{small, large});
  CHECK(std::count(found.begin(), found.end(), 0) == 1);
  for (size_t i = 0; i < found.size(); ++i) {
    const double overlap = iou(large, default_boxes()[i].corners());
    if (found[i] == 1) CHECK(overlap >= 0.5);
    if (overlap >= 0.5) CHECK(found[i] >= 0);
  }
  // Of two that want the same one the last has it.
  const std::vector<int> twice = match_boxes(std::vector<Corners>{small, small});
  CHECK(std::count(twice.begin(), twice.end(), 0) == 0);
  CHECK(std::count(twice.begin(), twice.end(), 1) == 1);
  CHECK(match_boxes({}) == std::vector<int>(static_cast<size_t>(Ssd::boxes), -1));
}

TEST_CASE("three negatives a positive count, those of the highest losses, picture by picture") {
  const std::vector<double> losses = {9, 1, 3, 3, 2, 3, 9, 8, 7, 6, 5, 4};
  const std::vector<int32_t> labels = {2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  CHECK(hard_negatives(losses, labels, 6) == std::vector<double>{1, 0, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0});
}

TEST_CASE("SSD's loss is its definition") {
  const int64_t n = 2, boxes = 4, outputs = 3;
  Ssd::Output output{Tensor::zeros({n, boxes, outputs}, DType::f64), Tensor::zeros({n, boxes, 4}, DType::f64)};
  output.classes.data<double>()[3] = 1;  // box 1 of the first picture thinks that it is background
  output.codes.data<double>()[0] = 3;
  const Tensor labels = Tensor::from(std::vector<int32_t>{1, 0, 0, 0, 0, 0, 0, 0}, {n, boxes});
  output.classes.set_requires_grad();
  const SsdLoss loss = ssd_loss(output, labels, Tensor::zeros({n, boxes, 4}, DType::f64));
  CHECK(loss.boxes.item() == Approx(2.5));  // |3| - 1/2
  CHECK(loss.classes.item() == Approx(3 * std::log(3) + std::log(std::exp(1) + 2) - 1));
  loss.total.backward();
  CHECK(output.classes.grad().at(1, 0, 0) == 0);  // a picture without objects has no say
  const SsdLoss none = ssd_loss({output.classes.detach(), output.codes}, Tensor::zeros({n, boxes}, DType::i32),
                                Tensor::zeros({n, boxes, 4}, DType::f64));
  CHECK(none.total.item() == 0);
}

TEST_CASE("the best boxes stay, and what they overlap goes") {
  Tensor classes = Tensor::zeros({Ssd::boxes, 3}, DType::f64), codes = Tensor::zeros({Ssd::boxes, 4}, DType::f64);
  for (int64_t i = 0; i < Ssd::boxes; ++i) classes.data<double>()[3 * i] = 1;
  const auto set = [&](int64_t box, int64_t label, double score) { classes.data<double>()[3 * box + label] = score; };
  set(8728, 1, 0.9), set(8729, 1, 0.8), set(8729, 2, 0.3), set(0, 2, 0.02), set(100, 1, 0.005);
  const auto found = decode_boxes(classes, codes);
  REQUIRE(found.size() == 3);  // 8729 as class 1 overlaps 8728; 100 is below 0.01
  CHECK((found[0].label == 0 && found[0].score == 0.9));
  CHECK((found[1].label == 1 && found[1].score == 0.3));
  CHECK(found[2].score == 0.02);
}

TEST_CASE("colours go to hue and back") {
  const Hsv hsv = to_hsv(50, 100, 200);
  CHECK((hsv.hue == 220 && hsv.saturation == 0.75F && hsv.value == 200));
  for (const auto& rgb : std::vector<std::array<float, 3>>{{50, 100, 200}, {3, 3, 3}, {0, 0, 0}, {250, 9, 70}}) {
    float back[3];
    from_hsv(to_hsv(rgb[0], rgb[1], rgb[2]), back);
    for (size_t c = 0; c < 3; ++c) CHECK(std::abs(back[c] - rgb[c]) < 1e-4F);
  }
}

TEST_CASE("views are resized as PyTorch resizes") {
  FloatPicture picture{7, 5, std::vector<float>(5 * 7 * 3)};
  for (int c = 0; c < 3; ++c)
    for (int y = 0; y < 5; ++y)
      for (int x = 0; x < 7; ++x)
        picture.pixels[static_cast<size_t>(3 * (7 * y + x) + c)] =
            static_cast<float>(std::sin(0.9 * static_cast<double>((c * 5 + y) * 7 + x)));
  const float color[3] = {};
  for (const int size : {4, 11}) {
    std::vector<float> out(static_cast<size_t>(size * size * 3));
    resize_view(picture, whole_view(7, 5), color, size, out.data());
    const std::vector<double> expected = ssd_golden().tensors.at("resize" + std::to_string(size)).to_vector();
    for (size_t i = 0; i < out.size(); ++i) CHECK(std::abs(static_cast<double>(out[i]) - expected[i]) < 1e-5);
  }
}

TEST_CASE("objects follow their picture through parts and mirrors") {
  FloatPicture picture{60, 40, std::vector<float>(60 * 40 * 3)};
  for (int y = 10; y < 26; ++y)
    for (int x = 30; x < 50; ++x)
      for (int c = 0; c < 3; ++c) picture.pixels[static_cast<size_t>(3 * (60 * y + x) + c)] = 255;
  const float color[3] = {};
  constexpr int size = 100;
  std::vector<float> out(static_cast<size_t>(size * size * 3));
  for (uint64_t draw = 0; draw < 40; ++draw) {
    Random random(3, Stream::test, 0, draw);
    std::vector<SsdObject> objects = {{{30, 10, 50, 26}, 1}};
    const CanvasView view = random_view(60, 40, objects, random);
    REQUIRE(objects.size() == 1);
    resize_view(picture, view, color, size, out.data());
    double x_sum = 0, y_sum = 0, count = 0;
    for (int y = 0; y < size; ++y)
      for (int x = 0; x < size; ++x)
        if (const double bright = static_cast<double>(out[static_cast<size_t>(3 * (size * y + x))]); bright > 0)
          x_sum += bright * x, y_sum += bright * y, count += bright;
    const Corners& box = objects[0].box;
    CHECK(std::abs((box.x1 + box.x2) / 2 * size / view.width - 0.5 - x_sum / count) < 1.5);
    CHECK(std::abs((box.y1 + box.y2) / 2 * size / view.height - 0.5 - y_sum / count) < 1.5);
  }
}
