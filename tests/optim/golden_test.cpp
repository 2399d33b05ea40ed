// Every optimizer against torch.optim and the official adamp, 1,000 steps: tests/golden/make_optim_golden.py says how.
#include <array>
#include <cmath>
#include <map>
#include <sstream>

#include "core/simd/target.h"
#include "io/safetensors.h"
#include "optim/make_optimizer.h"
#include "tests/catch.h"
#include "tests/optim/gradient_of_view.h"

namespace radial {
namespace {

const std::array<int64_t, 5> sampled = {1, 2, 10, 100, 1000};

const TensorFile& golden() {
  static const TensorFile file = read_safetensors(RADIAL_SOURCE_DIR "/tests/golden/optim.safetensors");
  return file;
}

// "optimizer=sgdp lr=0.05 ... view=channel" as options and a view.
struct Recipe {
  OptimizerOptions options;
  std::string view;
  bool sparse = false;  // parameters have no gradient in some steps

  explicit Recipe(const std::string& text) {
    OptionList list;
    list_options(list, options);
    options.momentum = options.weight_decay = 0;
    std::istringstream words(text);
    for (std::string word; words >> word;) {
      const size_t equals = word.find('=');
      const std::string key = word.substr(0, equals), value = word.substr(equals + 1);
      if (key == "optimizer")
        options.name = value;
      else if (key == "view")
        view = value;
      else if (key == "nesterov")
        options.nesterov = true;
      else if (key == "sparse")
        sparse = true;
      else if (key == "projected_buffer")
        options.projected_buffer = true;
      else
        list.find(key == "weight_decay" ? "weight-decay" : key)->set({value});
    }
  }

  // The matrix comes in with step 3, the filters have a gradient in each second step.
  bool has_gradient(const std::string& name, int64_t step) const {
    return !sparse || name == "vector" || (name == "matrix" ? step >= 3 : step % 2 == 0);
  }

  std::string view_of(int64_t step) const {
    return view == "mixed" ? std::array{"channel", "layer", "none"}[static_cast<size_t>(step % 3)] : view;
  }
};

// The weights at the sampled steps, one behind the other; checks that each step took the view that it should.
template <class T>
std::vector<double> run(const Recipe& recipe) {
  const std::vector<NamedTensor> params = {parameter("vector", {5}, Kind::bias, dtype_of<T>),
                                           parameter("matrix", {3, 4}, Kind::linear, dtype_of<T>),
                                           parameter("filters", {3, 2, 1, 2}, Kind::conv, dtype_of<T>)};
  const auto optimizer = make_optimizer(recipe.options, params);
  const bool projects = recipe.options.name == "sgdp" || recipe.options.name == "adamp";
  std::vector<double> samples;
  int64_t other_views = 0;
  for (int64_t step = 1; step <= sampled.back(); ++step) {
    for (const NamedTensor& param : params)
      set_gradient(param, recipe.has_gradient(param.name, step) ? gradient_of_view<T>(param, step, recipe.view_of(step))
                                                                : Tensor());
    optimizer->step();
    const std::vector<Projection> projected = optimizer->projected();
    for (size_t i = 0; i < params.size(); ++i) {
      const bool may = projects && params[i].tensor.rank() > 1 && recipe.has_gradient(params[i].name, step);
      const std::string expected = may ? recipe.view_of(step) : "none";
      other_views += name_of(projected[i]) != expected;
    }
    if (std::find(sampled.begin(), sampled.end(), step) == sampled.end()) continue;
    for (const NamedTensor& param : params) {
      const std::vector<double> values = param.tensor.to_vector();
      samples.insert(samples.end(), values.begin(), values.end());
    }
  }
  CHECK(other_views == 0);
  return samples;
}

// The largest ||a - b|| / ||b|| of one sampled step.
double largest_relative_difference(const std::vector<double>& a, const std::vector<double>& b) {
  REQUIRE(a.size() == b.size());
  double worst = 0;
  const size_t length = b.size() / sampled.size();
  for (size_t s = 0; s < sampled.size(); ++s) {
    double difference = 0, norm = 0;
    for (size_t i = s * length; i < (s + 1) * length; ++i) {
      difference += (a[i] - b[i]) * (a[i] - b[i]);
      norm += b[i] * b[i];
    }
    worst = std::max(worst, std::sqrt(difference / norm));
  }
  return worst;
}

struct DefaultTargetAgain {
  ~DefaultTargetAgain() { simd::set_target(""); }
};

TEST_CASE("the golden file has every optimizer and view") {
  std::map<std::string, int> count;
  for (const auto& [name, weights] : golden().tensors) {
    const Recipe recipe(golden().metadata.at(name));
    ++count[recipe.options.name];
    ++count[recipe.view];
  }
  CHECK(count == std::map<std::string, int>{{"sgd", 7},
                                            {"adam", 3},
                                            {"adamw", 3},
                                            {"sgdp", 41},
                                            {"adamp", 17},
                                            {"free", 13},
                                            {"channel", 14},
                                            {"layer", 14},
                                            {"none", 14},
                                            {"mixed", 16}});
}

TEST_CASE("1000 steps in float64 are those of torch.optim and adamp on every instruction set") {
  const DefaultTargetAgain guard;
  const std::string target = GENERATE(from_range(simd::supported_targets()));
  simd::set_target(target);
  for (const auto& [name, weights] : golden().tensors) {
    CAPTURE(target, golden().metadata.at(name));
    CHECK(largest_relative_difference(run<double>(Recipe(golden().metadata.at(name))), weights.to_vector()) <= 1e-10);
  }
}

TEST_CASE("1000 steps in float32 stay beside float64") {
  for (const auto& [name, weights] : golden().tensors) {
    CAPTURE(golden().metadata.at(name));
    CHECK(largest_relative_difference(run<float>(Recipe(golden().metadata.at(name))), weights.to_vector()) <= 1e-4);
  }
}

}  // namespace
}  // namespace radial
