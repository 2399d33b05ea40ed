#include "nn/weights.h"

#include <algorithm>
#include <functional>
#include <sstream>
#include <utility>

#include "core/autograd.h"
#include "nn/name_pattern.h"

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

// Of a file, by the names that they have there.
using Tensors = std::map<std::string, const Tensor*>;

// PyTorch's count of batches, and the channels that the wide ResNets of the paper's authors add as zeros.
bool has_no_value(const std::string& name) {
  return name.ends_with("num_batches_tracked") || name.ends_with("poolpadShortcut.1.padding");
}

Tensors tensors_of(const TensorFile& file, const std::function<bool(const std::string& name)>& wanted) {
  Tensors tensors;
  for (const auto& [name, tensor] : file.tensors)
    if (!has_no_value(name) && wanted(name)) tensors[name] = &tensor;
  return tensors;
}

// A tensor of the model that finds no value in the file, or one of the file that no one takes.
struct Misfit {
  std::string name;  // without the prefix
  std::string complaint;
};

// Copies the values if everything fits; else nothing, and returns what does not.
std::vector<Misfit> assign(std::span<const NamedTensor> targets, Tensors from, const std::string& prefix) {
  std::vector<Misfit> misfits;
  std::vector<Tensor> values;
  for (const NamedTensor& target : targets) {
    const auto refuse = [&](const auto&... parts) {
      misfits.push_back({target.name, text_of('"', prefix, target.name, "\" ", parts...)});
    };
    const auto found = from.find(prefix + target.name);
    if (found == from.end()) {
      refuse("is not in the file");
      continue;
    }
    const Tensor& tensor = *found->second;
    from.erase(found);
    const Shape expected = torch_shape(target.tensor.shape(), target.kind);
    const DType dtype = target.tensor.dtype();
    if (tensor.shape() != expected) {
      refuse("has shape ", tensor.shape(), " in the file but ", expected, " in the model");
    } else if (tensor.dtype() != dtype && !(is_float(tensor.dtype()) && is_float(dtype))) {
      refuse("is ", name_of(tensor.dtype()), " in the file but ", name_of(dtype), " in the model");
    } else if (misfits.empty()) {
      values.push_back(from_torch_layout(tensor.to(dtype), target.kind));
    }
  }
  for (const auto& [name, tensor] : from)
    misfits.push_back({name.substr(prefix.size()), text_of('"', name, "\" is in the file but not in the model")});
  if (!misfits.empty()) return misfits;
  for (size_t i = 0; i < values.size(); ++i) {
    Tensor target = targets[i].tensor;
    target.copy_from(values[i]);
  }
  return {};
}

// The first complaints, a line each, and the number of the others.
std::string listed(const std::vector<Misfit>& misfits) {
  constexpr size_t most = 20;
  std::string text;
  for (size_t i = 0; i < misfits.size() && i < most; ++i) text += (i ? "\n  " : "") + misfits[i].complaint;
  if (misfits.size() > most) text += "\n  and " + std::to_string(misfits.size() - most) + " more";
  return text;
}

// "; --init-skip fc loads the rest", where there is a rest.
std::string offer(const std::string& skip_option, const std::vector<Misfit>& misfits,
                  std::span<const NamedTensor> targets) {
  const auto has_none = [&](const NamedTensor& target) {
    return std::any_of(misfits.begin(), misfits.end(),
                       [&](const Misfit& misfit) { return misfit.name == target.name; });
  };
  if (skip_option.empty() || std::all_of(targets.begin(), targets.end(), has_none)) return "";
  std::vector<std::string> patterns;
  for (const Misfit& misfit : misfits) {
    const std::string layer = layer_of(misfit.name), pattern = layer.empty() ? misfit.name : layer;
    if (std::find(patterns.begin(), patterns.end(), pattern) == patterns.end()) patterns.push_back(pattern);
  }
  if (patterns.size() > 4) patterns = {"PATTERN..."};
  std::string text = "; " + skip_option;
  for (const std::string& pattern : patterns) text += " " + pattern;
  return text + " loads the rest";
}

// What all names in the file begin with and the model's do not, up to a dot; of several the one with which most of the
// model's are found. If some are not, nothing is loaded: so none is taken off for less than all of them.
std::string shared_prefix(const Tensors& from, std::span<const NamedTensor> targets) {
  const auto found = [&](const std::string& prefix) {
    return std::count_if(targets.begin(), targets.end(),
                         [&](const NamedTensor& target) { return from.contains(prefix + target.name); });
  };
  if (from.empty() || found("") > 0) return "";
  const std::string &first = from.begin()->first, &last = from.rbegin()->first;  // in order: all share what they do
  std::string best;
  for (size_t dot = first.find('.'); dot != std::string::npos; dot = first.find('.', dot + 1)) {
    const std::string prefix = first.substr(0, dot + 1);
    if (last.starts_with(prefix) && found(prefix) > found(best)) best = prefix;
  }
  return best;
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
                    const std::string& prefix) {
  const auto misfits =
      assign(targets, tensors_of(file, [&](const std::string& name) { return name.starts_with(prefix); }), prefix);
  check(misfits.empty(), ErrorKind::file_format, "load: ", listed(misfits), " (", path, ")");
}

void save_weights(Module& model, const std::string& path, const std::map<std::string, std::string>& metadata) {
  TensorFile file{.tensors = {}, .metadata = metadata};
  add_tensors(file, parameters_and_buffers(model));
  write_safetensors(path, file);
}

Loaded load_weights(Module& model, const std::string& path, const LoadOptions& options) {
  return load_weights(model, read_safetensors(path), path, options);
}

Loaded load_weights(Module& model, const TensorFile& file, const std::string& path, const LoadOptions& options) {
  Loaded loaded;
  std::vector<std::string> names;  // that a pattern may fit
  std::vector<NamedTensor> targets = parameters_and_buffers(model);
  for (const NamedTensor& target : targets) names.push_back(target.name);
  std::erase_if(targets, [&](const NamedTensor& target) {
    const bool skipped = fits_any(target.name, options.skip);
    if (skipped) loaded.skipped.push_back(target.name);
    return skipped;
  });

  Tensors from = tensors_of(file, [](const std::string& name) { return !name.starts_with(optimizer_prefix); });
  if (options.any_prefix) loaded.prefix = shared_prefix(from, targets);
  const auto without_prefix = [&](const std::string& name) { return name.substr(loaded.prefix.size()); };
  for (const auto& [name, tensor] : from) names.push_back(without_prefix(name));
  check_patterns("load: skip", options.skip, names);
  std::erase_if(from, [&](const auto& entry) { return fits_any(without_prefix(entry.first), options.skip); });

  const auto misfits = assign(targets, std::move(from), loaded.prefix);
  check(misfits.empty(), ErrorKind::file_format, "load: ", listed(misfits), " (", path, ")",
        offer(options.skip_option, misfits, targets));
  return loaded;
}

}  // namespace radial
