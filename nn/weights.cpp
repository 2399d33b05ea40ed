#include "nn/weights.h"

#include <algorithm>
#include <sstream>
#include <vector>

#include "core/autograd.h"

namespace radial {

namespace {

enum class Layout { to_torch, from_torch };

// [o, p, c] -> [o, c, p] with p = kh kw pixels of a filter and c its channels, and the way back.
template <class T>
Tensor swap_filter(const Tensor& from, const Shape& shape, int64_t rows, int64_t columns) {
  Tensor to = Tensor::empty(shape, from.dtype());
  const T* in = from.data<T>();
  T* out = to.data<T>();
  const int64_t filters = shape[0];
  for (int64_t o = 0; o < filters; ++o, in += rows * columns, out += rows * columns) {
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t c = 0; c < columns; ++c) out[c * rows + r] = in[r * columns + c];
    }
  }
  return to;
}

bool is_filter(const Shape& shape, Kind kind) { return kind == Kind::conv && shape.rank() == 4; }

Shape torch_shape(const Shape& shape, Kind kind) {
  return is_filter(shape, kind) ? Shape{shape[0], shape[3], shape[1], shape[2]} : shape;
}

Tensor change_layout(const Tensor& anywhere, Kind kind, Layout layout) {
  const Tensor tensor = anywhere.detach().to(Device{});
  const Shape& s = tensor.shape();
  if (!is_filter(s, kind)) return tensor.clone();
  Tensor result;
  dispatch_float("weights", tensor.dtype(), [&]<class T>() {
    result = layout == Layout::to_torch ? swap_filter<T>(tensor, {s[0], s[3], s[1], s[2]}, s[1] * s[2], s[3])
                                        : swap_filter<T>(tensor, {s[0], s[2], s[3], s[1]}, s[1], s[2] * s[3]);
  });
  return result;
}

// The first complaints, a line each, and the number of the others.
std::string listed(const std::vector<std::string>& complaints) {
  constexpr size_t most = 20;
  std::string text;
  for (size_t i = 0; i < complaints.size() && i < most; ++i) text += (i ? "\n  " : "") + complaints[i];
  if (complaints.size() > most) text += "\n  and " + std::to_string(complaints.size() - most) + " more";
  return text;
}

template <class... Parts>
std::string text_of(const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  return text.str();
}

std::vector<NamedTensor> parameters_and_buffers(Module& model) {
  std::vector<NamedTensor> tensors = model.parameters();
  for (NamedTensor& buffer : model.buffers()) tensors.push_back(std::move(buffer));
  return tensors;
}

}  // namespace

Tensor to_torch_layout(const NamedTensor& tensor) {
  return change_layout(tensor.tensor, tensor.kind, Layout::to_torch);
}
Tensor from_torch_layout(const Tensor& in_file, Kind kind) { return change_layout(in_file, kind, Layout::from_torch); }

void add_tensors(TensorFile& file, std::span<const NamedTensor> tensors, const std::string& prefix) {
  for (const NamedTensor& tensor : tensors) {
    const bool added = file.tensors.emplace(prefix + tensor.name, to_torch_layout(tensor)).second;
    check(added, "save: there are two tensors with the name \"", prefix, tensor.name, "\"");
  }
}

void assign_tensors(std::span<const NamedTensor> targets, const TensorFile& file, const std::string& path,
                    const std::string& prefix, std::span<const std::string> ignored) {
  std::vector<std::string> complaints;
  std::map<std::string, const Tensor*> unexpected;
  for (const auto& entry : file.tensors) {
    const std::string& name = entry.first;
    const bool skipped =
        !name.starts_with(prefix) || name.ends_with("num_batches_tracked") ||
        std::any_of(ignored.begin(), ignored.end(), [&](const auto& start) { return name.starts_with(start); });
    if (!skipped) unexpected[name] = &entry.second;
  }

  std::vector<Tensor> values;
  for (const auto& [name, target, kind] : targets) {
    const auto found = unexpected.find(prefix + name);
    if (found == unexpected.end()) {
      complaints.push_back(text_of('"', prefix, name, "\" is not in the file"));
      continue;
    }
    const Tensor& tensor = *found->second;
    unexpected.erase(found);
    const Shape expected = torch_shape(target.shape(), kind);
    if (tensor.shape() != expected) {
      complaints.push_back(
          text_of('"', prefix, name, "\" has shape ", tensor.shape(), " in the file but ", expected, " in the model"));
    } else if (tensor.dtype() != target.dtype() && !(is_float(tensor.dtype()) && is_float(target.dtype()))) {
      complaints.push_back(text_of('"', prefix, name, "\" is ", name_of(tensor.dtype()), " in the file but ",
                                   name_of(target.dtype()), " in the model"));
    } else if (complaints.empty()) {
      values.push_back(from_torch_layout(tensor.to(target.dtype()), kind));
    }
  }
  for (const auto& [name, tensor] : unexpected) {
    complaints.push_back(text_of('"', name, "\" is in the file but not in the model"));
  }
  check(complaints.empty(), ErrorKind::file_format, "load: ", listed(complaints), " (", path, ")");
  for (size_t i = 0; i < values.size(); ++i) {
    Tensor target = targets[i].tensor;
    target.copy_from(values[i]);
  }
}

void save_weights(Module& model, const std::string& path, const std::map<std::string, std::string>& metadata) {
  TensorFile file{.tensors = {}, .metadata = metadata};
  add_tensors(file, parameters_and_buffers(model));
  write_safetensors(path, file);
}

void load_weights(Module& model, const std::string& path) { load_weights(model, read_safetensors(path), path); }

void load_weights(Module& model, const TensorFile& file, const std::string& path) {
  assign_tensors(parameters_and_buffers(model), file, path, "", std::span(&optimizer_prefix, 1));
}

}  // namespace radial
