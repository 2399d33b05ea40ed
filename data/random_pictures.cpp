#include "data/random_pictures.h"

namespace radial {

Batch random_pictures(int64_t n, int64_t size, int classes, DType dtype, uint64_t seed, int channels) {
  Random random(seed, Stream::noise);
  Tensor pictures = Tensor::empty({n, size, size, channels}, dtype), labels = Tensor::empty({n}, DType::i32);
  if (dtype == DType::u8) {
    for (uint8_t& value : std::span(pictures.data<uint8_t>(), static_cast<size_t>(pictures.numel())))
      value = static_cast<uint8_t>(random.below(256));
  } else {
    dispatch_float("random_pictures", dtype, [&]<class T>() {
      for (T& value : std::span(pictures.data<T>(), static_cast<size_t>(pictures.numel())))
        value = static_cast<T>(random.normal());
    });
  }
  for (int32_t& label : std::span(labels.data<int32_t>(), static_cast<size_t>(n)))
    label = static_cast<int32_t>(random.below(classes));
  return {.fields = {pictures, labels}};
}

}  // namespace radial
