// Weights in files: safetensors with torchvision's names and layouts, to and from PyTorch.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "io/safetensors.h"
#include "nn/module.h"

namespace radial {

// Convolution weights are [out, kh, kw, in] here and [out, in, kh, kw] in files; all other tensors are the same.
// Copies on the CPU; both look at the kind and the rank only. They serve optimizer state, too, which has its
// parameter's kind.
Tensor to_torch_layout(const NamedTensor& tensor);
Tensor from_torch_layout(const Tensor& in_file, Kind kind);

// Adds the tensors to a file that is to be written, in PyTorch's layout, under prefix + name.
void add_tensors(TensorFile& file, std::span<const NamedTensor> tensors, const std::string& prefix = "");

// Copies the values of the file's tensors prefix + name into `targets`, float32 and float64 converted as needed;
// targets may lie on any device. All or nothing: if tensors are missing or have other shapes or types, or if the file
// has others that begin with `prefix` (num_batches_tracked aside), one Error(file_format) lists them and nothing has
// changed. `path` is for the message.
void assign_tensors(std::span<const NamedTensor> targets, const TensorFile& file, const std::string& path,
                    const std::string& prefix = "");

// Parameters and buffers of a model. State of an optimizer ("optimizer." + name) may lie in the same file.
inline const std::string optimizer_prefix = "optimizer.";
void save_weights(Module& model, const std::string& path, const std::map<std::string, std::string>& metadata = {});

// Of weights that were made for another network, or by another program.
struct LoadOptions {
  // Patterns (nn/name_pattern.h) of tensors that are left out: those of the model keep their values, those of the file
  // are not looked at.
  std::vector<std::string> skip = {};
  std::string skip_option = {};  // the option that sets it: the message about what does not fit offers it
  // Strips a prefix that all names in the file share ("module.", "state_dict.model."), if all tensors of the model are
  // found that way, and none as the file has them.
  bool any_prefix = false;
};
struct Loaded {
  std::string prefix;                // that was stripped
  std::vector<std::string> skipped;  // tensors of the model that kept their values
};

// All that is not skipped, or nothing: as assign_tensors(). Throws Error(usage), too, for a pattern that fits nothing.
Loaded load_weights(Module& model, const std::string& path, const LoadOptions& options = {});
Loaded load_weights(Module& model, const TensorFile& file, const std::string& path,
                    const LoadOptions& options = {});  // of a file already read

}  // namespace radial
