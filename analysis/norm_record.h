// Norms of tensors, left where their device computed them until somebody asks.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/tensor.h"

namespace radial {

class NormRecord {
 public:
  NormRecord() = default;
  explicit NormRecord(std::span<const Tensor> tensors);  // of one device; as they are now

  std::vector<double> norms() const;  // ||x|| of each whole tensor, summed in float64; waits for the device

 private:
  std::vector<int64_t> rows_;  // of each tensor
  Tensor squares_;             // f64 [rows of all tensors]
};

}  // namespace radial
