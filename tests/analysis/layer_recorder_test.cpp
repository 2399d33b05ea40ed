#include "analysis/layer_recorder.h"

#include <cmath>
#include <functional>
#include <memory>

#include "core/autograd.h"
#include "core/random.h"
#include "optim/adam.h"
#include "optim/sgd.h"
#include "tests/catch.h"

namespace radial {
namespace {

using Catch::Approx;

Tensor random_tensor(const Shape& shape, DType dtype, uint64_t seed, double factor = 1) {
  Random random(seed, Stream::test);
  std::vector<double> values;
  for (int64_t i = 0; i < shape.numel(); ++i) values.push_back(factor * random.normal());
  return Tensor::from(values, shape).to(dtype);
}

// A parameter with a gradient that was given, not computed: loss = <w, g>.
struct Parameter {
  explicit Parameter(const Tensor& values, const Tensor& gradient) : w(values.clone()) {
    w.set_requires_grad();
    w.node()->grad = gradient.clone();
  }
  Tensor w;
};

long double norm(const std::vector<double>& v, size_t begin, size_t end) {
  long double sum = 0;
  for (size_t i = begin; i < end; ++i) sum += static_cast<long double>(v[i]) * v[i];
  return std::sqrt(sum);
}

// || w'/||w'|| - w/||w|| || as it is written, in long double.
double direct_step(const std::vector<double>& w, const std::vector<double>& next, size_t begin, size_t end) {
  const long double a = norm(w, begin, end), b = norm(next, begin, end);
  long double sum = 0;
  for (size_t i = begin; i < end; ++i) {
    const long double d = next[i] / b - w[i] / a;
    sum += d * d;
  }
  return static_cast<double>(std::sqrt(sum));
}

}  // namespace

TEST_CASE("effective steps agree with the definition in long double, at steps from 1e-1 to 1e-6") {
  const auto dtype = GENERATE(DType::f32, DType::f64);
  const double lr = GENERATE(1e-1, 1e-3, 1e-5, 1e-6);
  const Shape shape{7, 3, 3, 5};
  const Parameter p(random_tensor(shape, dtype, 1), random_tensor(shape, dtype, 2));
  const std::vector<double> before = p.w.to_vector();
  SGD optimizer({{"w", p.w, Kind::conv}}, {.lr = lr});
  LayerRecorder recorder;
  optimizer.observe(recorder);
  optimizer.step();

  REQUIRE(recorder.layers().size() == 1);
  const LayerMeasure& layer = recorder.layers()[0];
  const std::vector<double> after = p.w.to_vector();
  CHECK(layer.effective_step == Approx(direct_step(before, after, 0, before.size())).epsilon(1e-6));
  double steps = 0, norms = 0;
  for (size_t r = 0; r < 7; ++r) {
    steps += direct_step(before, after, r * 45, (r + 1) * 45) / 7;
    norms += static_cast<double>(norm(after, r * 45, (r + 1) * 45)) / 7;
  }
  CHECK(layer.filter_effective_step == Approx(steps).epsilon(1e-6));
  CHECK(layer.filter_norm == Approx(norms).epsilon(1e-12));
  CHECK(layer.norm == Approx(static_cast<double>(norm(after, 0, after.size()))).epsilon(1e-12));
}

TEST_CASE("a known rotation gives its angle, its radial and its tangential part") {
  const double angle = GENERATE(1e-6, 1e-3, 0.7, 3.0);
  // half of the length goes away: of 16 digits of <d, d> the tangential part has the last four at the smallest angle
  const double epsilon = angle < 1e-5 ? 1e-4 : 1e-9;
  // From (2, 0) to 3 (cos a, sin a): d = w' - w = -g with lr 1.
  const double x = 3 * std::cos(angle), y = 3 * std::sin(angle);
  const Parameter p(Tensor::from(std::vector<double>{2, 0}, {1, 2}),
                    Tensor::from(std::vector<double>{2 - x, -y}, {1, 2}));
  SGD optimizer({{"w", p.w, Kind::linear}}, {.lr = 1});
  LayerRecorder recorder;
  optimizer.observe(recorder);
  optimizer.step();
  const LayerMeasure& layer = recorder.layers()[0];
  CHECK(layer.effective_step == Approx(2 * std::sin(angle / 2)).epsilon(epsilon));
  CHECK(layer.radial_step == Approx(x - 2).epsilon(1e-9));
  CHECK(layer.tangential_step == Approx(y).epsilon(epsilon));
  CHECK(layer.norm == Approx(3));
}

TEST_CASE("a pure change of length is no effective step") {
  const Shape shape{4, 9};
  const Tensor w = random_tensor(shape, DType::f64, 3);
  const Parameter p(w, w);  // the gradient lies along w
  SGD optimizer({{"w", p.w, Kind::linear}}, {.lr = 0.25});
  LayerRecorder recorder;
  optimizer.observe(recorder);
  optimizer.step();
  CHECK(recorder.layers()[0].effective_step < 1e-7);
  CHECK(recorder.layers()[0].cos_grad == Approx(1));
  CHECK(recorder.layers()[0].radial_step == Approx(-0.25 * static_cast<double>(norm(w.to_vector(), 0, 36))));
}

TEST_CASE("what has norm 0 has no direction") {
  const Parameter p(Tensor::zeros({3}, DType::f32), random_tensor({3}, DType::f32, 4));
  SGD optimizer({{"b", p.w, Kind::bias}}, {.lr = 0.1});
  LayerRecorder recorder;
  optimizer.observe(recorder);
  optimizer.step();
  const LayerMeasure& layer = recorder.layers()[0];
  CHECK(layer.norm > 0);
  CHECK(std::isnan(layer.effective_step));
  CHECK(std::isnan(layer.filter_effective_step));
  CHECK(std::isnan(layer.cos_grad));
  CHECK(std::isnan(layer.radial_step));
  CHECK(std::isnan(layer.tangential_step));
}

TEST_CASE("recording changes no bit of the training, and measures every k-th step only") {
  const auto run = [](bool record, int64_t every, int* recorded) {
    const Parameter p(random_tensor({5, 3, 3, 4}, DType::f32, 5), random_tensor({5, 3, 3, 4}, DType::f32, 6));
    AdamP optimizer({{"w", p.w, Kind::conv}}, {.lr = 0.01, .weight_decay = 0.01});
    LayerRecorder recorder(every);
    if (record) optimizer.observe(recorder);
    for (int step = 0; step < 10; ++step) {
      optimizer.step();
      if (!recorder.layers().empty() && recorded) ++*recorded;
    }
    return p.w.to_vector();
  };
  int recorded = 0;
  CHECK(run(true, 3, &recorded) == run(false, 1, nullptr));
  CHECK(recorded == 3);
}

TEST_CASE("a record keeps its numbers while the training goes on, until it is read") {
  const Parameter w(random_tensor({4, 9}, DType::f32, 7), Tensor::zeros({4, 9}));
  const Parameter b(random_tensor({3}, DType::f32, 8), Tensor::zeros({3}));
  b.w.node()->grad = Tensor();
  SGDP optimizer({{"w", w.w, Kind::linear}, {"b", b.w, Kind::bias}}, {.lr = 0.1});
  LayerRecorder recorder;
  optimizer.observe(recorder);
  CHECK_FALSE(recorder.record());
  std::vector<StepRecord> records;
  std::vector<std::vector<LayerMeasure>> at_once;
  for (const uint64_t seed : {9, 10}) {
    optimizer.step();
    records.push_back(*recorder.record());
    at_once.emplace_back(recorder.layers().begin(), recorder.layers().end());
    w.w.node()->grad = seed == 9 ? w.w.detach().clone() : random_tensor({4, 9}, DType::f32, seed);
  }
  for (size_t step = 0; step < 2; ++step) {
    const std::vector<LayerMeasure> later = records[step].layers();
    REQUIRE(later.size() == 2);
    for (size_t i = 0; i < 2; ++i) {
      CHECK(later[i].name == (i == 0 ? "w" : "b"));
      CHECK(later[i].norm == at_once[step][i].norm);
      CHECK(later[i].filter_norm == at_once[step][i].filter_norm);
    }
    CHECK(later[0].projected == (step == 0 ? Projection::channel : Projection::none));
    CHECK(later[1].norm == Approx(static_cast<double>(norm(b.w.to_vector(), 0, 3))).epsilon(1e-12));
  }
  CHECK(records[0].layers()[0].norm != records[1].layers()[0].norm);
}

TEST_CASE("a recorder refuses a second optimizer with other parameters") {
  const Parameter p(Tensor::full({2, 3}, 1), Tensor::full({2, 3}, 1)), q(Tensor::full({5}, 1), Tensor::full({5}, 1));
  SGD first({{"p", p.w, Kind::conv}}, {.lr = 0.1}), second({{"q", q.w, Kind::bias}}, {.lr = 0.1});
  LayerRecorder recorder;
  first.observe(recorder);
  second.observe(recorder);
  first.step();
  CHECK_THROWS_WITH(second.step(), Catch::Matchers::ContainsSubstring("a recorder observes one optimizer"));
}

TEST_CASE("the epoch's average is over convolutions, or over linear layers where there are none") {
  LayerMeasure conv, other, linear;
  conv.kind = other.kind = Kind::conv;
  linear.kind = Kind::linear;
  conv.filter_norm = 1, conv.filter_effective_step = 0.1;
  other.filter_norm = 3;  // without a direction
  linear.filter_norm = 100, linear.filter_effective_step = 5;
  EpochAverage average;
  CHECK(std::isnan(average.norm()));
  average.add(std::vector{conv, linear, other});
  CHECK(average.norm() == Approx(2));
  CHECK(average.effective_step() == Approx(0.1));
  EpochAverage of_linear;
  of_linear.add(std::vector{linear});
  CHECK(of_linear.norm() == Approx(100));
}

TEST_CASE("a NaN weight has no norm, and a scalar parameter has one") {
  const DType dtype = GENERATE(DType::f32, DType::f64);
  Parameter p(random_tensor({3, 4}, dtype, 1), random_tensor({3, 4}, dtype, 2));
  Parameter scalar(Tensor::scalar(2, dtype), Tensor::scalar(1, dtype));
  p.w.detach().slice(1, 2).fill(std::nan(""));
  SGD optimizer({{"w", p.w, Kind::linear}, {"s", scalar.w, Kind::bias}}, {.lr = 0.5});
  LayerRecorder recorder;
  optimizer.observe(recorder);
  optimizer.step();
  const LayerMeasure& layer = recorder.layers()[0];
  for (const double number : {layer.norm, layer.filter_norm, layer.effective_step, layer.filter_effective_step,
                              layer.radial_step, layer.tangential_step, layer.cos_grad})
    CHECK(std::isnan(number));
  EpochAverage average;
  average.add(recorder.layers());
  CHECK(std::isnan(average.norm()));
  CHECK(std::isnan(average.effective_step()));
  CHECK(recorder.layers()[1].norm == 1.5);
  CHECK(recorder.layers()[1].radial_step == -0.5);
}

TEST_CASE("a parameter without a gradient was not stepped: no step, no cosine, no projection") {
  const Parameter p(random_tensor({3, 4}, DType::f32, 1), random_tensor({3, 4}, DType::f32, 2));
  SGDP optimizer({{"w", p.w, Kind::linear}}, {.lr = 0.5, .projection = {.test = ProjectionTest::always}});
  LayerRecorder recorder;
  optimizer.observe(recorder);
  optimizer.step();
  CHECK(recorder.layers()[0].projected == Projection::channel);
  p.w.node()->grad = Tensor();
  optimizer.step();
  CHECK(recorder.layers()[0].projected == Projection::none);
  CHECK(recorder.layers()[0].effective_step == 0);
  CHECK(recorder.layers()[0].radial_step == 0);
  CHECK(std::isnan(recorder.layers()[0].cos_grad));
}

}  // namespace radial
