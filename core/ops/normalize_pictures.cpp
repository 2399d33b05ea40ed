// Bytes go to the device, four times fewer than floats, and become the network's input there.
#include "core/ops/normalize_pictures.h"

#include "core/kernels.h"
#include "core/ops.h"
#include "core/ops/arguments.h"

namespace radial {

Tensor normalize_pictures(const Tensor& x, const PictureStatistics& statistics, DType dtype) {
  check_defined("normalize_pictures", {{"x", x}});
  check(x.rank() == 4 && x.channels() == 3 && x.dtype() == DType::u8, "normalize_pictures: x is ", name_of(x.dtype()),
        " ", x.shape(), " but must be uint8 [n, h, w, 3]");
  Tensor y = Tensor::empty(x.shape(), dtype, x.device());
  kernels::normalize_pictures(y, x, statistics);
  return y;
}

}  // namespace radial
