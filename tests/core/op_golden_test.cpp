// Normalisations, pools and losses against PyTorch in float64: tests/golden/make_op_golden.py.
#include "core/ops.h"
#include "io/safetensors.h"
#include "tests/catch.h"
#include "tests/formula.h"
#include "tests/op_cases.h"

namespace radial {
namespace {

using Tensors = std::vector<Tensor>;

const TensorFile& golden() {
  static const TensorFile file = read_safetensors(RADIAL_SOURCE_DIR "/tests/golden/ops.safetensors");
  return file;
}

struct Statistics {
  BatchNormState state{formula::tensor("running_mean", {5}),
                       add(Tensor::full({5}, 1, DType::f64), scale(formula::tensor("running_var", {5}), 0.5))};
};

void compare(const std::string& name, const std::vector<Shape>& shapes,
             const std::function<Tensor(const Tensors&)>& run) {
  OpCase c{name, {}, run};
  for (size_t i = 0; i < shapes.size(); ++i)
    c.inputs.push_back(formula::tensor(name + "." + std::to_string(i), shapes[i]));
  const OpResult result = run_case(c, DType::f64);
  CAPTURE(name);
  CHECK(result.y.shape() == golden().tensors.at(name + ".y").shape());
  CHECK(relative_error(result.y, golden().tensors.at(name + ".y")) <= 1e-13);
  for (size_t i = 0; i < shapes.size(); ++i) {
    CAPTURE(i);
    CHECK(relative_error(result.gradients[i], golden().tensors.at(name + ".gradient." + std::to_string(i))) <= 1e-12);
  }
}

const Shape pixels{2, 3, 4, 5}, channels{5};

TEST_CASE("batch_norm and its running statistics are PyTorch's") {
  Statistics s;
  compare("batch_norm", {pixels, channels, channels},
          [&](const Tensors& in) { return batch_norm(in[0], in[1], in[2], s.state); });
  CHECK(relative_error(s.state.running_mean, golden().tensors.at("batch_norm.running_mean")) <= 1e-14);
  CHECK(relative_error(s.state.running_var, golden().tensors.at("batch_norm.running_var")) <= 1e-14);
}

TEST_CASE("batch_norm in evaluation is PyTorch's and moves no statistics") {
  Statistics s;
  const std::vector<double> mean = s.state.running_mean.to_vector(), var = s.state.running_var.to_vector();
  compare("batch_norm_evaluation", {pixels, channels, channels},
          [&](const Tensors& in) { return batch_norm(in[0], in[1], in[2], s.state, {.training = false}); });
  CHECK(s.state.running_mean.to_vector() == mean);
  CHECK(s.state.running_var.to_vector() == var);
}

TEST_CASE("batch_norm with residual and relu is PyTorch's composition") {
  Statistics s;
  compare("batch_norm_residual_relu", {pixels, channels, channels, pixels}, [&](const Tensors& in) {
    return batch_norm(in[0], in[1], in[2], s.state, {.residual = in[3], .relu = true});
  });
}

TEST_CASE("the other normalisations are PyTorch's") {
  compare("layer_norm", {pixels, channels, channels}, [](const Tensors& in) {
    return reshape(layer_norm(in[0], in[1], in[2]), {24, 5});
  });
  compare("group_norm", {{2, 3, 4, 6}, {6}, {6}}, [](const Tensors& in) { return group_norm(in[0], in[1], in[2], 2); });
  compare("instance_norm", {pixels}, [](const Tensors& in) { return instance_norm(in[0]); });
  compare("l2_normalize", {{3, 7}}, [](const Tensors& in) { return l2_normalize(in[0]); });
}

TEST_CASE("pools are PyTorch's") {
  const Pool2dOptions options{.kernel = 3, .stride = 2, .padding = 1};
  compare("max_pool2d", {{1, 7, 6, 3}}, [&](const Tensors& in) { return max_pool2d(in[0], options); });
  compare("avg_pool2d", {{1, 7, 6, 3}}, [&](const Tensors& in) { return avg_pool2d(in[0], options); });
  compare("global_avg_pool", {pixels}, [](const Tensors& in) { return global_avg_pool(in[0]); });
}

TEST_CASE("cross_entropy with labels, soft targets and smoothing is PyTorch's") {
  const Tensor labels = Tensor::from(std::vector<int32_t>{2, 0, 3}, {3});
  Tensor soft = formula::tensor("soft", {3, 4});
  for (int64_t i = 0; i < soft.numel(); ++i) soft.data<double>()[i] = std::abs(soft.data<double>()[i]);
  const auto with = [](const Tensor& targets, double smoothing) {
    return [=](const Tensors& in) { return cross_entropy(in[0], targets, {smoothing}); };
  };
  compare("cross_entropy", {{3, 4}}, with(labels, 0));
  compare("cross_entropy_smoothing", {{3, 4}}, with(labels, 0.1));
  compare("cross_entropy_soft", {{3, 4}}, with(soft, 0));
  compare("cross_entropy_soft_smoothing", {{3, 4}}, with(soft, 0.1));
}

}  // namespace
}  // namespace radial
