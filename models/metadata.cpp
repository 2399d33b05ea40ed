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
    check(within(0, 0.99).expected(digits).empty(), ErrorKind::file_format, "load: radial.dropout is \"", digits,
          "\" but must be a number from 0 to 0.99 (", path, ")");
    double dropout = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), dropout);
    options.dropout = dropout;
  });
  number("radial.classes", options.classes);
  number("radial.image_size", options.image_size);
  return options;
}

namespace {

// Rows of the largest tensor of the architecture, whatever its classes; 1 where it is small.
int64_t widest_layer(const std::string& arch) {
  if (const auto wide = wide_resnet(arch)) return 64 * wide->widening;
  return arch.starts_with("vgg") ? VggOptions().hidden : 1;
}

// Of a file that holds a network so deep.
int64_t least_tensors(const std::string& arch) {
  const auto wide = wide_resnet(arch);
  return wide ? wide->depth : 1;
}

}  // namespace

void check_sizes(const ModelOptions& options, const TensorFile& file, const std::string& path) {
  const auto any = [&](auto&& fits) {
    return std::any_of(file.tensors.begin(), file.tensors.end(),
                       [&](const auto& named) { return named.second.numel() > 0 && fits(named.second); });
  };
  check(any([&](const Tensor& tensor) { return tensor.slices() >= options.classes; }), ErrorKind::file_format,
        "load: the model has ", options.classes, " classes but no tensor of the file has as many rows (", path, ")");
  const int64_t widest = widest_layer(options.arch);
  check(any([&](const Tensor& tensor) { return tensor.slices() >= widest; }) &&
            std::ssize(file.tensors) >= least_tensors(options.arch),
        ErrorKind::file_format, "load: the file is too small for a ", options.arch, " (", path, ")");
  if (options.arch != "mlp") return;
  const int64_t size = options.image_size;
  check(size > 0 && any([&](const Tensor& tensor) { return tensor.slice_numel() / 3 / size >= size; }),
        ErrorKind::file_format, "load: the mlp's pictures have ", size, " x ", size,
        " pixels but no tensor of the file has rows as long (", path, ")");
}

}  // namespace radial
