#include "nn/input_channels.h"

#include "nn/name_pattern.h"

namespace radial {
namespace {

constexpr int64_t colours = 3;

// [out, 3, kh, kw] -> [out, 1, kh, kw]; sums in double.
Tensor summed_over_colours(const Tensor& filters) {
  const int64_t out = filters.dim(0), pixels = filters.dim(2) * filters.dim(3);
  const std::vector<double> all = filters.to_vector();
  std::vector<double> sums(static_cast<size_t>(out * pixels));
  for (int64_t o = 0; o < out; ++o)
    for (int64_t c = 0; c < colours; ++c)
      for (int64_t p = 0; p < pixels; ++p)
        sums[static_cast<size_t>(o * pixels + p)] += all[static_cast<size_t>((o * colours + c) * pixels + p)];
  return Tensor::from(sums, {out, 1, filters.dim(2), filters.dim(3)}).to(filters.dtype());
}

bool sees_grey_where(const NamedTensor& parameter, const Tensor& filters) {
  if (parameter.kind != Kind::conv || parameter.tensor.rank() != 4 || filters.rank() != 4) return false;
  const Shape &own = parameter.tensor.shape(), &in_file = filters.shape();
  return own[3] == 1 && in_file == Shape{own[0], colours, own[1], own[2]} && is_float(filters.dtype());
}

}  // namespace

std::vector<std::string> sum_input_channels(Module& model, TensorFile& file, std::span<const std::string> skip) {
  std::vector<std::string> names;
  for (const NamedTensor& parameter : model.parameters())
    for (auto& [name, tensor] : file.tensors) {
      const bool same_name = name == parameter.name || name.ends_with("." + parameter.name);
      if (!same_name || !sees_grey_where(parameter, tensor) || fits_any(parameter.name, skip)) continue;
      tensor = summed_over_colours(tensor);
      names.push_back(parameter.name);
    }
  return names;
}

}  // namespace radial
