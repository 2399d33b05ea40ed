// Loaders of pictures from one struct, as tests vary them.
#pragma once

#include <memory>

#include "data/loader.h"
#include "data/picture_samples.h"

namespace radial::test {

struct Loading : LoaderOptions {
  TransformOptions transform = {};
  bool shuffle = true;
  int64_t limit = 0;
  DType dtype = DType::f32;
};

inline Loader loader_of(const ImageFolder& folder, const Loading& how) {
  const Order order = how.shuffle ? shuffled(folder.size(), how.seed) : in_order(folder.size());
  return {std::make_shared<PictureSamples>(folder, how.transform, how.dtype), limited(order, how.limit), how};
}

}  // namespace radial::test
