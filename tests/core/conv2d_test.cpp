// Convolutions: float64 against the defining sum, float32 against float64 on every instruction set, equal bits for any
// number of threads, checks. Gradients against finite differences are in the table of op cases.
#include <cmath>
#include <sstream>

#include "core/kernels.h"
#include "core/ops.h"
#include "core/ops/conv2d_algorithm.h"
#include "core/parallel.h"
#include "core/simd/target.h"
#include "tests/catch.h"
#include "tests/core/kernels.h"
#include "tests/op_cases.h"

namespace radial {
namespace {

struct Case {
  Shape x, w;
  Conv2dOptions options;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> table = {
      {{1, 1, 1, 1}, {1, 1, 1, 1}, {}},
      {{2, 5, 7, 3}, {4, 3, 3, 3}, {}},
      {{2, 5, 7, 3}, {4, 3, 3, 3}, {.stride = 2, .padding = 1}},
      {{1, 13, 11, 17}, {19, 3, 3, 17}, {.padding = 1}},
      {{3, 8, 8, 64}, {64, 3, 3, 64}, {.padding = 1}},
      {{2, 9, 9, 64}, {128, 3, 3, 64}, {.stride = 2, .padding = 1}},
      {{2, 8, 8, 64}, {128, 1, 1, 64}, {.stride = 2}},
      {{2, 8, 8, 64}, {37, 1, 1, 64}, {}},
      {{2, 23, 29, 3}, {64, 7, 7, 3}, {.stride = 2, .padding = 3}},   // merged taps, results transposed
      {{2, 17, 13, 3}, {5, 5, 3, 3}, {.stride = 3}},                  // merged taps without padding
      {{1, 19, 17, 2}, {33, 3, 5, 2}, {.stride = 1, .padding = 4}},   // padding wider than needed
      {{2, 15, 14, 5}, {7, 3, 3, 5}, {.padding = 2, .dilation = 2}},  // dilation forbids merging
      {{1, 16, 18, 33}, {48, 3, 3, 33}, {.stride = 2, .padding = 3, .dilation = 3}},
      {{2, 7, 7, 24}, {36, 3, 3, 8}, {.padding = 1, .groups = 3}},
      {{2, 7, 7, 32}, {32, 3, 3, 4}, {.stride = 2, .padding = 1, .groups = 8}},
      {{2, 9, 7, 6}, {12, 3, 3, 1}, {.padding = 1, .groups = 6}},     // two filters a channel
      {{2, 9, 11, 17}, {17, 3, 3, 1}, {.padding = 1, .groups = 17}},  // depthwise
      {{2, 9, 11, 96}, {96, 3, 3, 1}, {.stride = 2, .padding = 1, .groups = 96}},
      {{1, 12, 10, 67}, {67, 5, 3, 1}, {.stride = 2, .padding = 3, .dilation = 2, .groups = 67}},
      {{30, 32, 32, 3}, {16, 3, 3, 3}, {.padding = 1}},   // more columns of taps than are made at once
      {{1, 4, 4, 1100}, {40, 1, 1, 1100}, {}},            // a tap is cut into passes
      {{1, 5, 5, 300}, {40, 3, 3, 300}, {.padding = 1}},  // passes of several taps
      {{2, 4, 5, 16}, {16, 2, 2, 16}, {.stride = 3}},     // pixels and phases without taps
      {{5, 1, 1, 40}, {24, 3, 3, 40}, {.padding = 1}},    // a single pixel
      {{2, 11, 7, 17}, {20, 1, 7, 17}, {.stride = {1, 2}, .padding = {0, 3}}},
      {{1, 9, 14, 24}, {36, 5, 2, 8}, {.stride = {3, 1}, .padding = {4, 0}, .dilation = {2, 3}, .groups = 3}},
      {{2, 13, 10, 3}, {33, 3, 5, 3}, {.stride = {2, 3}, .padding = {0, 4}, .dilation = {3, 1}}},  // merged taps
      {{2, 6, 10, 19}, {19, 3, 5, 1}, {.stride = {1, 3}, .padding = {2, 1}, .dilation = {2, 1}, .groups = 19}},
      {{1, 1, 67, 32}, {48, 1, 3, 32}, {.stride = {5, 1}, .padding = {0, 2}, .dilation = {7, 2}}},  // one line
      {{2, 14, 14, 32}, {32, 3, 3, 32}, {.padding = {1, 2}}},                                       // not Winograd's
      {{0, 5, 5, 8}, {8, 3, 3, 8}, {.padding = 1}},                                                 // an empty batch
  };
  return table;
}

std::string describe(const Case& c) {
  std::ostringstream out;
  out << "x " << c.x << " w " << c.w << " stride " << c.options.stride << " padding " << c.options.padding
      << " dilation " << c.options.dilation << " groups " << c.options.groups;
  return out.str();
}

// y, dx and dw, started from `start` where the kernels accumulate.
struct Results {
  Tensor y, dx, dw;
};

struct ConvolutionInputs {
  Tensor x, w, dy, dx_before, dw_before;

