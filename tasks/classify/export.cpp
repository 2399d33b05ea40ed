// A trained classifier for programs that read ONNX: the graph, and what it expects of pictures as metadata.
#include <array>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/joined.h"
#include "data/transforms.h"
#include "io/csv.h"
#include "io/json_lines.h"
#include "io/onnx.h"
#include "nn/onnx_graph.h"
#include "tasks/classify/options.h"

namespace radial {

OnnxModel ClassifyOptions::onnx(const TrainOptions& train, const Weights& weights, bool normalise) {
  const auto network = trained_model(train, weights);
  OnnxModel graph;
  try {
    graph = onnx_graph(*network, {model.image_size, model.image_size, model.in_channels},
                       normalise ? std::optional(PixelScale{mean, std}) : std::nullopt);
  } catch (const Error& error) {
    throw Error(error.kind(), "export: " + model.arch + ": " + error.what());
  }
  graph.name = model.arch;
  graph.metadata = to_metadata(model);
  const auto numbers = [&](const std::array<double, 3>& of_channel) {
    std::vector<std::string> words;
    for (size_t c = 0; c < static_cast<size_t>(model.in_channels); ++c) words.push_back(shortest(of_channel[c]));
    return joined(words, ",");
  };
  graph.metadata["radial.mean"] = numbers(mean);
  graph.metadata["radial.std"] = numbers(std);
  graph.metadata["radial.resize"] = std::to_string(transform(false).short_side());
  graph.metadata["radial.pixels"] = normalise ? "0 to 1" : "normalised";
  if (!weights.classes.empty()) graph.metadata["radial.class_names"] = json_text(weights.classes);
  return graph;
}

}  // namespace radial
