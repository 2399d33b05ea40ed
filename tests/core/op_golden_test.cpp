// Ops against PyTorch in float64: tests/golden/make_op_golden.py.
#include <cmath>

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

const Shape cube{2, 3, 4};

TEST_CASE("reductions along dimensions and softmax are PyTorch's") {
  compare("sum_dims", {cube}, [](const Tensors& in) { return sum(in[0], {0, 2}); });
  compare("mean_kept", {cube}, [](const Tensors& in) { return mean(in[0], 1, true); });
  compare("logsumexp", {cube}, [](const Tensors& in) { return logsumexp(in[0], {0, 2}); });
  compare("var", {cube}, [](const Tensors& in) { return var(in[0], {0, 2}); });
  compare("var_biased", {cube}, [](const Tensors& in) { return var(in[0], -1, {.unbiased = false}); });
  compare("max_dim", {cube}, [](const Tensors& in) { return max(in[0], 1); });
  compare("min_dims", {cube}, [](const Tensors& in) { return min(in[0], {0, 2}); });
  compare("softmax", {cube}, [](const Tensors& in) { return softmax(in[0], 1); });
  compare("log_softmax", {cube}, [](const Tensors& in) { return log_softmax(in[0]); });
}

TEST_CASE("what changes shapes is PyTorch's") {
  compare("permute", {cube}, [](const Tensors& in) { return permute(in[0], {2, 0, 1}); });
  compare("flip", {cube}, [](const Tensors& in) { return flip(in[0], {0, -1}); });
  compare("narrow", {cube}, [](const Tensors& in) { return narrow(in[0], -1, 1, 2); });
  compare("concat", {cube, {2, 1, 4}}, [](const Tensors& in) { return concat({in[0], in[1], in[0]}, 1); });
  compare("stack", {cube, cube}, [](const Tensors& in) { return stack({in[0], in[1]}, -1); });
  compare("pad", {cube}, [](const Tensors& in) { return pad(in[0], {{}, {0, 3}, {1, 2}}, 0.5); });
  compare("pad_reflect", {cube}, [](const Tensors& in) { return pad_reflect(in[0], {{}, {}, {3, 2}}); });
  compare("expand", {{3, 1}}, [](const Tensors& in) { return expand(in[0], cube); });
  compare("repeat", {{3, 2}}, [](const Tensors& in) { return repeat(in[0], {2, 1, 3}); });
}

TEST_CASE("what indices name is PyTorch's") {
  const auto ints = [](std::vector<int32_t> values, const Shape& shape) { return Tensor::from(values, shape); };
  const Tensor index = ints({2, 0, 0, 1, 2, 1, 2, 2, 0, 0, 1, 1, 0, 2, 2, 0}, {2, 2, 4});
  compare("gather", {cube}, [&](const Tensors& in) { return gather(in[0], 1, index); });
  compare("index_select", {cube}, [&](const Tensors& in) {
    return index_select(in[0], -1, ints({3, 0, 3, 3, 1}, {5}));
  });
  compare("scatter_add", {cube, {2, 2, 4}}, [&](const Tensors& in) { return scatter_add(in[0], 1, index, in[1]); });
  compare("embedding", {{5, 3}}, [&](const Tensors& in) {
    return embedding(in[0], ints({1, 4, 1, 0, 2, 1}, {2, 3}), 2);
  });
  compare("cumsum", {cube}, [](const Tensors& in) { return cumsum(in[0], 1); });
  compare("sort", {cube}, [](const Tensors& in) { return sort(in[0], 1, {.descending = true}).value; });
  compare("topk", {cube}, [](const Tensors& in) { return topk(in[0], 2, -1, false).value; });
}

TEST_CASE("nms is torchvision's") {
  const Tensor corners = formula::tensor("boxes", {40, 2});
  Tensor far = formula::tensor("sizes", {40, 2});
  for (int64_t i = 0; i < far.numel(); ++i)
    far.data<double>()[i] = corners.data<double>()[i] + 0.3 + 0.5 * std::abs(far.data<double>()[i]);
  const Tensor boxes = concat({corners, far}, 1), scores = formula::tensor("scores", {40});
  CHECK(nms(boxes, scores, 0.1).to_vector() == golden().tensors.at("nms_0.1").to_vector());
  CHECK(nms(boxes, scores, 0.5).to_vector() == golden().tensors.at("nms_0.5").to_vector());
}

TEST_CASE("losses are PyTorch's, reduced in each way") {
  const Shape table{3, 4};
  const auto absolute = [](Tensor x, double more) {
    for (int64_t i = 0; i < x.numel(); ++i) x.data<double>()[i] = std::abs(x.data<double>()[i]) + more;
    return x;
  };
  const Tensor targets = absolute(formula::tensor("targets", table), 0);
  const Tensor soft = absolute(formula::tensor("soft", table), 0);
  const Tensor weights = absolute(formula::tensor("weights", {4}), 0.5);
  const Tensor marked = Tensor::from(std::vector<int32_t>{2, -1, 3}, {3});
  const std::pair<const char*, LossReduction> reductions[] = {
      {"mean", LossReduction::mean}, {"sum", LossReduction::sum}, {"none", LossReduction::none}};
  for (const auto& [name, how] : reductions) {
    const LossReduction reduction = how;
    const std::string after = std::string("_") + name;
    compare("bce_with_logits" + after, {table}, [&](const Tensors& in) {
      return bce_with_logits(in[0], targets, {.pos_weight = weights, .reduction = reduction});
    });
    compare("sigmoid_focal_loss" + after, {table},
            [&](const Tensors& in) { return sigmoid_focal_loss(in[0], targets, {.reduction = reduction}); });
    compare("l1_loss" + after, {table, table}, [&](const Tensors& in) { return l1_loss(in[0], in[1], reduction); });
    compare("mse_loss" + after, {table, table}, [&](const Tensors& in) { return mse_loss(in[0], in[1], reduction); });
    compare("smooth_l1_loss" + after, {table, table},
            [&](const Tensors& in) { return smooth_l1_loss(in[0], in[1], 0.5, reduction); });
    compare("triplet_margin_loss" + after, {table, table, table}, [&](const Tensors& in) {
      return triplet_margin_loss(in[0], in[1], in[2], {.margin = 0.5, .reduction = reduction});
    });
    for (const char* smoothing : {"0.0", "0.1"}) {
      const std::string cross = "cross_entropy" + after + "_" + smoothing;
      CrossEntropyOptions options{
          .label_smoothing = std::stod(smoothing), .class_weights = weights, .reduction = reduction};
      compare(cross + "_soft", {table}, [&](const Tensors& in) { return cross_entropy(in[0], soft, options); });
      options.ignore_index = -1;
      compare(cross, {table}, [&](const Tensors& in) { return cross_entropy(in[0], marked, options); });
    }
  }
}

}  // namespace
}  // namespace radial