  ConvolutionInputs(const Case& c, const Conv2dGeometry& g)
      : x(random_tensor(c.x, 1)),
        w(random_tensor(c.w, 2)),
        dy(random_tensor(g.y_shape(), 3)),
        dx_before(random_tensor(c.x, 4)),
        dw_before(random_tensor(c.w, 5)) {}

  Results run(const Conv2dGeometry& g, DType dtype, bool accumulate) const {
    const Tensor tx = x.to(dtype), tw = w.to(dtype), tdy = dy.to(dtype);
    Results r{Tensor::empty(g.y_shape(), dtype), dx_before.to(dtype).clone(), dw_before.to(dtype).clone()};
    kernels::conv2d_forward(r.y, tx, tw, g);
    kernels::conv2d_backward_input(r.dx, tdy, tw, g, accumulate);
    kernels::conv2d_backward_weight(r.dw, tdy, tx, g, accumulate);
    return r;
  }
};

// The defining sums, seven loops.
Results by_definition(const ConvolutionInputs& in, const Conv2dGeometry& g) {
  const std::vector<double> x = in.x.to_vector(), w = in.w.to_vector(), dy = in.dy.to_vector();
  std::vector<double> y(dy.size()), dx(x.size()), dw(w.size());
  for (int64_t n = 0; n < g.n; ++n)
    for (int64_t p = 0; p < g.oh; ++p)
      for (int64_t q = 0; q < g.ow; ++q)
        for (int64_t o = 0; o < g.o; ++o)
          for (int64_t r = 0; r < g.kh; ++r)
            for (int64_t s = 0; s < g.kw; ++s)
              for (int64_t c = 0; c < g.cg; ++c) {
                const int64_t i = p * g.stride.h + r * g.dilation.h - g.padding.h,
                              j = q * g.stride.w + s * g.dilation.w - g.padding.w;
                if (i < 0 || i >= g.h || j < 0 || j >= g.w) continue;
                const auto at_y = static_cast<size_t>(((n * g.oh + p) * g.ow + q) * g.o + o);
                const auto at_x = static_cast<size_t>(((n * g.h + i) * g.w + j) * g.c + o / g.og() * g.cg + c);
                const auto at_w = static_cast<size_t>(((o * g.kh + r) * g.kw + s) * g.cg + c);
                y[at_y] += x[at_x] * w[at_w];
                dx[at_x] += dy[at_y] * w[at_w];
                dw[at_w] += dy[at_y] * x[at_x];
              }
  return {Tensor::from(y, g.y_shape()), Tensor::from(dx, g.x_shape()), Tensor::from(dw, g.w_shape())};
}

void check_close(const Results& a, const Results& b, double bound) {
  CHECK(relative_error(a.y, b.y) <= bound);
  CHECK(relative_error(a.dx, b.dx) <= bound);
  CHECK(relative_error(a.dw, b.dw) <= bound);
}

// What Winograd serves, with edges of every kind; the others of the table above must not notice.
const std::vector<Case>& winograd_cases() {
  static const std::vector<Case> table = {
      {{1, 4, 4, 16}, {16, 3, 3, 16}, {.padding = 1}},
      {{1, 3, 3, 16}, {16, 3, 3, 16}, {}},                // one pixel of a tile
      {{1, 1, 1, 32}, {16, 3, 3, 32}, {.padding = 2}},    // more padding than picture
      {{2, 13, 7, 48}, {80, 3, 3, 48}, {.padding = 1}},   // half-filled tiles, panels and blocks of filters
      {{3, 14, 14, 64}, {64, 3, 3, 64}, {}},              // no padding
      {{1, 30, 17, 32}, {96, 3, 3, 32}, {.padding = 2}},  // the gradient of x has no padding
      {{3, 6, 5, 32}, {32, 3, 3, 32}, {.padding = 1}},    // no tile of 4 results
      {{5, 7, 7, 544}, {32, 3, 3, 544}, {.padding = 1}},  // long sums
      {{9, 16, 16, 32}, {32, 3, 3, 32}, {.padding = 1}},  // several blocks of tiles and partial sums
  };
  return table;
}

TEST_CASE("conv2d in float64 is the defining sum") {
  for (const Case& c : cases()) {
    CAPTURE(describe(c));
    const Conv2dGeometry g(c.x, c.w, c.options);
    const ConvolutionInputs in(c, g);
    check_close(in.run(g, DType::f64, false), by_definition(in, g), 1e-14);
  }
}

TEST_CASE("conv2d in float32 agrees with float64 on every instruction set") {
  const DefaultsAgain guard;
  const std::string name = GENERATE(from_range(simd::supported_targets()));
  const bool accumulate = GENERATE(false, true);
  simd::set_target(name);
  set_conv_algorithm("direct");
  for (const Case& c : cases()) {
    CAPTURE(name, accumulate, describe(c));
    const Conv2dGeometry g(c.x, c.w, c.options);
    const ConvolutionInputs in(c, g);
    check_close(in.run(g, DType::f32, accumulate), in.run(g, DType::f64, accumulate), 1e-6);
  }
}

TEST_CASE("Winograd's conv2d agrees with float64 to 1e-5 on every instruction set") {
  const DefaultsAgain guard;
  const std::string name = GENERATE(from_range(simd::supported_targets()));
  const bool accumulate = GENERATE(false, true);
  simd::set_target(name);
  set_conv_algorithm("winograd");
  for (const auto* table : {&cases(), &winograd_cases()}) {
    for (const Case& c : *table) {
      CAPTURE(name, accumulate, describe(c));
      const Conv2dGeometry g(c.x, c.w, c.options);
      if (table == &winograd_cases()) REQUIRE(uses_winograd(g));
      const ConvolutionInputs in(c, g);
      check_close(in.run(g, DType::f32, accumulate), in.run(g, DType::f64, accumulate), 1e-5);
    }
  }
}

TEST_CASE("conv2d takes Winograd's way where it pays, and only there") {
  const DefaultsAgain guard;
  const auto winograd = [](const Case& c) { return uses_winograd(Conv2dGeometry(c.x, c.w, c.options)); };
  const Case body = {{32, 56, 56, 64}, {64, 3, 3, 64}, {.padding = 1}};
  const Case few_channels = {{32, 56, 56, 16}, {16, 3, 3, 16}, {.padding = 1}};
  const Case stride = {{32, 56, 56, 64}, {64, 3, 3, 64}, {.stride = 2, .padding = 1}};
  set_conv_algorithm("auto");
  CHECK(winograd(body));
  CHECK_FALSE(winograd(few_channels));
  CHECK_FALSE(winograd(stride));
  set_conv_algorithm("winograd");
  CHECK(winograd(few_channels));
  CHECK_FALSE(winograd(stride));
  set_conv_algorithm("direct");
  CHECK_FALSE(winograd(body));
  CHECK_THROWS_WITH(set_conv_algorithm("fft"),
                    Catch::Matchers::ContainsSubstring("'fft' is no way to compute convolutions"));
}

TEST_CASE("conv2d gives the same bits for any number of threads") {
  const DefaultsAgain guard;
  const std::string algorithm = GENERATE(std::string("direct"), std::string("winograd"));
  set_conv_algorithm(algorithm);
  const std::vector<Case> large = {{{4, 28, 28, 64}, {64, 3, 3, 64}, {.padding = 1}},
                                   {{2, 56, 56, 3}, {64, 7, 7, 3}, {.stride = 2, .padding = 3}},
                                   {{3, 28, 28, 48}, {96, 1, 1, 48}, {.stride = 2}},
                                   {{2, 7, 7, 256}, {512, 3, 3, 256}, {.padding = 1}},
                                   {{2, 28, 28, 96}, {96, 3, 3, 1}, {.padding = 1, .groups = 96}}};
  for (const DType dtype : {DType::f32, DType::f64}) {
    for (const Case& c : large) {
      CAPTURE(describe(c), name_of(dtype));
      const Conv2dGeometry g(c.x, c.w, c.options);
      const ConvolutionInputs in(c, g);
      set_threads(1);
      const Results one = in.run(g, dtype, false);
      for (const int count : {2, 3, 16}) {
        set_threads(count);
        const Results many = in.run(g, dtype, false);
        CHECK(one.y.to_vector() == many.y.to_vector());
        CHECK(one.dx.to_vector() == many.dx.to_vector());
        CHECK(one.dw.to_vector() == many.dw.to_vector());
      }
    }
  }
}

TEST_CASE("long sums of conv2d keep their accuracy") {
  // 16 x 56 x 56 = 50176 terms in each element of dw, 4608 in y and dx.
  const DefaultsAgain guard;
  set_conv_algorithm("direct");
  const Case c = {{16, 56, 56, 32}, {32, 3, 3, 32}, {.padding = 1}};
  const Conv2dGeometry g(c.x, c.w, c.options);
  const ConvolutionInputs in(c, g);
  check_close(in.run(g, DType::f32, false), in.run(g, DType::f64, false), 1e-6);
}

TEST_CASE("conv2d hands its gradients to both inputs") {
  const Case c = {{2, 5, 7, 3}, {4, 3, 3, 3}, {.stride = 2, .padding = 1}};
  const Conv2dGeometry g(c.x, c.w, c.options);
  const ConvolutionInputs in(c, g);
  Tensor x = in.x.to(DType::f64), w = in.w.to(DType::f64);
  x.set_requires_grad();
  w.set_requires_grad();
  // Twice the same convolution: the second gradient is accumulated.
  const Tensor y = add(conv2d(x, w, c.options), conv2d(x, w, c.options));
  sum(mul(y, in.dy.to(DType::f64))).backward();
  const Results expected = by_definition(in, g);
  CHECK(relative_error(x.grad(), add(expected.dx, expected.dx)) <= 1e-14);
  CHECK(relative_error(w.grad(), add(expected.dw, expected.dw)) <= 1e-14);
}

TEST_CASE("conv2d says what does not fit") {
  using Catch::Matchers::ContainsSubstring;
  const auto run = [](const Shape& x, const Shape& w, const Conv2dOptions& options) {
    return Conv2dGeometry(x, w, options);
  };
  CHECK_THROWS_WITH(
      run({8, 56, 56, 64}, {128, 3, 3, 32}, {}),
      ContainsSubstring("conv2d: x has 64 channels but w expects 32 (x [8, 56, 56, 64], w [128, 3, 3, 32])"));
  CHECK_THROWS_WITH(run({1, 4, 4, 6}, {6, 3, 3, 6}, {.groups = 3}),
                    ContainsSubstring("6 channels in 3 groups but w expects 6 in each"));
  CHECK_THROWS_WITH(run({1, 4, 4, 6}, {6, 3, 3, 2}, {.groups = 4}), ContainsSubstring("4 groups"));
  CHECK_THROWS_WITH(run({1, 2, 9, 1}, {1, 3, 3, 1}, {}), ContainsSubstring("the padded picture is 2 x 9"));
  CHECK_THROWS_WITH(run({1, 4, 4, 1}, {1, 3, 3, 1}, {.dilation = 2}), ContainsSubstring("reach over 5 x 5"));
  CHECK_THROWS_WITH(run({1, 4, 4, 1}, {1, 3, 3, 1}, {.stride = 0}), ContainsSubstring("stride 0"));
  CHECK_THROWS_WITH(run({1, 4, 4, 1}, {1, 3, 3, 1}, {.padding = -1}), ContainsSubstring("padding -1"));
  CHECK_THROWS_WITH(run({4, 4, 1}, {1, 3, 3, 1}, {}), ContainsSubstring("needs x [n, h, w, c] and w"));
  CHECK_THROWS_WITH(conv2d(random_tensor({1, 4, 4, 1}, 1), random_tensor({1, 3, 3, 1}, 1).to(DType::f64)),
                    ContainsSubstring("x is float32 but w is float64"));
}

}  // namespace
}  // namespace radial
