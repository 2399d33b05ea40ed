#include "tasks/classify/predict.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "core/autograd.h"
#include "core/error.h"
#include "core/ops.h"
#include "data/image.h"
#include "io/json_lines.h"
#include "tasks/classify/predictions.h"

namespace radial {

ClassPredictor::ClassPredictor(std::unique_ptr<Classifier> model, const NetworkInput& input,
                               const TransformOptions& transform, DType dtype, std::vector<std::string> classes,
                               int top)
    : model_(std::move(model)),
      input_(input),
      image_size_(transform.image_size),
      channels_(transform.channels),
      transform_(transform),
      dtype_(dtype),
      classes_(std::move(classes)),
      top_(top) {}

// [1, size, size, channels], as in evaluation.
Tensor ClassPredictor::read_picture(const std::string& path) {
  const Image image = read_image(path);
  Tensor x = Tensor::empty({1, image_size_, image_size_, channels_}, dtype_);
  const Random unused(0, Stream::augment);
  if (dtype_ == DType::f64)
    transform_.run(image, unused, x.data<double>());
  else
    transform_.run(image, unused, x.data<float>());
  return x;
}

Predictor::Answer ClassPredictor::predict(const std::string& file) {
  const NoGrad no_grad;
  const Tensor picture = read_picture(file), logits = (*model_)(input_(picture));
  const std::vector<double> probabilities = softmax(logits.to(accumulator_of(logits.dtype()))).to_vector();
  for (const double probability : probabilities)
    check(std::isfinite(probability), ErrorKind::non_finite, "predict: ", file,
          ": the probabilities are not finite; are the weights?");
  std::vector<size_t> order(probabilities.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return probabilities[a] > probabilities[b]; });
  order.resize(std::min(order.size(), static_cast<size_t>(top_)));

  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  std::string text;
  for (const size_t output : order) {
    const std::string name = output_name(classes_, output);
    list.push_back({{"class", name}, {"probability", probabilities[output]}});
    text += fmt::format("{}{} {:.2f} %", text.empty() ? "" : ", ", name, 100 * probabilities[output]);
  }
  return {json_text({{"file", file}, {"predictions", list}}), file + ": " + text};
}

}  // namespace radial
