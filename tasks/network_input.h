// How pictures enter a network.
#pragma once

#include "core/device.h"
#include "core/ops.h"

namespace radial {

struct NetworkInput {
  Device device;               // where the network lies
  DType dtype = DType::f32;    // of its activations
  PictureStatistics pictures;  // to normalise those that come as bytes

  // The network's input, on its device, from a batch of the loader: bytes are normalised there.
  Tensor operator()(const Tensor& images) const {
    const Tensor x = images.to(device);
    return x.dtype() == DType::u8 ? normalize_pictures(x, pictures, dtype) : x.to(dtype);
  }
};

}  // namespace radial
