#include "models/models.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "core/joined.h"
#include "core/near_words.h"
#include "models/bagnet.h"
#include "models/convnet.h"
#include "models/mlp.h"
#include "models/mobilenet.h"
#include "models/rebias.h"
#include "models/resnet.h"
#include "models/vgg.h"
#include "models/wide_resnet.h"
#include "nn/init.h"

namespace radial {

namespace {

struct Entry {
  std::string name;
  std::function<std::unique_ptr<Classifier>(const ModelOptions&)> make;
  std::function<int(const ModelOptions&)> smallest_image;
  bool dropout = false, stem = false, shortcut = false;  // has one to choose
};

std::function<int(const ModelOptions&)> at_least_pixels(int size) {
  return [size](const ModelOptions&) { return size; };
}

Entry resnet_entry(const char* name, ResNetOptions options) {
  return {.name = name,
          .make =
              [options](const ModelOptions& model) {
                ResNetOptions complete = options;
                complete.classes = model.classes;
                complete.in_channels = model.in_channels;
                complete.stem = model.stem;
                return std::make_unique<ResNet>(complete);
              },
          .smallest_image = [](const ModelOptions& model) { return ResNet::smallest_image(model.stem); },
          .stem = true};
}

Entry vgg_entry(const char* name, bool batch_norm) {
  return {name,
          [batch_norm](const ModelOptions& model) {
            VggOptions options{.batch_norm = batch_norm, .classes = model.classes, .in_channels = model.in_channels};
            options.dropout = model.dropout.value_or(options.dropout);
            return std::make_unique<Vgg>(options);
          },
          at_least_pixels(Vgg::smallest_image), true};
}

Entry rebias_entry(const char* name, int64_t kernel, int64_t channels) {
  return {name,
          [kernel, channels](const ModelOptions& model) {
            return std::make_unique<RebiasConv>(kernel, channels, model.classes, model.in_channels);
          },
          at_least_pixels(1)};
}

std::unique_ptr<Classifier> make_mobilenet_v2(const ModelOptions& model) {
  MobileNetV2Options options{.classes = model.classes, .in_channels = model.in_channels};
  options.dropout = model.dropout.value_or(options.dropout);
  return std::make_unique<MobileNetV2>(options);
}

// By its name.
std::unique_ptr<Classifier> make_wide_resnet(const ModelOptions& model) {
  WideResNetOptions options = wide_resnet(model.arch).value();
  options.classes = model.classes;
  options.in_channels = model.in_channels;
  options.shortcut = model.shortcut;
  options.dropout = model.dropout.value_or(options.dropout);
  check(options.shortcut == Shortcut::conv || model.image_size % 4 == 0, "arch: ", model.arch,
        " needs pictures of a multiple of 4 pixels but the image size is ", model.image_size,
        "; with --shortcut conv any will do");
  return std::make_unique<WideResNet>(options);
}

Entry wide_resnet_entry(const std::string& name) {
  return {.name = name,
          .make = make_wide_resnet,
          .smallest_image = at_least_pixels(WideResNet::smallest_image),
          .dropout = true,
          .shortcut = true};
}

const std::vector<Entry>& entries() {
  static const std::vector<Entry> all = {
      resnet_entry("resnet18", resnet18()),
      resnet_entry("resnet34", resnet34()),
      resnet_entry("resnet50", resnet50()),
      {"mobilenet_v2", make_mobilenet_v2, at_least_pixels(1), true},
      vgg_entry("vgg16", false),
      vgg_entry("vgg16_bn", true),
      wide_resnet_entry("wide_resnet28_10"),
      wide_resnet_entry("wide_resnet34_10"),
      {"bagnet18",
       [](const ModelOptions& model) { return std::make_unique<BagNet18>(model.classes, model.in_channels); },
       at_least_pixels(BagNet18::smallest_image)},
      rebias_entry("rebias_conv7", 7, 16),
      rebias_entry("rebias_conv1", 1, 16),
      rebias_entry("rebias_conv7_half", 7, 8),
      rebias_entry("rebias_conv1_half", 1, 8),
      {"convnet", [](const ModelOptions& model) { return std::make_unique<ConvNet>(model.classes, model.in_channels); },
       at_least_pixels(ConvNet::smallest_image)},
      {"mlp",
       [](const ModelOptions& model) {
         return std::make_unique<Mlp>(model.image_size, model.classes, model.in_channels);
       },
       at_least_pixels(1)},
  };
  return all;
}

constexpr const char* pattern = "wide_resnetD_K (D = 6 n + 4)";

std::string did_you_mean_model(const std::string& name) {
  std::vector<std::string> near = model_names();
  if (const std::string wide = near_wide_resnet(name); !wide.empty()) near.push_back(wide);
  return did_you_mean(name, near);
}

std::string known_models() { return joined(model_names()) + ", " + pattern; }

Entry find(const std::string& name) {
  for (const Entry& entry : entries())
    if (entry.name == name) return entry;
  if (wide_resnet(name)) return wide_resnet_entry(name);
  fail(ErrorKind::usage, "arch: \"", name, "\" is unknown", did_you_mean_model(name), "; known: ", known_models());
}

}  // namespace

std::vector<std::string> model_names() {
  std::vector<std::string> names;
  for (const Entry& entry : entries()) names.emplace_back(entry.name);
  return names;
}

bool is_model(const std::string& name) {
  const std::vector<Entry>& all = entries();
  return std::any_of(all.begin(), all.end(), [&](const Entry& entry) { return entry.name == name; }) ||
         wide_resnet(name).has_value();
}

Check model_name() {
  std::vector<std::string> choices = model_names();
  choices.emplace_back("wide_resnetD_K");
  return {.expected =
              [](const std::string& word) { return is_model(word) ? "" : known_models() + did_you_mean_model(word); },
          .choices = std::move(choices)};
}

std::unique_ptr<Classifier> make_model(const ModelOptions& options) {
  const Entry entry = find(options.arch);
  check(options.classes > 0, "arch: ", options.arch, " needs at least 1 class but got ", options.classes);
  check(options.in_channels == 1 || options.in_channels == 3, "arch: ", options.arch,
        " takes pictures of 3 channels, or of 1, but got ", options.in_channels);
  const int smallest = entry.smallest_image(options);
  check(options.image_size >= smallest, "arch: ", options.arch, " needs pictures of at least ", smallest,
        " pixels but the image size is ", options.image_size,
        options.arch.starts_with("resnet") && smallest == 32 ? "; with the stem cifar 8 are enough" : "");
  check(entry.dropout || options.dropout.value_or(0) == 0, "arch: ", options.arch, " has no dropout");
  check(entry.stem || options.stem == Stem::imagenet, "arch: ", options.arch, " has no stem ",
        name_of(stem_names(), options.stem), ", which is ResNets'");
  check(entry.shortcut || options.shortcut == Shortcut::pad, "arch: ", options.arch, " has no shortcut ",
        name_of(shortcut_names(), options.shortcut), ", which is wide ResNets'");
  std::unique_ptr<Classifier> model = entry.make(options);
  initialise(*model, options.seed);
  return model;
}

const Choices<Stem>& stem_names() {
  static const Choices<Stem> names = {{"imagenet", Stem::imagenet}, {"cifar", Stem::cifar}};
  return names;
}

const Choices<Shortcut>& shortcut_names() {
  static const Choices<Shortcut> names = {{"pad", Shortcut::pad}, {"conv", Shortcut::conv}};
  return names;
}

void list_stem(OptionList& list, Stem& stem) {
  list.add_choice("stem", stem, stem_names(), "First layers of a ResNet, for large or for small pictures");
}

void list_options(OptionList& list, ModelOptions& options, const std::string& classes) {
  list.add("arch", options.arch, "Architecture", model_name());
  list_stem(list, options.stem);
  list.add_choice("shortcut", options.shortcut, shortcut_names(),
                  "Of a wide ResNet where channels become more: means and zero channels, or a 1x1 convolution");
  list.add("dropout", options.dropout,
           "Probability that an element is 0 in training (default: MobileNetV2's 0.2, VGG's 0.5, wide ResNets' 0)",
           within(0, 0.99))
      .in_evaluation = false;
  list.add("classes", options.classes, classes, at_least(0));
}

}  // namespace radial
