// Bytes go to the device, four times fewer than floats, and become the network's input there.
#include "core/ops/normalize_pictures.h"

#include "core/kernels.h"
#include "core/ops.h"
#include "core/ops/arguments.h"

namespace radial {

Tensor normalize_pictures(const Tensor& x, const PictureStatistics& statistics, DType dtype) {
  check_defined("normalize_pictures", {{"x", x}});
  check(x.rank() == 4 && (x.channels() == 3 || x.channels() == 1) && x.dtype() == DType::u8,
        "normalize_pictures: x is ", name_of(x.dtype()), " ", x.shape(),
        " but must be uint8 [n, h, w, 3] or [n, h, w, 1]");
  Tensor y = Tensor::empty(x.shape(), dtype, x.device());
  PictureStatistics of_channels = statistics;  // which follow one another as if there were three
  for (const size_t c : {size_t{1}, size_t{2}})
    if (x.channels() == 1) {
      of_channels.mean[c] = statistics.mean[0];
      of_channels.inv_std[c] = statistics.inv_std[0];
    }
  kernels::normalize_pictures(y, x, of_channels);
  return y;
}

}  // namespace radial
