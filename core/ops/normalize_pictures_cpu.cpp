#include "core/kernels.h"
#include "core/parallel.h"

namespace radial {

// A byte has 256 values: the results are looked up.
void cpu::normalize_pictures(Tensor& y, const Tensor& x, const PictureStatistics& s) {
  dispatch_float("normalize_pictures", y.dtype(), [&]<class T>() {
    T results[256][3];
    for (int value = 0; value < 256; ++value)
      for (int c = 0; c < 3; ++c) results[value][c] = static_cast<T>((value / 255.0 - s.mean[c]) * s.inv_std[c]);
    const int64_t channels = x.channels();
    const auto run = [&, from = x.data<uint8_t>(), to = y.data<T>()](int64_t begin, int64_t end) {
      for (int64_t pixel = begin; pixel < end; ++pixel)
        for (int64_t c = 0; c < channels; ++c) to[channels * pixel + c] = results[from[channels * pixel + c]][c];
    };
    parallel_ranges(x.numel() / channels, 16384, run);
  });
}

}  // namespace radial
