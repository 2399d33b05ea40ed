// Recorded steps on a GPU against the CPU's.
#include <cmath>

#include "analysis/layer_recorder.h"
#include "analysis/step_sums.h"
#include "optim/sgd.h"
#include "tests/cuda/card.h"
#include "tests/optim/params.h"

namespace radial {
namespace {

using Catch::Matchers::ContainsSubstring;

// Rows for a warp and for a block, in packs of 16 bytes and not; without a gradient; without rows or elements.
std::vector<StepTensors> measured_steps() {
  std::vector<StepTensors> steps;
  for (const Shape& shape : {Shape{7}, Shape{1, 40}, Shape{19, 1, 1, 64}, Shape{4, 3, 3, 128}, Shape{3, 3, 3, 131},
                             Shape{0, 5}, Shape{3, 0}, Shape{9, 9}, Shape{2, 1}}) {
    const std::string name = shape.str();
    const auto tensor = [&](const char* what) { return formula::tensor(what + name, shape).to(DType::f32); };
    steps.push_back({tensor("before"), tensor("after"), shape.numel() == 81 ? Tensor() : tensor("g")});
  }
  return steps;
}

TEST_CASE("the sums of all rows on the GPU are those of the CPU") {
  const auto card = find_card();
  if (!card) return;
  const std::vector<StepTensors> here = measured_steps();
  std::vector<StepTensors> there;
  int64_t rows = 0;
  for (const auto& [before, after, g] : here) {
    there.push_back({before.to(*card), after.to(*card), g ? g.to(*card) : Tensor()});
    rows += before.dim(0);
  }
  Tensor a = Tensor::zeros({rows, 5}, DType::f64), b = Tensor::empty({rows, 5}, DType::f64, *card);
  KernelMemory none, memory;
  kernels::step_row_sums(a, here, none);
  kernels::step_row_sums(b, there, memory);
  const std::vector<double> exact = a.to_vector(), computed = b.to_vector();
  for (size_t row = 0; row < static_cast<size_t>(rows); ++row) {
    const double *x = &exact[5 * row], *y = &computed[5 * row];
    const double ww = x[0], dd = x[2], gg = x[4];
    const double scales[] = {ww, std::sqrt(ww * dd), dd, std::sqrt(ww * gg), gg};  // of sums that may cancel
    for (size_t k = 0; k < 5; ++k) {
      CAPTURE(row, k);
      CHECK(std::abs(y[k] - x[k]) <= 1e-14 * scales[k]);
    }
  }
}

TEST_CASE("layers that are recorded on the GPU are those of the CPU, and keep while the training goes on") {
  const auto card = find_card();
  if (!card) return;
  const auto record = [](Device device) {
    std::vector<NamedTensor> params;
    for (const NamedTensor& param : parameters()) {
      params.push_back({param.name, param.tensor.to(device).clone(), param.kind});
      params.back().tensor.set_requires_grad();
    }
    params[2].tensor.detach().fill(0);  // has no direction
    SGDP optimizer(params, {.lr = 0.01, .momentum = 0.9});
    LayerRecorder recorder(2);
    optimizer.observe(recorder);
    std::vector<StepRecord> records;
    for (int64_t step = 1; step <= 6; ++step) {
      for (const NamedTensor& param : params) {
        const Shape& shape = param.tensor.shape();
        const Tensor g = formula::tensor(param.name + std::to_string(step), shape).to(DType::f32).to(device);
        set_gradient(param, step == 4 && param.name == "fc.weight" ? zeros_like(g) : g);
      }
      set_gradient(params[4], Tensor());
      optimizer.step();
      CHECK(recorder.record().has_value() == (step % 2 == 0));
      if (recorder.record()) records.push_back(*recorder.record());
    }
    std::vector<LayerMeasure> layers;
    for (const StepRecord& each : records)
      for (const LayerMeasure& layer : each.layers()) layers.push_back(layer);
    return layers;
  };
  const std::vector<LayerMeasure> here = record({}), there = record(*card);
  REQUIRE(here.size() == 15);
  REQUIRE(there.size() == 15);
  const auto near_to_scale = [](double x, double y, double scale) {
    return (std::isnan(x) && std::isnan(y)) || std::abs(x - y) <= 1e-6 * scale;
  };
  const auto near = [&](double x, double y) { return near_to_scale(x, y, std::abs(y)); };
  int projected = 0;
  for (size_t i = 0; i < here.size(); ++i) {
    const LayerMeasure &a = there[i], &b = here[i];
    CAPTURE(i, b.name);
    CHECK(a.name == b.name);
    CHECK(a.kind == b.kind);
    CHECK(near(a.norm, b.norm));
    CHECK(near(a.filter_norm, b.filter_norm));
    CHECK(near(a.effective_step, b.effective_step));
    CHECK(near(a.filter_effective_step, b.filter_effective_step));
    CHECK(near_to_scale(a.cos_grad, b.cos_grad, 1));
    CHECK(near_to_scale(a.radial_step, b.radial_step, b.tangential_step));
    CHECK(near(a.tangential_step, b.tangential_step));
    CHECK(a.projected == b.projected);
    projected += a.projected != Projection::none;
  }
  CHECK(projected > 0);
}

TEST_CASE("recording on the GPU changes no bit of the training") {
  const auto card = find_card();
  if (!card) return;
  const auto run = [&](bool recorded) {
    NamedTensor param{"w", formula::tensor("w", {5, 60}).to(DType::f32).to(*card), Kind::linear};
    param.tensor.set_requires_grad();
    SGDP optimizer(std::vector{param}, {.lr = 0.1, .momentum = 0.9});
    LayerRecorder recorder;
    if (recorded) optimizer.observe(recorder);
    for (int64_t step = 1; step <= 4; ++step) {
      set_gradient(param, formula::tensor(param.name + std::to_string(step), {5, 60}).to(DType::f32).to(*card));
      optimizer.step();
    }
    return param.tensor.to_vector();
  };
  CHECK(run(true) == run(false));
}

TEST_CASE("the GPU measures float32 alone") {
  const auto card = find_card();
  if (!card) return;
  const Tensor w = Tensor::zeros({2, 3}, DType::f64, *card);
  Tensor sums = Tensor::empty({2, 5}, DType::f64, *card);
  KernelMemory memory;
  CHECK_THROWS_WITH(kernels::step_row_sums(sums, std::vector<StepTensors>{{w, w, Tensor()}}, memory),
                    ContainsSubstring("layer recorder: a parameter is float64 but"));
}

}  // namespace
}  // namespace radial
