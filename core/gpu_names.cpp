#include "core/gpu_names.h"

#include "core/error.h"
#ifdef RADIAL_WITH_CUDA
#include "core/cuda/names.h"
#endif

namespace radial {

std::string gpu_libraries() {
#ifdef RADIAL_WITH_CUDA
  return cuda::versions();
#else
  return "cpu only";
#endif
}

std::string gpu_name(Device device) {
  check(device.type == DeviceType::cuda, "gpu_name: ", device, " is no GPU");
#ifdef RADIAL_WITH_CUDA
  return cuda::card_name(device.index);
#else
  fail(ErrorKind::usage, "gpu_name: this Radial was built without CUDA");
#endif
}

}  // namespace radial
