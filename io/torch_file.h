// PyTorch's files (.pth, .pt): what torch.save() makes of a state dict, or of a dictionary that holds one. A zip
// archive with a pickle, whose instructions are read as data (io/pickle.h; nothing is executed), and the tensors'
// bytes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "io/safetensors.h"

namespace radial {

// The state dict of the file: float64, float32, bfloat16, uint8 and int32 as they are, float16 as float32, other
// integers as int32 (if the values fit), bool as uint8; strided tensors as contiguous ones. Of a dictionary of other
// things the entry state_dict, model or model_state_dict is taken. `notes` gets what should be said: the entry that was
// taken, what was passed over.
// Throws Error(io) if the file cannot be read, and Error(file_format), with path and place, for a damaged one, one of
// torch.jit.save(), one that holds a module and no state dict, or tensors of other types.
TensorFile read_torch_file(const std::string& path, std::vector<std::string>& notes);

}  // namespace radial
