#include "core/near_words.h"

#include <vector>

#include "tests/catch.h"

using namespace radial;

TEST_CASE("the word that was meant is one of few edits, or begins alike") {
  const std::vector<std::string> known = {"epochs", "batch-size", "lr", "seed", "warmup-epochs", "limit-train"};
  CHECK(closest_match("epohcs", known) == "epochs");  // neighbours that changed places
  CHECK(closest_match("batchsize", known) == "batch-size");
  CHECK(closest_match("lrr", known) == "lr");
  CHECK(closest_match("warmup", known) == "warmup-epochs");
  CHECK(closest_match("limit", known) == "limit-train");
  CHECK(did_you_mean("sed", known) == " (did you mean seed?)");
  for (const char* far : {"", "x", "optimizer", "wa", "ten epochs"}) {
    CAPTURE(far);
    CHECK(did_you_mean(far, known).empty());
  }
}
