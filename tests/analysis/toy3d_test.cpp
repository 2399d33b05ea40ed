// The path on the sphere, beside positions that were read from the authors' drawing.
#include "analysis/toy3d.h"

#include "core/error.h"
#include "tests/catch.h"

namespace radial {
namespace {

struct Position {
  int iteration;
  double psi, phi, norm;
};

void check_path(const std::string& optimizer, const std::vector<Position>& positions) {
  const auto points = run_toy3d(optimizer);
  REQUIRE(points.size() == 201);
  for (const Position& expected : positions) {
    const SpherePoint& point = points[static_cast<size_t>(expected.iteration)];
    CAPTURE(optimizer, expected.iteration);
    CHECK(point.psi == Catch::Approx(expected.psi).margin(1e-4));
    CHECK(point.phi == Catch::Approx(expected.phi).margin(1e-4));
    CHECK(point.norm == Catch::Approx(expected.norm).margin(1e-4));
  }
}

}  // namespace

TEST_CASE("the paths of the toy on the sphere are the authors' until chaos") {
  check_path("momentum", {{1, -1.65231, 1.99553, 1.00150},
                          {2, -1.05221, 1.95915, 1.00946},
                          {5, -1.30862, 1.72793, 1.05641},
                          {10, -1.26512, 1.35197, 1.23280},
                          {20, -0.92640, 0.81837, 1.72996}});
  check_path("momentum+l2", {{1, -1.55594, 1.99091, 0.99896},
                             {2, -0.82819, 1.93050, 1.00541},
                             {5, -1.12485, 1.55615, 1.05582},
                             {10, -1.05928, 1.05786, 1.28297},
                             {20, -0.74642, 0.33104, 1.86586}});
  check_path("sgdp", {{1, -1.72115, 1.99791, 1.00096},
                      {2, -1.22196, 1.97514, 1.00435},
                      {5, -1.44216, 1.81561, 1.00841},
                      {10, -1.07688, 1.56121, 1.01509},
                      {20, -0.96309, 1.06396, 1.03033}});
}

TEST_CASE("momentum lengthens w, weight decay shortens it again, the projection hardly moves it") {
  CHECK(run_toy3d("momentum").back().norm > 3);
  CHECK(run_toy3d("momentum+l2").back().norm < 1);
  const double projected = run_toy3d("sgdp").back().norm;
  CHECK(projected > 1.09);
  CHECK(projected < 1.13);
}

TEST_CASE("the toy on the sphere refuses other optimizers") {
  CHECK_THROWS_WITH(run_toy3d("adam"), Catch::Matchers::ContainsSubstring("momentum+l2"));
}

}  // namespace radial
