// CenterNet's targets, losses, maps and samples.
#include "models/centernet.h"

#include <cmath>
#include <map>

#include "core/autograd.h"
#include "core/ops.h"
#include "data/affine_warp.h"
#include "data/synth.h"
#include "io/safetensors.h"
#include "nn/init.h"
#include "tasks/detect/centernet_colors.h"
#include "tasks/detect/centernet_loss.h"
#include "tasks/detect/centernet_samples.h"
#include "tasks/detect/centernet_targets.h"
#include "tests/catch.h"
#include "tests/io/scratch_folder.h"
#include "tests/models/formula.h"

using namespace radial;

namespace {

const TensorFile& golden() {
  static const TensorFile file = read_safetensors(RADIAL_SOURCE_DIR "/tests/golden/detect.safetensors");
  return file;
}

Tensor wave(const Shape& shape, double step, double factor = 1) {
  Tensor x = Tensor::empty(shape, DType::f64);
  for (int64_t i = 0; i < x.numel(); ++i) x.data<double>()[i] = factor * std::sin(step * static_cast<double>(i));
  return x;
}

double difference(const Tensor& a, const Tensor& b) {
  const std::vector<double> x = a.to_vector(), y = b.to_vector();
  REQUIRE(x.size() == y.size());
  double most = 0;
  for (size_t i = 0; i < x.size(); ++i) most = std::max(most, std::abs(x[i] - y[i]));
  return most;
}

double heat_loss_of(const std::vector<double>& p, const std::vector<double>& g) {
  Tensor logits = Tensor::empty({1, 1, 1, std::ssize(p)}, DType::f64), target = empty_like(logits);
  for (size_t i = 0; i < p.size(); ++i) {
    logits.data<double>()[i] = std::log(p[i] / (1 - p[i]));
    target.data<double>()[i] = g[i];
  }
  const Tensor none = Tensor::zeros({1, 1, 2}, DType::f64), map = Tensor::zeros({1, 1, 1, 2}, DType::f64);
  const CenterTargetBatch targets{target, none, none, Tensor::zeros({1, 1, 2}, DType::i32),
                                  Tensor::zeros({1, 1, 1}, DType::f64)};
  return center_loss({logits, map, map}, targets, {}).heat.item();
}

}  // namespace

TEST_CASE("CenterNet says what PyTorch's says, with either neck") {
  const NoGrad no_grad;
  for (const bool deformable : {false, true}) {
    CenterNet network({.classes = 3, .deformable = deformable});
    network.to(DType::f64);
    formula::fill(network);
    network.eval();
    const CenterNet::Maps maps = network(formula::pictures(1, 64, DType::f64));
    const std::string name = deformable ? "centernet_dcn_" : "centernet_";
    for (const auto& [head, map] : {std::pair("hm", maps.heat), {"wh", maps.size}, {"reg", maps.offset}}) {
      INFO(name + head);
      const Tensor& expected = golden().tensors.at(name + head);
      CHECK(difference(map, expected) < 1e-9 * max(abs(expected)).item());
    }
  }
}

TEST_CASE("a bump is as wide as the authors have it") {
  const std::vector<std::array<double, 3>> radii = {
      {1, 1, .2733200531},    {4, 4, 1.0932802123},     {10, 20, 3.6779253585},   {13, 7, 2.5057565716},
      {32, 32, 8.7462416982}, {64, 128, 23.5387222944}, {128, 128, 34.9849667927}};
  for (const auto& [height, width, radius] : radii) CHECK(std::abs(gaussian_radius(height, width) - radius) < 1e-9);
  std::vector<double> map(5 * 5);
  draw_gaussian(map.data(), 5, 5, 1, 0, 2, 2, 1);
  CHECK(map[12] == 1);
  CHECK(std::abs(map[11] - .13533528) < 1e-8);
  CHECK(std::abs(map[6] - .01831564) < 1e-8);
  CHECK(map[10] == 0);
  draw_gaussian(map.data(), 5, 5, 1, 0, 0, 0, 2);  // cut off at the border, and the larger value stays
  CHECK(map[0] == 1);
  CHECK(std::abs(map[1] - .48675226) < 1e-8);
  CHECK(std::abs(map[10] - .05613476) < 1e-8);
  CHECK(map[12] == 1);
}

