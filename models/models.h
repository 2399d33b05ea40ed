// Models by name.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/options.h"
#include "io/safetensors.h"
#include "models/classifier.h"

namespace radial {

// The first layers of a ResNet: 7x7 stride 2 and a max-pool for pictures of ImageNet's size, 3x3 stride 1 without a
// pool for small ones.
enum class Stem { imagenet, cifar };

// What a wide ResNet adds to f(x) where f makes more channels: the means over its stride, with zero channels added, or
// a 1x1 convolution.
enum class Shortcut { pad, conv };

struct ModelOptions {
  std::string arch = "resnet18";
  int classes = 1000;
  Stem stem = Stem::imagenet;          // of ResNets
  int image_size = 224;                // of the square pictures [n, image_size, image_size, in_channels]
  int in_channels = 3;                 // red, green and blue; 1: grey
  uint64_t seed = 0;                   // of the initial weights
  Shortcut shortcut = Shortcut::pad;   // of wide ResNets
  std::optional<double> dropout = {};  // the architecture's own where it is not given
};

void list_stem(OptionList& list, Stem& stem);
// arch, stem, shortcut, dropout and classes; `classes` is the help of the last.
void list_options(OptionList& list, ModelOptions& options, const std::string& classes);

// resnet18, resnet34, resnet50, ... Beside them wide_resnetD_K is known for every D = 6 n + 4 and K.
std::vector<std::string> model_names();
bool is_model(const std::string& name);
Check model_name();  // of an option; the message has the closest name

// A new model, float32, initialised, in training mode. Throws Error(usage) for an unknown name (with the closest one),
// classes below 1, an image size that the architecture cannot take, and a stem, shortcut or dropout where it has none.
std::unique_ptr<Classifier> make_model(const ModelOptions& options);

const Choices<Stem>& stem_names();
const Choices<Shortcut>& shortcut_names();

// The options in the metadata of a weights file ("radial.arch", "radial.classes", ...), so that a file can be used
// without naming its architecture. Seed aside.
std::map<std::string, std::string> to_metadata(const ModelOptions& options);
// Those that the metadata has replace those of `otherwise`. Error(file_format) with the path if one is malformed.
ModelOptions from_metadata(const std::map<std::string, std::string>& metadata, const ModelOptions& otherwise,
                           const std::string& path);

// Before a model is made for the weights of a file: throws Error(file_format) with the path if no tensor of the file
// has as many rows as there are classes, or, for an mlp, rows as long as pictures, or if the file has fewer numbers
// than a VGG or a wide ResNet of that name. A few bytes of metadata could ask for any amount of memory otherwise.
void check_sizes(const ModelOptions& options, const TensorFile& file, const std::string& path);

}  // namespace radial
