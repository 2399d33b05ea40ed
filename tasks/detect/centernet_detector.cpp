#include "tasks/detect/centernet_detector.h"

#include <cmath>

#include "core/autograd.h"
#include "core/error.h"
#include "core/ops.h"
#include "nn/freeze.h"

namespace radial {

namespace {

double two_decimals(double value) { return std::round(value * 100) / 100; }

}  // namespace

CenterNetDetector::CenterNetDetector(const Options& options) : options_(options), network_(options.network) {}

void CenterNetDetector::try_one_sample(std::span<const std::string> frozen) const {
  CenterNet probe(options_.network);
  freeze(probe, frozen);
  probe(Tensor::zeros({1, options_.input.image_size, options_.input.image_size, 3}));
}

std::vector<Measure> CenterNetDetector::measures() const {
  return {{{"loss", "loss"}, Measure::Kind::mean},
          {{"heat", "heat"}, Measure::Kind::mean},
          {{"size", "size"}, Measure::Kind::mean},
          {{"offset", "offset"}, Measure::Kind::mean}};
}

std::shared_ptr<const Samples> CenterNetDetector::samples(std::shared_ptr<const BoxedPictures> pictures,
                                                          bool train) const {
  return std::make_shared<CenterSamples>(std::move(pictures), options_.input, train, picture_dtype());
}

Tensor CenterNetDetector::loss(const Batch& batch, Tensor& numbers, std::vector<std::vector<Detection>>* found) {
  const CenterNet::Maps maps = network_(input_(batch[CenterSamples::image]));
  const auto target = [&](size_t field) { return batch[field].to(input_.device); };
  const CenterLoss loss =
      center_loss(maps,
                  {target(CenterSamples::heat), target(CenterSamples::size_of_objects), target(CenterSamples::offset),
                   target(CenterSamples::cell), target(CenterSamples::used)},
                  options_.loss);
  const auto number = [](const Tensor& x) { return x.detach().to(DType::f64); };
  numbers.copy_from(stack({number(loss.total), number(loss.heat), number(loss.size), number(loss.offset)}));
  if (found == nullptr) return loss.total;
  for (int64_t i = 0; i < std::ssize(batch.samples); ++i) {
    const int32_t* extents = batch[CenterSamples::extents].data<int32_t>() + 2 * i;
    found->push_back(found_in(maps, i, extents[0], extents[1]));
  }
  return loss.total;
}

std::vector<Detection> CenterNetDetector::detect(const Image& picture) {
  const NoGrad no_grad;
  const int64_t side = options_.input.image_size;
  Tensor x = Tensor::empty({1, side, side, 3}, picture_dtype());
  if (x.dtype() == DType::f64)
    read_centered(picture, options_.input, x.data<double>());
  else
    read_centered(picture, options_.input, x.data<float>());
  const CenterNet::Maps maps = network_(input_(x));
  for (const Tensor* map : {&maps.heat, &maps.size, &maps.offset})
    check(std::isfinite(sum(*map).item()), ErrorKind::non_finite, "detect: the maps are not finite; are the weights?");
  return found_in(maps, 0, picture.width, picture.height);
}

std::vector<Detection> CenterNetDetector::found_in(const CenterNet::Maps& maps, int64_t picture, int width,
                                                   int height) const {
  const auto map = [&](const Tensor& x) { return select(x.detach(), 0, picture).to(Device{}); };
  const Tensor heat = map(maps.heat), probabilities = sigmoid(heat.to(accumulator_of(heat.dtype())));
  const AffineMap back = evaluation_map(width, height, options_.input).inverse();
  std::vector<Detection> found;
  for (const CenterFound& center : decode_centers(probabilities, map(maps.size), map(maps.offset), most_found)) {
    const auto [x1, y1] = back(center.corners[0], center.corners[1]);
    const auto [x2, y2] = back(center.corners[2], center.corners[3]);
    Detection one{center.label, center.score, {x1, y1, x2 - x1, y2 - y1}};
    if (options_.rounded) {
      one.score = two_decimals(one.score);
      for (double& value : one.box) value = two_decimals(value);
    }
    found.push_back(one);
  }
  return found;
}

}  // namespace radial
