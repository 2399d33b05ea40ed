// Harmonic CNN against PyTorch (tests/golden/make_audio_golden.py), and its front end against computed numbers.
#include "models/harmonic_cnn.h"

#include <cmath>
#include <numbers>

#include "core/autograd.h"
#include "core/error.h"
#include "tests/catch.h"
#include "tests/models/formula.h"

namespace radial {
namespace {

const TensorFile& audio_golden() {
  static const TensorFile file = read_safetensors(RADIAL_SOURCE_DIR "/tests/golden/audio.safetensors");
  return file;
}

double distance(const std::vector<double>& a, const std::vector<double>& b) {
  REQUIRE(a.size() == b.size());
  double difference = 0, size = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    difference += (a[i] - b[i]) * (a[i] - b[i]);
    size += b[i] * b[i];
  }
  return std::sqrt(difference / size);
}

Tensor parameter_of(Module& module, const std::string& name) {
  for (const NamedTensor& parameter : module.parameters())
    if (parameter.name == name) return parameter.tensor;
  FAIL(name << " is no parameter");
  return {};
}

constexpr HarmonicCnnOptions golden_options = {.samples = 16128, .channels = 8, .outputs = 5, .dropout = 0};

// With the weights of formula.py and q = 1.25.
void fill_as_golden(HarmonicCnn& model, DType dtype) {
  model.to(dtype);
  formula::fill(model);
  parameter_of(model, "front.q").fill(1.25);
}

HarmonicFrontEnd front_end(double q) {
  HarmonicFrontEnd front(16000);
  front.to(DType::f64);
  front.parameters()[0].tensor.fill(q);
  return front;
}

double total(const Tensor& x) {
  double sum = 0;
  for (const double value : x.to_vector()) sum += value;
  return sum;
}

}  // namespace

TEST_CASE("harmonic_cnn has the paper's parameters at its three sizes") {
  const auto parameters = [](int64_t samples, int64_t outputs) {
    return HarmonicCnn({.samples = samples, .outputs = outputs}).parameter_count();
  };
  CHECK(parameters(80000, 50) == 3631551);
  CHECK(parameters(48000, 17) == 3623070);
  CHECK(parameters(16384, 35) == 3627696);
  CHECK_THROWS_WITH(HarmonicCnn({.samples = 16000}), Catch::Matchers::ContainsSubstring("at least 16128"));
}

TEST_CASE("harmonic_cnn and its gradients are PyTorch's") {
  const DType dtype = GENERATE(DType::f64, DType::f32);
  HarmonicCnn model(golden_options);
  fill_as_golden(model, dtype);
  const Tensor sounds = formula::tensor("sounds", {3, 16128}).to(dtype);
  const bool exact = dtype == DType::f64;
  {
    const NoGrad no_grad;
    const std::vector<double> all = model.front_end().decibels(sounds).to_vector();  // [3, 128, 64, 6]
    std::vector<double> some;
    for (int64_t h = 0; h < 6; ++h)
      for (int64_t band = 0; band < 128; band += 9)
        for (int64_t t = 0; t < 64; t += 7) some.push_back(all[static_cast<size_t>((band * 64 + t) * 6 + h)]);
    CHECK(distance(some, audio_golden().tensors.at("decibels").to_vector()) < (exact ? 1e-11 : 1e-5));
  }
  const Tensor logits = model(sounds);
  CHECK(distance(logits.to_vector(), audio_golden().tensors.at("logits").to_vector()) < (exact ? 1e-9 : 2e-3));
  cross_entropy(logits, Tensor::from(std::vector<int32_t>{1, 0, 4}, {3})).backward();
  for (const NamedTensor& parameter : model.parameters()) {
    const auto golden = audio_golden().tensors.find("gradient " + parameter.name);
    if (golden == audio_golden().tensors.end()) continue;
    INFO(parameter.name);
    const Tensor gradient = to_torch_layout({"", parameter.tensor.grad(), parameter.kind});
    if (parameter.name == "layer1.conv1.bias") {  // batch norm takes it away: 0
      for (const double value : gradient.to_vector()) CHECK(std::abs(value) < (exact ? 1e-12 : 1e-4));
      continue;
    }
    CHECK(distance(gradient.to_vector(), golden->second.to_vector()) < (exact ? 1e-8 : 2e-2));
  }
}

TEST_CASE("harmonic filters are triangles whose width follows Q") {
  CHECK(total(front_end(1).filters()) == Approx(1890.41626).epsilon(1e-8));
  CHECK(total(front_end(0.5).filters()) == Approx(3780.30460).epsilon(1e-8));
  CHECK(total(front_end(2).filters()) == Approx(941.42722).epsilon(1e-8));
  const Tensor filters = front_end(1).filters();
  CHECK(filters.at(0, 1) == Approx(0.8970412).epsilon(1e-6));
  CHECK(filters.at(0, 2) == 0);
  CHECK(filters.at(90, 13) == Approx(0.064786).epsilon(1e-4));
  CHECK(filters.at(90, 14) == Approx(0.930725).epsilon(1e-6));
  CHECK(filters.at(90, 15) == Approx(0.203336).epsilon(1e-5));
  const std::vector<double> sums = sum(filters, {1}).to_vector();
  CHECK(std::count(sums.begin(), sums.end(), 0.0) == 1);
  CHECK(sums[12] == 0);
}

TEST_CASE("the front end hears two tones") {
  HarmonicFrontEnd front = front_end(1);
  Tensor sound = Tensor::empty({1, 2048}, DType::f64);
  for (int n = 0; n < 2048; ++n) {
    const double turn = 2 * std::numbers::pi * n / 16000;
    sound.data<double>()[n] = 0.5 * std::sin(440 * turn) + 0.25 * std::cos(1000 * turn);
  }
  const Tensor power = front.power(sound);
  REQUIRE(power.shape() == Shape{9, 257});
  CHECK(power.at(4, 14) == Approx(4062.29992).epsilon(1e-8));
  CHECK(power.at(4, 32) == Approx(1024.04492).epsilon(1e-8));
  CHECK(total(power.slice(4, 5)) == Approx(7679.99920).epsilon(1e-8));
  const Tensor levels = front.decibels(sound);  // [1, 128, 9, 6]
  CHECK(levels.at(0, 90, 4, 0) == Approx(36.121192).epsilon(1e-7));
  CHECK(levels.at(0, 66, 4, 1) == Approx(36.121192).epsilon(1e-7));
  CHECK(levels.at(0, 57, 4, 2) == Approx(-1.126225).epsilon(1e-6));
  CHECK(levels.at(0, 12, 4, 0) == Approx(-100));
  CHECK(front_end(2).decibels(sound).at(0, 90, 4, 0) == Approx(35.440020).epsilon(1e-7));

  const Tensor q = front.parameters()[0].tensor, energy = linear(power.slice(4, 5), front.filters());
  select(energy, 1, 90).view({}).backward();
  CHECK(q.grad().item() == Approx(-2048.65872).epsilon(1e-8));
}

}  // namespace radial
