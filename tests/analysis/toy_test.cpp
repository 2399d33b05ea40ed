// The fourteen numbers that the paper's animations print, digit for digit.
#include "analysis/toy.h"

#include <cstdio>

#include "core/error.h"
#include "tests/catch.h"

namespace radial {
namespace {

std::string digits(const char* format, double value) {
  char text[32];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

struct Published {
  const char* optimizer;
  double momentum;
  const char* loss;
  const char* norm;
};

}  // namespace

TEST_CASE("the toy prints the paper's numbers at iteration 491") {
  const auto published =
      GENERATE(Published{"gd", 0.9, "0.0090", "1.02"}, Published{"gd", 0.95, "0.0090", "1.02"},
               Published{"gd", 0.99, "0.0090", "1.02"}, Published{"momentum", 0.9, "0.0019", "2.93"},
               Published{"momentum", 0.95, "0.0044", "5.67"}, Published{"momentum", 0.99, "0.0155", "27.85"},
               Published{"sgdp", 0.9, "0.0000", "1.12"}, Published{"sgdp", 0.95, "0.0000", "1.14"},
               Published{"sgdp", 0.99, "0.0000", "1.15"});
  const auto points = run_toy(published.optimizer, {.momentum = published.momentum, .iterations = 500});
  REQUIRE(points.size() == 500);
  CHECK(digits("%.4f", points[491].loss) == published.loss);
  CHECK(digits("%.2f", points[491].norm) == published.norm);
  CHECK(digits("%.4f", points[0].loss) == "4.0000");
  CHECK(digits("%.2f", points[0].norm) == "1.00");
}

TEST_CASE("the toy refuses other optimizers") {
  CHECK_THROWS_WITH(run_toy("adam", {}), Catch::Matchers::ContainsSubstring("gd, momentum, sgdp"));
}

}  // namespace radial
