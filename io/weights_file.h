// Weights in any format that Radial reads, told by the file's first bytes, whatever its name is.
#pragma once

#include <string>
#include <vector>

#include "io/safetensors.h"

namespace radial {

struct WeightsFile {
  TensorFile file;
  std::vector<std::string> notes;  // what a reader should be told of it
};

// safetensors (io/safetensors.h) or PyTorch's (io/torch_file.h). Throws Error(file_format) that names the format of
// files of other programs: HDF5, ONNX, NumPy, gzip, PyTorch's of before version 1.6, what git-lfs left to be fetched.
WeightsFile read_weights_file(const std::string& path);

}  // namespace radial
