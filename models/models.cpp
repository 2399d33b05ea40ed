#include "models/models.h"

#include <algorithm>
#include <charconv>
#include <functional>

#include "core/near_words.h"
#include "models/convnet.h"
#include "models/mlp.h"
#include "models/resnet.h"
#include "nn/init.h"

namespace radial {

namespace {

struct Entry {
  const char* name;
  std::function<std::unique_ptr<Classifier>(const ModelOptions&)> make;
  std::function<int(const ModelOptions&)> smallest_image;
};

Entry resnet_entry(const char* name, ResNetOptions options) {
  return {name,
          [options](const ModelOptions& model) {
            ResNetOptions complete = options;
            complete.classes = model.classes;
            complete.stem = model.stem;
            return std::make_unique<ResNet>(complete);
          },
          [](const ModelOptions& model) { return ResNet::smallest_image(model.stem); }};
}

const std::vector<Entry>& entries() {
  static const std::vector<Entry> all = {
      resnet_entry("resnet18", resnet18()),
      resnet_entry("resnet34", resnet34()),
      resnet_entry("resnet50", resnet50()),
      {"convnet", [](const ModelOptions& model) { return std::make_unique<ConvNet>(model.classes); },
       [](const ModelOptions&) { return ConvNet::smallest_image; }},
      {"mlp", [](const ModelOptions& model) { return std::make_unique<Mlp>(model.image_size, model.classes); },
       [](const ModelOptions&) { return 1; }},
  };
  return all;
}

const Entry& find(const std::string& name) {
  std::string known;
  for (const Entry& entry : entries()) {
    if (entry.name == name) return entry;
    known += (known.empty() ? "" : ", ") + std::string(entry.name);
  }
  fail(ErrorKind::usage, "arch: \"", name, "\" is unknown", did_you_mean(name, model_names()), "; known: ", known);
}

}  // namespace

std::vector<std::string> model_names() {
  std::vector<std::string> names;
  for (const Entry& entry : entries()) names.emplace_back(entry.name);
  return names;
}

std::unique_ptr<Classifier> make_model(const ModelOptions& options) {
  const Entry& entry = find(options.arch);
  check(options.classes > 0, "arch: ", options.arch, " needs at least 1 class but got ", options.classes);
  const int smallest = entry.smallest_image(options);
  check(options.image_size >= smallest, "arch: ", options.arch, " needs pictures of at least ", smallest,
        " pixels but the image size is ", options.image_size,
        smallest == 32 ? "; with the stem cifar 8 are enough" : "");
  std::unique_ptr<Classifier> model = entry.make(options);
  initialise(*model, options.seed);
  return model;
}

const Choices<Stem>& stem_names() {
  static const Choices<Stem> names = {{"imagenet", Stem::imagenet}, {"cifar", Stem::cifar}};
  return names;
}

std::map<std::string, std::string> to_metadata(const ModelOptions& options) {
  return {{"radial.arch", options.arch},
          {"radial.classes", std::to_string(options.classes)},
          {"radial.stem", name_of(stem_names(), options.stem)},
          {"radial.image_size", std::to_string(options.image_size)}};
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
  text("radial.arch", [&](const std::string& name) {
    const auto names = model_names();
    check(std::find(names.begin(), names.end(), name) != names.end(), ErrorKind::file_format, "load: radial.arch is \"",
          name, "\", which is unknown (", path, ")");
    options.arch = name;
  });
  text("radial.stem", [&](const std::string& name) {
    const auto& names = stem_names();
    const auto found = std::find_if(names.begin(), names.end(), [&](const auto& pair) { return pair.first == name; });
    check(found != names.end(), ErrorKind::file_format, "load: radial.stem is \"", name,
          "\" but must be imagenet or cifar (", path, ")");
    options.stem = found->second;
  });
  number("radial.classes", options.classes);
  number("radial.image_size", options.image_size);
  return options;
}

void check_sizes(const ModelOptions& options, const TensorFile& file, const std::string& path) {
  const auto any = [&](auto&& fits) {
    return std::any_of(file.tensors.begin(), file.tensors.end(),
                       [&](const auto& named) { return named.second.numel() > 0 && fits(named.second); });
  };
  check(any([&](const Tensor& tensor) { return tensor.slices() >= options.classes; }), ErrorKind::file_format,
        "load: the model has ", options.classes, " classes but no tensor of the file has as many rows (", path, ")");
  if (options.arch != "mlp") return;
  const int64_t size = options.image_size;
  check(size > 0 && any([&](const Tensor& tensor) { return tensor.slice_numel() / 3 / size >= size; }),
        ErrorKind::file_format, "load: the mlp's pictures have ", size, " x ", size,
        " pixels but no tensor of the file has rows as long (", path, ")");
}

}  // namespace radial
