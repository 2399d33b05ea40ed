#include "tasks/audio/predict.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "core/autograd.h"
#include "core/error.h"
#include "data/sound.h"
#include "data/sound_samples.h"
#include "io/json_lines.h"
#include "tasks/audio/scores.h"

namespace radial {

Predictor::Answer SoundPredictor::predict(const std::string& file) {
  const NoGrad no_grad;
  const HarmonicCnnOptions& network = parts_.network;
  const Sound sound = read_sound(file, network.rate);
  Tensor pieces = Tensor::empty({parts_.pieces, network.samples}, DType::f32);
  for (int64_t i = 0; i < parts_.pieces; ++i)
    cut_sound(sound.samples, piece_begin(std::ssize(sound.samples), network.samples, i, parts_.pieces),
              {pieces.data<float>() + i * network.samples, static_cast<size_t>(network.samples)});
  const Tensor logits = (*parts_.model)(pieces.to(parts_.dtype).to(parts_.device));
  const std::vector<double> p = mean_probabilities(logits.to_vector(), network.outputs, parts_.tagged);
  for (const double probability : p)
    check(std::isfinite(probability), ErrorKind::non_finite, "predict: ", file,
          ": the probabilities are not finite; are the weights?");
  std::vector<size_t> order(p.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return p[a] > p[b]; });
  order.resize(std::min(order.size(), static_cast<size_t>(parts_.top)));

  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  std::string text;
  for (const size_t output : order) {
    const std::string name = output < parts_.classes.size() ? parts_.classes[output] : std::to_string(output);
    list.push_back({{"class", name}, {"probability", p[output]}});
    text += fmt::format("{}{} {:.2f} %", text.empty() ? "" : ", ", name, 100 * p[output]);
  }
  return {json_text({{"file", file}, {"predictions", list}}), file + ": " + text};
}

}  // namespace radial
