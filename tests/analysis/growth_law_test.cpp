// The gold is the paper's own curves, whose powers were looked for in Python.
#include "analysis/growth_law.h"

#include <cmath>
#include <vector>

#include "io/csv.h"
#include "tests/catch.h"

using namespace radial;

namespace {

struct Course {
  std::vector<double> t, norm;
};

// The paper's epochs at the full learning rate.
GrowthLaw law_of_published(const char* optimizer) {
  static const CsvTable table = CsvTable::read(RADIAL_SOURCE_DIR "/docs/data/figure3_published.csv");
  Course course;
  const auto epochs = table.numbers("epoch"), norms = table.numbers(std::string("norm_") + optimizer);
  for (size_t i = 0; i < epochs.size() && epochs[i] <= 30; ++i) {
    course.t.push_back(epochs[i] - 0.5);
    course.norm.push_back(norms[i]);
  }
  return growth_law(course.t, course.norm).value();
}

Course course_of(double start, double slope, double power, int n) {
  Course course;
  for (int i = 0; i < n; ++i) {
    course.t.push_back(i + 0.5);
    course.norm.push_back(std::pow(start + slope * (i + 0.5), 1 / power));
  }
  return course;
}

}  // namespace

TEST_CASE("a straight line through points") {
  const std::vector<double> x = {0, 1, 2, 3}, y = {1, 3, 2, 5};
  const Line line = fit_line(x, y);
  CHECK(line.slope == Catch::Approx(1.1));
  CHECK(line.intercept == Catch::Approx(1.1));
  CHECK(line.r2 == Catch::Approx(1.1 * 1.1 * 5 / 8.75));
}

TEST_CASE("the power in which a norm grows in a straight line is found") {
  for (const double power : {0.5, 2.0, 2.87, 4.0, 9.5}) {
    CAPTURE(power);
    const Course course = course_of(3, 2, power, 20);
    const GrowthLaw law = growth_law(course.t, course.norm).value();
    CHECK(law.power == Catch::Approx(power));
    CHECK(law.r2 == Catch::Approx(1));
  }
  const Course fourth = course_of(3, 0.7, 4, 20);
  const GrowthLaw law = growth_law(fourth.t, fourth.norm).value();
  CHECK(law.fourth.slope == Catch::Approx(0.7));
  CHECK(law.start() == Catch::Approx(std::pow(3, 0.25)));
}

TEST_CASE("norms that are few, or hardly change, follow no law") {
  const Course course = course_of(3, 0.7, 4, 4), same = course_of(3, 0, 4, 20), short_way = course_of(3, 0.1, 4, 20);
  CHECK_FALSE(growth_law(course.t, course.norm));
  CHECK_FALSE(growth_law(short_way.t, short_way.norm));
  CHECK_FALSE(growth_law(same.t, same.norm));
  Course wrong = course_of(3, 0.7, 4, 20);
  wrong.norm[7] = std::nan("");
  CHECK_FALSE(growth_law(wrong.t, wrong.norm));
}

TEST_CASE("the paper's vanilla SGD follows the fourth root") {
  const GrowthLaw vanilla = law_of_published("vanilla"), momentum = law_of_published("momentum"),
                  sgdp = law_of_published("sgdp");
  CHECK(vanilla.power == Catch::Approx(4.04).margin(0.02));
  CHECK(vanilla.fourth.r2 == Catch::Approx(0.99997).margin(5e-6));
  CHECK(vanilla.fourth.slope == Catch::Approx(0.2020).margin(1e-4));
  CHECK(vanilla.start() == Catch::Approx(1.2372).margin(1e-4));
  CHECK(momentum.power == Catch::Approx(2.87).margin(0.02));
  CHECK(sgdp.power == Catch::Approx(2.69).margin(0.02));
}
