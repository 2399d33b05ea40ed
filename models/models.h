// Models by name.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "io/options.h"
#include "io/safetensors.h"
#include "models/classifier.h"

namespace radial {

// The first layers of a ResNet: 7x7 stride 2 and a max-pool for pictures of ImageNet's size, 3x3 stride 1 without a
// pool for small ones.
enum class Stem { imagenet, cifar };

struct ModelOptions {
  std::string arch = "resnet18";
  int classes = 1000;
  Stem stem = Stem::imagenet;  // of ResNets
  int image_size = 224;        // of the square pictures [n, image_size, image_size, 3]
  uint64_t seed = 0;           // of the initial weights
};

// resnet18, resnet34, resnet50, convnet, mlp
std::vector<std::string> model_names();

// A new model, float32, initialised, in training mode. Throws Error(usage) for an unknown name (with the closest one),
// classes below 1 and an image size that the architecture cannot take.
std::unique_ptr<Classifier> make_model(const ModelOptions& options);

const Choices<Stem>& stem_names();

// The options in the metadata of a weights file ("radial.arch", "radial.classes", ...), so that a file can be used
// without naming its architecture. Seed aside.
std::map<std::string, std::string> to_metadata(const ModelOptions& options);
// Those that the metadata has replace those of `otherwise`. Error(file_format) with the path if one is malformed.
ModelOptions from_metadata(const std::map<std::string, std::string>& metadata, const ModelOptions& otherwise,
                           const std::string& path);

// Before a model is made for the weights of a file: throws Error(file_format) with the path if no tensor of the file
// has as many rows as there are classes or, for an mlp, rows as long as pictures. A few bytes of metadata could ask for
// any amount of memory otherwise; so they ask for some
// thousand times the size of the file at most.
void check_sizes(const ModelOptions& options, const TensorFile& file, const std::string& path);

}  // namespace radial
