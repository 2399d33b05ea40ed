#include "analysis/invariance.h"

#include <cmath>

#include "core/ops.h"
#include "core/random.h"
#include "models/models.h"
#include "tests/catch.h"

namespace radial {

TEST_CASE("weights before a normalisation are scale invariant, the classifier's are not") {
  const auto model = make_model({.arch = "convnet", .classes = 3, .image_size = 16});
  model->to(DType::f64);
  model->train();
  Random random(1, Stream::test);
  std::vector<double> pixels(4 * 16 * 16 * 3);
  for (double& pixel : pixels) pixel = random.normal();
  const Tensor images = Tensor::from(pixels, {4, 16, 16, 3});
  const Tensor labels = Tensor::from(std::vector<int32_t>{0, 1, 2, 0}, {4});

  std::vector<NamedTensor> parameters = model->parameters();
  std::vector<std::vector<double>> before;
  for (const NamedTensor& parameter : parameters) before.push_back(parameter.tensor.to_vector());
  const auto rows = test_invariance([&] { return cross_entropy(model->forward(images), labels); }, parameters);

  REQUIRE(rows.size() >= 3);
  for (const InvarianceRow& row : rows) {
    INFO(row.name << " changes the loss by " << row.change_large << ", cos " << row.cos_grad);
    CHECK(row.scale_invariant == (row.kind == Kind::conv));
    if (row.scale_invariant) CHECK(std::abs(row.cos_grad) < 1e-5);
  }
  for (size_t i = 0; i < parameters.size(); ++i) CHECK(parameters[i].tensor.to_vector() == before[i]);
}

}  // namespace radial
