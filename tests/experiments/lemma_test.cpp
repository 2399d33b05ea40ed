// The lemma in numbers.
#include "experiments/lemma.h"

#include <nlohmann/json.hpp>

#include "tests/catch.h"

using namespace radial;

TEST_CASE("the corollary's ratio of growth") {
  CHECK(corollary_ratio(0.9, 100) == Catch::Approx(17.2000478));
  CHECK(corollary_ratio(0.9, 10'000) == Catch::Approx(18.982));
  CHECK(corollary_ratio(0.95, 100) == Catch::Approx(31.4449960));
  CHECK(corollary_ratio(0.99, 1000) == Catch::Approx(179.2008548));
  CHECK(corollary_ratio(0, 10) == 1);
}

TEST_CASE("a run of the lemma in numbers") {
  LemmaRun run{.name = "sgd", .eps = 1e-5};
  for (const char* layer : {"a", "b", "c"}) {
    const double start = layer[0] == 'a' ? 1 : 2;
    run.points.push_back({.step = 0, .name = layer, .measured = start, .recursion = start, .lemma = start});
    run.points.push_back({1, layer, start + 1, start + 1, start + 1.5, 1e-6, 0.25});
    run.points.push_back({2, layer, start + 4, start + 4, start + 4, 3e-6, 0.75});
  }
  const LemmaRow row = summarise(run);
  CHECK(row.recursion == 0);
  CHECK(row.lemma == Catch::Approx(0.25));  // of a, after the first step
  CHECK(row.largest_radial_gradient == 3e-6);
  CHECK(row.growth == Catch::Approx(4));
  CHECK(row.growth_by_steps == Catch::Approx(4));
  const auto json = lemma_json({row}, 0.9, 2);
  CHECK(json["runs"][0]["lemma_error"].get<double>() == row.lemma);
  CHECK(lemma_table({row}, 0.9, 2).find("sgd") != std::string::npos);
}
