// The choice of the instruction set, and the two micro-kernels on every one of them.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>

#include "core/error.h"
#include "core/simd/fetch_ahead.h"
#include "core/simd/gemm.h"
#include "core/simd/target.h"
#include "core/simd/tile.h"
#include "tests/catch.h"

namespace radial::simd {
namespace {

struct DefaultTargetAgain {
  ~DefaultTargetAgain() { set_target(""); }
};

std::vector<float> numbers(size_t count) {
  static std::mt19937 random(7);
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::vector<float> values(count);
  for (float& v : values) v = uniform(random);
  return values;
}

TEST_CASE("the default instruction set is the best one unless RADIAL_SIMD names another") {
  const std::vector<std::string> names = supported_targets();
  REQUIRE_FALSE(names.empty());
  const char* asked = std::getenv("RADIAL_SIMD");
  CHECK(target() == (asked != nullptr && *asked != '\0' ? std::string(asked) : names.front()));
}

TEST_CASE("an instruction set can be forced, an unknown one is a usage error") {
  const DefaultTargetAgain guard;
  const std::map<std::string, int> lanes_of = {{"avx3", 16}, {"avx2", 8}, {"sse4", 4}, {"ssse3", 4}, {"neon", 4}};
  const std::vector<std::string> names = supported_targets();
  for (const std::string& name : names) {
    set_target(name);
    CHECK(target() == name);
    CHECK(supported_targets() == names);
    // Asking for the name must not bring back the kernels of another instruction set.
    const auto known = lanes_of.find(name);
    if (known != lanes_of.end()) CHECK(tiles().lanes == known->second);
  }
  CHECK_THROWS_WITH(set_target("mmx"), Catch::Matchers::ContainsSubstring("'mmx' is not an instruction set"));
  try {
    set_target("mmx");
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
  }
}

// Every size of tile, with rows and columns in random places; exact comparison is not possible because targets with
// and without fused multiply-add round differently.
TEST_CASE("inner and outer tiles are sums of products on every instruction set") {
  const DefaultTargetAgain guard;
  const std::string name = GENERATE(from_range(supported_targets()));
  CAPTURE(name);
  set_target(name);
  const Tiles& t = tiles();
  const int64_t runs = 3, length = 5, count = runs * length;
  for (int rows = 1; rows <= t.rows; ++rows) {
    for (int columns = 1; columns <= t.columns; ++columns) {
      for (const bool accumulate : {false, true}) {
        const int width = t.panel_width(columns);
        const auto n = static_cast<size_t>(count);
        const std::vector<float> a = numbers(n * static_cast<size_t>(rows));  // [runs][rows][length]
        const std::vector<float> at = [&] {                                   // [count][rows]
          std::vector<float> transposed(a.size());
          for (int64_t r = 0; r < runs; ++r)
            for (int i = 0; i < rows; ++i)
              for (int64_t k = 0; k < length; ++k)
                transposed[static_cast<size_t>((r * length + k) * rows + i)] =
                    a[static_cast<size_t>((r * rows + i) * length + k)];
          return transposed;
        }();
        const std::vector<float> b = numbers(n * static_cast<size_t>(width));
        const std::vector<float> before = numbers(static_cast<size_t>(rows * columns));
        std::vector<float> inner = before, outer = before;

        std::vector<const float*> a_rows, at_rows, b_rows;
        std::vector<float*> y_rows;
        for (int64_t i = 0; i < runs * rows; ++i) a_rows.push_back(a.data() + i * length);
        for (int64_t p = 0; p < count; ++p)
          at_rows.push_back(at.data() + p * rows), b_rows.push_back(b.data() + p * width);
        for (int i = 0; i < rows; ++i) y_rows.push_back(inner.data() + i * columns);
        t.inner({a_rows.data(), rows, 0, runs, length, b.data(), y_rows.data(), 0, rows, columns, accumulate});
        t.outer({at_rows.data(), 0, b_rows.data(), 0, count, outer.data(), columns, rows, columns, accumulate});

        double worst = 0;
        for (int i = 0; i < rows; ++i) {
          for (int j = 0; j < columns; ++j) {
            const auto place = static_cast<size_t>(i * columns + j);
            double expected = accumulate ? static_cast<double>(before[place]) : 0.0;
            for (int64_t p = 0; p < count; ++p)
              expected += static_cast<double>(at[static_cast<size_t>(p * rows + i)]) *
                          static_cast<double>(b[static_cast<size_t>(p * width + j)]);
            worst = std::max({worst, std::abs(expected - static_cast<double>(inner[place])),
                              std::abs(expected - static_cast<double>(outer[place]))});
          }
        }
        if (worst > 5e-6) {
          CAPTURE(rows, columns, accumulate);
          CHECK(worst <= 5e-6);
        }
      }
    }
  }
  SUCCEED();
}

TEST_CASE("outer products do not depend on the distance of their rows, which are read in place or packed") {
  const DefaultTargetAgain guard;
  // Two rows of pictures, pixels of 48 and of 80 channels, close together or far apart; more pixels than a chunk has.
  const Grid grid{3, 10, 20};
  const int64_t pixels = grid.rows(), rows = 48, columns = 80;
  const std::vector<float> a = numbers(static_cast<size_t>(pixels * rows));
  const std::vector<float> b = numbers(static_cast<size_t>(pixels * columns));
  const auto spread = [pixels](const std::vector<float>& close, int64_t length, int64_t stride) {
    std::vector<float> far(static_cast<size_t>(pixels * stride), 1e30F);
    for (int64_t p = 0; p < pixels; ++p) std::copy_n(close.data() + p * length, length, far.data() + p * stride);
    return far;
  };
  for (const std::string& name : supported_targets()) {
    CAPTURE(name);
    set_target(name);
    const auto sum = [&](int64_t a_stride, int64_t b_stride) {
      const std::vector<float> far_a = spread(a, rows, a_stride), far_b = spread(b, columns, b_stride);
      const std::vector<Tap> taps = {{0, 0}, {-1, 1}};
      std::vector<float> y(static_cast<size_t>(rows * columns * 2));
      sum_outer_products({grid,
                          {{far_a.data(), grid.h, grid.w, a_stride}, {Tap{}}, rows},
                          {{far_b.data(), grid.h, grid.w, b_stride}, taps, columns},
                          y.data()});
      return y;
    };
    const std::vector<float> close = sum(rows, columns);
    CHECK(close == sum(1000, 1000));
    CHECK(close == sum(rows, 1000));
    CHECK(close == sum(1000, columns));
  }
}

TEST_CASE("memory that is fetched ahead is handed out once, tile by tile") {
  std::vector<float> memory(100);
  FetchAhead ahead(memory.data(), 100);
  CHECK(ahead.take(5) == memory.data());
  CHECK(ahead.take(7) == memory.data() + 5 * floats_ahead_of_term);
  CHECK_FALSE(ahead.done());
  CHECK(ahead.take(1) == memory.data() + 12 * floats_ahead_of_term);
  CHECK(ahead.done());
  CHECK(ahead.take(5) == nullptr);
  CHECK(FetchAhead().take(5) == nullptr);
}

}  // namespace
}  // namespace radial::simd