TEST_CASE("CenterNet's losses are those of PyTorch, and their gradients") {
  CHECK(std::abs(heat_loss_of({.9, .3, .05, .6}, {1, .5, 0, .99}) - 0.003188138251) < 1e-11);
  CHECK(std::abs(heat_loss_of({.9, .3, .05, .6}, {.2, .5, 0, .99}) - 0.766077004907) < 1e-11);

  const int64_t n = 2, h = 4, w = 5, c = 3, most = 6;
  CenterNet::Maps maps{wave({n, h, w, c}, 0.7, 3), wave({n, h, w, 2}, 0.3, 4), wave({n, h, w, 2}, 1.1)};
  for (Tensor* map : {&maps.heat, &maps.size, &maps.offset}) map->set_requires_grad();
  CenterTargetBatch targets;
  targets.heat = abs(wave({n, h, w, c}, 1.7));
  for (const int64_t i : {3, 40, 77}) targets.heat.data<double>()[i] = 1;
  targets.size = wave({n, most, 2}, 0.9, 2);
  targets.offset = wave({n, most, 2}, 0.4);
  targets.cell = Tensor::empty({n, most, 2}, DType::i32);
  targets.used = Tensor::empty({n, most, 1}, DType::f64);
  for (int i = 0; i < n * most; ++i) {
    targets.cell.data<int32_t>()[2 * i] = targets.cell.data<int32_t>()[2 * i + 1] = i * 7 % static_cast<int>(h * w);
    targets.used.data<double>()[i] = i % 3 != 0;
  }
  const CenterLoss loss = center_loss(maps, targets, {});
  CHECK(difference(stack({loss.total, loss.heat, loss.size, loss.offset}).detach(),
                   golden().tensors.at("center_loss")) < 1e-12);
  loss.total.backward();
  CHECK(difference(maps.heat.grad(), golden().tensors.at("center_loss_dheat")) < 1e-12);
  CHECK(difference(maps.size.grad(), golden().tensors.at("center_loss_dsize")) < 1e-12);
  CHECK(difference(maps.offset.grad(), golden().tensors.at("center_loss_doffset")) < 1e-12);
}

TEST_CASE("the heat's loss is finite however sure the network is") {
  for (const double logit : {-100.0, 100.0}) {
    Tensor logits = Tensor::full({1, 2, 2, 1}, logit, DType::f64), target = Tensor::zeros({1, 2, 2, 1}, DType::f64);
    target.data<double>()[0] = 1;
    logits.set_requires_grad();
    const Tensor map = Tensor::zeros({1, 2, 2, 2}, DType::f64), none = Tensor::zeros({1, 1, 2}, DType::f64);
    const CenterLoss loss = center_loss(
        {logits, map, map},
        {target, none, none, Tensor::zeros({1, 1, 2}, DType::i32), Tensor::zeros({1, 1, 1}, DType::f64)}, {});
    loss.total.backward();
    CHECK(std::isfinite(loss.total.item()));
    for (const double slope : logits.grad().to_vector()) CHECK(std::isfinite(slope));
  }
}

TEST_CASE("warped pictures have OpenCV's bytes") {
  Image picture;
  picture.resize(23, 17);
  for (int y = 0; y < 17; ++y)
    for (int x = 0; x < 23; ++x)
      for (int k = 0; k < 3; ++k)
        picture.row(y)[3 * x + k] = static_cast<uint8_t>((x * 7919 + y * 104729 + k * 1299709 + x * y * 31) % 256);
  const double views[][3] = {{11.5, 8.5, 23}, {5, 4, 13.8}, {20, 3, 29.9}, {7.25, 9.5, 16.1}, {300, 3, 20}};
  const int sizes[] = {16, 16, 12, 32, 8};
  for (size_t i = 0; i < 5; ++i) {
    Image result;
    warp_affine(picture, centering_map(views[i][0], views[i][1], views[i][2], sizes[i], sizes[i]), sizes[i], sizes[i],
                result);
    const Tensor expected = golden().tensors.at("warp" + std::to_string(i));
    const std::vector<uint8_t> bytes(expected.data<uint8_t>(), expected.data<uint8_t>() + expected.numel());
    CHECK(result.pixels == bytes);
  }
  const AffineMap map = centering_map(320, 240, 640, 512, 512);
  CHECK(map.xx == 0.8);
  CHECK(map.y0 == 64);
}

TEST_CASE("maps are read back as the boxes that they were drawn from") {
  const std::vector<CellBox> objects = {{0, {1.5, 2, 6.25, 5}}, {2, {9, 10, 14, 15.5}}, {2, {3, 3, 3, 8}}};
  std::vector<double> heat(16 * 16 * 3), size(8), offset(8), used(4);
  std::vector<int32_t> cell(8);
  write_targets(std::span<const CellBox>(objects),
                CenterTargets<double>{heat.data(), size.data(), offset.data(), cell.data(), used.data(), 16, 16, 3, 4});
  CHECK(used == std::vector<double>{1, 1, 0, 0});  // the third has no width
  Tensor size_map = Tensor::zeros({16, 16, 2}, DType::f64), offset_map = Tensor::zeros({16, 16, 2}, DType::f64);
  for (size_t i = 0; i < 2; ++i)
    for (size_t k = 0; k < 2; ++k) {
      size_map.data<double>()[2 * cell[2 * i] + static_cast<int>(k)] = size[2 * i + k];
      offset_map.data<double>()[2 * cell[2 * i] + static_cast<int>(k)] = offset[2 * i + k];
    }
  const auto found = decode_centers(Tensor::from(heat, {16, 16, 3}), size_map, offset_map, 2);
  REQUIRE(found.size() == 2);
  for (size_t i = 0; i < 2; ++i) {
    CHECK(found[i].label == objects[i].label);
    CHECK(found[i].score == 1);
    for (size_t k = 0; k < 4; ++k) CHECK(std::abs(found[i].corners[k] - objects[i].corners[k]) < 1e-6);
  }
}

