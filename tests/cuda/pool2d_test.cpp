// Pooling on a GPU where the table of ops does not reach: ties and NaN, slices that are not aligned, large pictures.
#include <cmath>
#include <limits>

#include "core/kernels.h"
#include "tests/cuda/card.h"
#include "tests/formula.h"
#include "tests/op_cases.h"

namespace radial {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

// Few values, so that most windows have ties, and now and then NaN or an infinity.
Tensor with_ties(const Shape& shape) {
  Tensor x = Tensor::empty(shape);
  const float values[] = {1, 2, -1, -infinity, 2, 0, NAN, -3, 1, infinity, -2, 2, 0};
  for (int64_t i = 0; i < x.numel(); ++i) x.data<float>()[i] = values[i * 31 % 1009 % 13];
  return x;
}

std::vector<double> without_nan(const Tensor& x) {
  std::vector<double> values = x.to_vector();
  for (double& value : values)
    if (std::isnan(value)) value = 12345;
  return values;
}

struct Pooled {
  Pooled(const Tensor& x, const Pool2dGeometry& g, Device card) {
    y = Tensor::empty(g.y_shape(), x.dtype(), card);
    index = Tensor::empty(g.y_shape(), DType::i32, card);
    kernels::max_pool2d_forward(y, index, x.to(card), g);
  }
  Tensor y, index;
};

TEST_CASE("of equal maxima the GPU, too, takes the first, and the last NaN before all") {
  const auto card = find_card();
  if (!card) return;
  for (const Shape& shape : {Shape{1, 1, 1, 1}, Shape{1, 9, 7, 1}, Shape{1, 7, 9, 3}, Shape{2, 13, 11, 17},
                             Shape{1, 5, 6, 64}, Shape{3, 9, 9, 8}}) {
    for (const Pool2dOptions& options :
         {Pool2dOptions{1, 1}, Pool2dOptions{2, 2, 1}, Pool2dOptions{3, 2, 1}, Pool2dOptions{3, 1, 1}}) {
      if (shape[1] + 2 * options.padding.h < options.kernel.h) continue;
      CAPTURE(shape.str(), options.kernel.h, options.stride.h);
      const Tensor x = with_ties(shape);
      const Pool2dGeometry g("max_pool2d", shape, options);
      const Pooled expected(x, g, {});
      for (const DType dtype : {DType::f32, DType::bf16}) {
        const Pooled found(x.to(dtype), g, *card);
        CHECK(found.index.to_vector() == expected.index.to_vector());
        CHECK(without_nan(found.y) == without_nan(expected.y));
      }
    }
  }
}

TEST_CASE("pooling of slices that start anywhere is that of aligned ones") {
  const auto card = find_card();
  if (!card) return;
  const Pool2dGeometry g("pool", {2, 3, 3, 4}, {.kernel = 2, .stride = 1});
  for (const int64_t offset : {1, 2, 4, 8}) {
    CAPTURE(offset);
    const Tensor flat = formula::tensor("x", {offset + 72}).to(DType::f32);
    const auto results = [&](Device device) {
      const Tensor x = flat.to(device).slice(offset, offset + 72).view({2, 3, 3, 4});
      Tensor y = Tensor::empty(g.y_shape(), DType::f32, device), index = Tensor::empty(g.y_shape(), DType::i32, device);
      Tensor mean = Tensor::empty({2, 4}, DType::f32, device), dx = empty_like(x), da = empty_like(x);
      kernels::max_pool2d_forward(y, index, x, g);
      kernels::max_pool2d_backward(dx, y, index, g);
      std::vector<double> all = dx.to_vector();
      kernels::avg_pool2d_forward(y, x, g);
      kernels::avg_pool2d_backward(da, y, g);
      kernels::global_avg_pool_forward(mean, x);
      for (const Tensor& part : {da, mean})
        for (const double value : part.to_vector()) all.push_back(value);
      return Tensor::from(all, {static_cast<int64_t>(all.size())});
    };
    CHECK(relative_error(results(*card), results({})) <= float32_bound(9));
  }
}

TEST_CASE("averages over large pictures are those of double") {
  const auto card = find_card();
  if (!card) return;
  for (const Shape& shape : {Shape{1, 67, 61, 1}, Shape{1, 57, 55, 264}, Shape{2, 1, 7, 260}, Shape{0, 3, 3, 4}}) {
    CAPTURE(shape.str());
    const Tensor x = formula::tensor("x", shape).to(DType::f32);
    Tensor exact = Tensor::empty({shape[0], shape[3]}, DType::f64);
    Tensor computed = Tensor::empty({shape[0], shape[3]}, DType::f32, *card);
    kernels::global_avg_pool_forward(exact, x.to(DType::f64));
    kernels::global_avg_pool_forward(computed, x.to(*card));
    CHECK(relative_error(computed, exact) <= float32_bound(shape[1] * shape[2]));
    Tensor dx_exact = Tensor::empty(shape, DType::f64), dx = Tensor::empty(shape, DType::f32, *card);
    kernels::global_avg_pool_backward(dx_exact, exact);
    kernels::global_avg_pool_backward(dx, computed);
    CHECK(relative_error(dx, dx_exact) <= float32_bound(shape[1] * shape[2]));
  }
}

}  // namespace
}  // namespace radial
