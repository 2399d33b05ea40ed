// Metrics of tags against scikit-learn (tests/golden/make_audio_golden.py), where many scores are equal.
#include "tasks/audio/tag_metrics.h"

#include <cmath>

#include "io/safetensors.h"
#include "tasks/audio/scores.h"
#include "tests/catch.h"

namespace radial {

TEST_CASE("metrics of tags are scikit-learn's, with equal scores too") {
  const TensorFile golden = read_safetensors(RADIAL_SOURCE_DIR "/tests/golden/audio.safetensors");
  const std::vector<double> scores = golden.tensors.at("scores").to_vector(),
                            wanted = golden.tensors.at("metrics").to_vector();
  const Tensor& targets = golden.tensors.at("targets");
  const TagMetrics found =
      tag_metrics(scores, {targets.data<float>(), static_cast<size_t>(targets.numel())}, targets.dim(1), 0.4);
  CHECK(std::abs(found.roc_auc - wanted[0]) < 1e-12);
  CHECK(std::abs(found.pr_auc - wanted[1]) < 1e-12);
  CHECK(std::abs(found.f1 - wanted[2]) < 1e-12);
}

TEST_CASE("metrics of tags are those of small examples") {
  const std::vector<float> y = {1, 0, 1, 1, 0, 0, 1, 0};
  const std::vector<double> s = {.9, .8, .8, .6, .55, .5, .3, .1};
  CHECK(roc_auc(s, y) == 0.71875);
  CHECK(average_precision(s, y) == Approx(0.7470238095).epsilon(1e-9));
  const std::vector<float> events = {1, 0, 1, 0, 1, 0, 0, 0, 1};
  const std::vector<double> p = {.2, .05, .3, .15, .09, .02, .01, .02, .03};
  CHECK(tag_metrics(p, events, 3, 0.1).f1 == Approx(1.0 / 3));
}

TEST_CASE("a tag that all or none have does not count") {
  const std::vector<float> targets = {1, 1, 0, 1, 0, 0};  // of two sounds: always, one of two, never
  const std::vector<double> scores = {.5, .9, .1, .5, .2, .1};
  const TagMetrics found = tag_metrics(scores, targets, 3, 0.1);
  CHECK(found.roc_auc == 1);
  CHECK(found.pr_auc == 1);
  CHECK(std::isnan(roc_auc(std::vector<double>{.1, .2}, std::vector<float>{1, 1})));
  CHECK(std::isnan(average_precision(std::vector<double>{.1, .2}, std::vector<float>{0, 0})));
  CHECK(tag_metrics(std::vector<double>{.1}, std::vector<float>{1}, 1, 0.1).roc_auc == 0);
  CHECK(std::isnan(roc_auc(std::vector<double>{std::nan(""), .2}, std::vector<float>{0, 1})));
}

TEST_CASE("probabilities of the pieces of a sound are averaged") {
  const std::vector<double> logits = {0, 0, 1000, -1000};
  CHECK(mean_probabilities(logits, 2, false) == std::vector<double>{0.75, 0.25});
  CHECK(mean_probabilities(logits, 2, true) == std::vector<double>{0.75, 0.25});
  CHECK(class_loss(std::vector<double>{0.75, 0.25}, 1) == Approx(std::log(4.0)));
  CHECK(std::isfinite(class_loss(std::vector<double>{1, 0}, 1)));
}

}  // namespace radial