TEST_CASE("CenterNet has the authors' parameters and begins as theirs does") {
  CenterNet network({.classes = 80});
  CHECK(network.parameter_count() == 15820372);
  CHECK(CenterNet({.classes = 20}).parameter_count() == 15816472);
  CenterNet deformable({.classes = 80, .deformable = true});
  CHECK(deformable.parameter_count() == 14437349);
  initialise(deformable, 1);
  std::map<std::string, Tensor> deformed;
  for (const NamedTensor& parameter : deformable.parameters()) deformed[parameter.name] = parameter.tensor;
  CHECK(deformed.at("deconv_layers.0.conv_offset_mask.weight").at(3, 1, 1, 7) == 0);
  CHECK(deformed.at("deconv_layers.3.weight").at(9, 1, 0, 0) == 0.1875);
  CHECK(deformed.at("deconv_layers.3.weight").at(9, 1, 0, 1) != 0);
  CHECK(std::abs(deformed.at("wh.0.weight").at(0, 0, 0, 0)) < 0.01);
  CHECK(deformed.contains("deconv_layers.16.bias"));
  initialise(network, 1);
  std::map<std::string, Tensor> tensors;
  for (const NamedTensor& parameter : network.parameters()) tensors[parameter.name] = parameter.tensor;
  for (const char* name : {"conv1.weight", "layer4.1.bn2.bias", "deconv_layers.0.weight", "deconv_layers.7.bias",
                           "hm.0.weight", "hm.2.bias", "wh.2.bias", "reg.0.bias"})
    CHECK(tensors.contains(name));
  CHECK(tensors["hm.2.bias"].at(3) == Approx(-2.19));
  CHECK(tensors["wh.2.bias"].at(0) == 0);
}

TEST_CASE("boxes follow their pictures through every change") {
  // One bright pixel, and the box around it: where the picture is bright the target's centre lies.
  const ScratchFolder scratch;
  Image picture;
  picture.resize(200, 150);
  std::fill(picture.pixels.begin(), picture.pixels.end(), uint8_t{0});
  for (int y = 60; y < 84; ++y)
    for (int x = 90; x < 106; ++x) std::fill_n(picture.row(y) + 3 * x, 3, uint8_t{255});
  write_png(scratch / "p.png", picture);
  auto boxes = std::make_shared<BoxedPictures>();
  boxes->root = scratch.path();
  boxes->classes = {"a", "b"};
  boxes->pictures = {{"p.png", 1, {{.label = 1, .box = {90, 60, 16, 24}, .area = 384}}}};
  CenterInput input{.image_size = 128, .mean = {}, .std = {1, 1, 1}};
  for (const DetectAugment augment : {DetectAugment::shift, DetectAugment::flip, DetectAugment::none}) {
    input.augment = augment;
    const CenterSamples samples(boxes, input, true, DType::f32);
    const auto reader = samples.reader();
    std::vector<Tensor> fields;
    std::vector<std::byte*> rows;
    for (const Field& field : samples.fields()) {
      fields.push_back(Tensor::zeros(field.shape, field.dtype));
      rows.push_back(static_cast<std::byte*>(fields.back().bytes_data()));
    }
    for (uint64_t draw = 0; draw < 8; ++draw) {
      reader->read(0, Random(1, Stream::augment, 0, draw), rows);
      const float* pixels = fields[CenterSamples::image].data<float>();
      double x_sum = 0, y_sum = 0, count = 0;
      float brightest = 0;
      for (int i = 0; i < 128 * 128; ++i) brightest = std::max(brightest, pixels[3 * i]);
      for (int y = 0; y < 128; ++y)
        for (int x = 0; x < 128; ++x)
          if (pixels[3 * (y * 128 + x)] > 0.6F * brightest) x_sum += x, y_sum += y, count += 1;
      if (fields[CenterSamples::used].at(0, 0) == 0) continue;
      const int32_t cell = fields[CenterSamples::cell].data<int32_t>()[0];
      const double x = cell % 32 + fields[CenterSamples::offset].at(0, 0),
                   y = cell / 32 + fields[CenterSamples::offset].at(0, 1);
      CHECK(std::abs(4 * x - x_sum / count) < 4);
      CHECK(std::abs(4 * y - y_sum / count) < 4);
      CHECK(fields[CenterSamples::heat].at(cell / 32, cell % 32, 1) == 1);
      CHECK(fields[CenterSamples::heat].at(cell / 32, cell % 32, 0) == 0);
    }
  }
}

TEST_CASE("colours change alike whichever comes first") {
  std::vector<double> rgb = {0.1, 0.5, 0.9, 0.3, 0.2, 0.7}, bgr = {0.9, 0.5, 0.1, 0.7, 0.2, 0.3};
  Random a(1, Stream::test), b(1, Stream::test);
  change_colors(rgb.data(), 2, false, a);
  change_colors(bgr.data(), 2, true, b);
  for (size_t i = 0; i < 2; ++i)
    for (size_t c = 0; c < 3; ++c) CHECK(std::abs(rgb[3 * i + c] - bgr[3 * i + 2 - c]) < 1e-12);
  CHECK(rgb[0] != 0.1);
}
