// What a weights file says of its network.
#include <algorithm>
#include <charconv>

#include "core/joined.h"
#include "io/csv.h"
#include "models/models.h"
#include "models/vgg.h"
#include "models/wide_resnet.h"

namespace radial {

std::map<std::string, std::string> to_metadata(const ModelOptions& options) {
  std::map<std::string, std::string> metadata = {{"radial.arch", options.arch},
                                                 {"radial.classes", std::to_string(options.classes)},
                                                 {"radial.stem", name_of(stem_names(), options.stem)},
                                                 {"radial.image_size", std::to_string(options.image_size)}};
  if (options.shortcut != ModelOptions().shortcut)
    metadata["radial.shortcut"] = name_of(shortcut_names(), options.shortcut);
  if (options.in_channels != ModelOptions().in_channels)
    metadata["radial.in_chans"] = std::to_string(options.in_channels);
  if (options.dropout) metadata["radial.dropout"] = shortest(*options.dropout);
  return metadata;
}

ModelOptions from_metadata(const std::map<std::string, std::string>& metadata, const ModelOptions& otherwise,
                           const std::string& path) {
  ModelOptions options = otherwise;
  const auto text = [&](const char* key, auto&& use) {
    if (const auto found = metadata.find(key); found != metadata.end()) use(found->second);
  };
  const auto number = [&](const char* key, int& value) {
    text(key, [&](const std::string& digits) {
      const char* end = digits.data() + digits.size();
      const auto [stop, error] = std::from_chars(digits.data(), end, value);
      check(error == std::errc() && stop == end && value > 0, ErrorKind::file_format, "load: ", key, " is \"", digits,
            "\" but must be a positive number (", path, ")");
    });
  };
  const auto choice = [&](const char* key, const auto& names, auto& value) {
    text(key, [&](const std::string& name) {
      std::vector<std::string> choices;
      for (const auto& [known, meant] : names) {
        choices.push_back(known);
        if (known == name) value = meant;
      }
      check(one_of(choices).expected(name).empty(), ErrorKind::file_format, "load: ", key, " is \"", name,
            "\" but must be ", joined(choices, " or "), " (", path, ")");
    });
  };
  text("radial.arch", [&](const std::string& name) {
    check(is_model(name), ErrorKind::file_format, "load: radial.arch is \"", name, "\", which is unknown (", path, ")");
    options.arch = name;
  });
  choice("radial.stem", stem_names(), options.stem);
  choice("radial.shortcut", shortcut_names(), options.shortcut);
  text("radial.dropout", [&](const std::string& digits) {
    double dropout = 0;
    const char* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, dropout);
    check(error == std::errc() && stop == end && 0 <= dropout && dropout <= 0.99, ErrorKind::file_format,
          "load: radial.dropout is \"", digits, "\" but must be a number from 0 to 0.99 (", path, ")");
    options.dropout = dropout;
  });
  number("radial.classes", options.classes);
  number("radial.image_size", options.image_size);
  number("radial.in_chans", options.in_channels);
  check(options.in_channels == 1 || options.in_channels == 3, ErrorKind::file_format, "load: radial.in_chans is ",
        options.in_channels, " but must be 1 or 3 (", path, ")");
  return options;
}

namespace {

// Numbers that the weights of an architecture have at least, where its name alone can make them many.
int64_t least_weights(const std::string& arch) {
  if (arch.starts_with("vgg")) return VggOptions().hidden * 512 * 7 * 7;  // of the first linear layer
  const auto wide = wide_resnet(arch);
  if (!wide) return 0;
  int64_t weights = 0;  // of all 3x3 convolutions between equal numbers of channels
  for (const int64_t width : {16, 32, 64})
    weights += (2 * ((wide->depth - 4) / 6) - 1) * 9 * (width * wide->widening) * (width * wide->widening);
  return weights;
}

}  // namespace

void check_sizes(const ModelOptions& options, const TensorFile& file, const std::string& path) {
  const auto any = [&](auto&& fits) {
    return std::any_of(file.tensors.begin(), file.tensors.end(),
                       [&](const auto& named) { return named.second.numel() > 0 && fits(named.second); });
  };
  check(any([&](const Tensor& tensor) { return tensor.slices() >= options.classes; }), ErrorKind::file_format,
        "load: the model has ", options.classes, " classes but no tensor of the file has as many rows (", path, ")");
  int64_t weights = 0;
  for (const auto& named : file.tensors) weights += named.second.numel();
  check(weights >= least_weights(options.arch), ErrorKind::file_format, "load: the file is too small for a ",
        options.arch, " (", path, ")");
  if (options.arch != "mlp") return;
  const int64_t size = options.image_size;
  check(
      size > 0 && any([&](const Tensor& tensor) { return tensor.slice_numel() / options.in_channels / size >= size; }),
      ErrorKind::file_format, "load: the mlp's pictures have ", size, " x ", size,
      " pixels but no tensor of the file has rows as long (", path, ")");
}

}  // namespace radial
