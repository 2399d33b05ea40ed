// radial predict
#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "apps/commands/commands.h"
#include "apps/commands/trained_model.h"
#include "core/error.h"
#include "core/ops.h"
#include "data/image.h"
#include "data/picture_formats.h"
#include "data/transforms.h"
#include "io/json_lines.h"

namespace radial::apps {
namespace {

struct PredictOptions {
  TrainedModelOptions model;
  std::vector<std::string> pictures;
  int top = 5;
  bool json = false;
};

struct Prediction {
  std::string name;
  double probability = 0;
};

// [1, size, size, 3], as in evaluation.
Tensor read_picture(const std::string& path, PictureTransform& transform, const TrainOptions& options) {
  const Image image = read_image(path);
  Tensor x = Tensor::empty({1, options.image_size, options.image_size, 3}, weights_dtype(options.dtype));
  const Random unused(0, Stream::augment);
  if (x.dtype() == DType::f64)
    transform.run(image, unused, x.data<double>());
  else
    transform.run(image, unused, x.data<float>());
  return x;
}

std::vector<Prediction> most_probable(const TrainedModel& model, const Tensor& logits, int top,
                                      const std::string& file) {
  const std::vector<double> probabilities = softmax(logits.to(accumulator_of(logits.dtype()))).to_vector();
  for (const double probability : probabilities)
    check(std::isfinite(probability), ErrorKind::non_finite, "predict: ", file,
          ": the probabilities are not finite; are the weights?");
  std::vector<int64_t> order(probabilities.size());
  std::iota(order.begin(), order.end(), 0);
  const auto of = [&](int64_t output) { return probabilities[static_cast<size_t>(output)]; };
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return of(a) > of(b); });
  order.resize(std::min(order.size(), static_cast<size_t>(top)));
  std::vector<Prediction> predictions;
  for (const int64_t output : order) predictions.push_back({model.class_name(output), of(output)});
  return predictions;
}

void print(const std::string& file, const std::vector<Prediction>& predictions, bool json) {
  if (json) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const Prediction& p : predictions) list.push_back({{"class", p.name}, {"probability", p.probability}});
    print_json_line({{"file", file}, {"predictions", list}});
    return;
  }
  std::string text;
  for (const Prediction& p : predictions)
    text += fmt::format("{}{} {:.2f} %", text.empty() ? "" : ", ", p.name, 100 * p.probability);
  fmt::print("{}: {}\n", file, text);
}

int run_predict(const PredictOptions& options) {
  const TrainedModel model = load_trained_model(options.model);
  PictureTransform transform(transform_options(model.options, false));
  const NetworkInput input = network_input(model.options, model.device);
  const NoGrad no_grad;
  std::string failures;
  ErrorKind kind = ErrorKind::dataset;
  for (const std::string& path : options.pictures) {
    Tensor picture;
    try {
      picture = read_picture(path, transform, model.options);
    } catch (const Error& error) {  // the others are done first
      if (error.kind() != ErrorKind::dataset) kind = error.kind();
      failures += (failures.empty() ? "" : "\n") + std::string(error.what());
      continue;
    }
    print(path, most_probable(model, (*model.module)(input(picture)), options.top, path), options.json);
  }
  check(failures.empty(), kind, failures);
  return 0;
}

void list_predict_options(OptionList& list, PredictOptions& options) {
  list.add_argument("pictures", options.pictures, "PICTURE", readable_formats()).required = true;
  list_options(list, options.model);
  list.add("top", options.top, "Classes a picture", at_least(1));
  add_json(list, options.json);
}

}  // namespace

Command predict_command() {
  return command("predict", "The most probable classes of single pictures", list_predict_options, run_predict);
}

}  // namespace radial::apps
