// CutMix and mixup: what is drawn, what pictures and losses come to, and that a run goes on as if it had not stopped.
#include "tasks/classify/mix.h"

#include <cmath>
#include <numeric>
#include <set>

#include "core/ops.h"
#include "tests/apps/training.h"

using namespace radial;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("CutMix's box is cut like that of its authors") {
  CHECK(cutmix_box(32, 32, 0.75, 16, 16) == Mix::Box{8, 24, 8, 24});
  CHECK(cutmix_box(32, 32, 0.75, 0, 31) == Mix::Box{0, 8, 23, 32});
  CHECK(cutmix_box(7, 7, 0.5, 3, 3) == Mix::Box{1, 5, 1, 5});         // 4.95: 4
  CHECK(cutmix_box(30, 30, 0.75, 15, 15) == Mix::Box{8, 22, 8, 22});  // 15: an odd side loses a pixel
  CHECK(cutmix_box(32, 16, 0.75, 16, 8) == Mix::Box{8, 24, 4, 12});
  CHECK(cutmix_box(32, 32, 1, 5, 5) == Mix::Box{5, 5, 5, 5});
  CHECK(cutmix_box(32, 32, 0, 16, 16) == Mix::Box{0, 32, 0, 32});
}

TEST_CASE("lambda has the mean and the variance of Beta(alpha, alpha)") {
  const double alpha = GENERATE(0.2, 1.0, 3.0);
  Random random(1, Stream::test);
  double sum = 0, square = 0;
  constexpr int rounds = 20000;
  for (int i = 0; i < rounds; ++i) {
    const double lambda = draw_beta(alpha, random);
    REQUIRE((lambda >= 0 && lambda <= 1));
    sum += lambda;
    square += (lambda - 0.5) * (lambda - 0.5);
  }
  CAPTURE(alpha);
  CHECK(sum / rounds == Catch::Approx(0.5).margin(0.01));
  CHECK(square / rounds == Catch::Approx(1 / (4 * (2 * alpha + 1))).epsilon(0.03));
}

TEST_CASE("batches are mixed as often as asked, each by its own numbers, those the same each time") {
  int cut = 0, blended = 0;
  for (uint64_t batch = 0; batch < 1000; ++batch) {
    const MixOptions options{.cutmix = 0.5, .mixup_alpha = 0.2};
    const Random random(1, Stream::noise, 3, batch);
    const Mix mix = draw_mix(options, 16, 24, 32, random), again = draw_mix(options, 16, 24, 32, random);
    REQUIRE((mix.lambda == again.lambda && mix.box == again.box && mix.partner == again.partner));
    REQUIRE(std::set<int64_t>(mix.partner.begin(), mix.partner.end()).size() == 16);
    cut += mix.kind == Mix::Kind::cutmix;
    blended += mix.kind == Mix::Kind::mixup;
    if (mix.kind == Mix::Kind::cutmix) {
      const auto area = static_cast<double>((mix.box.bottom - mix.box.top) * (mix.box.right - mix.box.left));
      REQUIRE(mix.lambda == 1 - area / (24 * 32));
    }
  }
  CHECK((cut > 440 && cut < 560));
  CHECK(cut + blended == 1000);
  CHECK_FALSE(draw_mix({.cutmix = 0}, 4, 8, 8, Random(1, Stream::noise)).on());
  CHECK_FALSE(draw_mix({.cutmix = 1e-12}, 4, 8, 8, Random(1, Stream::noise)).on());
}

TEST_CASE("pictures and losses are mixed with one lambda and one box") {
  std::vector<float> values(3 * 4 * 5 * 3);
  std::iota(values.begin(), values.end(), 1.0F);
  const Tensor x = Tensor::from(values, {3, 4, 5, 3});
  const Tensor logits = Tensor::from<float>({1, 2, 0.5F, -1, 0, 3, 2, 2, 1}, {3, 3});
  const Tensor labels = Tensor::from<int32_t>({0, 2, 1}, {3}), others = Tensor::from<int32_t>({2, 1, 0}, {3});
  Mix mix{.kind = Mix::Kind::cutmix, .lambda = 0.7, .box = {1, 3, 0, 2}, .partner = {1, 2, 0}};
  const auto expected = [&](int64_t i, int64_t y, int64_t column, int64_t c) {
    const auto at = [&](int64_t n) {
      return static_cast<double>(values[static_cast<size_t>(((n * 4 + y) * 5 + column) * 3 + c)]);
    };
    const double own = at(i), other = at(mix.partner[static_cast<size_t>(i)]);
    if (mix.kind == Mix::Kind::mixup) return 0.7 * own + 0.3 * other;
    return y >= 1 && y < 3 && column < 2 ? other : own;
  };
  for (const Mix::Kind kind : {Mix::Kind::cutmix, Mix::Kind::mixup}) {
    mix.kind = kind;
    const auto mixed = mix.pictures(x).to_vector();
    size_t at = 0;
    for (int64_t i = 0; i < 3; ++i)
      for (int64_t y = 0; y < 4; ++y)
        for (int64_t column = 0; column < 5; ++column)
          for (int64_t c = 0; c < 3; ++c, ++at)
            REQUIRE(mixed[at] ==
                    Catch::Approx(expected(i, y, column, c)).epsilon(kind == Mix::Kind::cutmix ? 0 : 1e-6));
    for (const double smoothing : {0.0, 0.1}) {
      const auto loss = [&](const Tensor& to) {
        return cross_entropy(logits, to, {.label_smoothing = smoothing}).item();
      };
      CHECK(mix.loss(logits, labels, {.label_smoothing = smoothing}).item() ==
            Catch::Approx(0.7 * loss(labels) + 0.3 * loss(others)).epsilon(1e-6));
    }
  }
  CHECK(Mix().pictures(x).shares_storage_with(x));
}

TEST_CASE("a run with every recipe goes on in mid-epoch bit for bit") {
  const ScratchFolder scratch;
  const Arguments training = short_training() + Arguments{"--cutmix",
                                                          "0.5",
                                                          "--mixup-alpha",
                                                          "0.2",
                                                          "--label-smoothing",
                                                          "0.1",
                                                          "--auto-augment",
                                                          "randaugment",
                                                          "--random-erase",
                                                          "0.25",
                                                          "--lighting",
                                                          "--color-jitter",
                                                          "0.4,0.4,0.4,0.1",
                                                          "--arch",
                                                          "mobilenet_v2",
                                                          "--image-size",
                                                          "32"};
  REQUIRE(run(training + Arguments{"--out", scratch / "whole"}).code == 0);
  {
    const AtLoss stop(6, [] { std::raise(SIGTERM); });
    REQUIRE(run(training + Arguments{"--out", scratch / "run", "--workers", "2"}).code == 143);
  }
  REQUIRE(run({"train", "--resume", scratch / "run", "--workers", "1"}).code == 0);
  check_same_runs(scratch / "whole", scratch / "run");
  const Outcome evaluation = run({"evaluate", small_pictures(), "--weights", scratch / "run", "--json"});
  CHECK(evaluation.code == 0);
}

TEST_CASE("recipes are refused where they make no sense") {
  CHECK_THAT(run(short_training() + Arguments{"--color-jitter", "0.4", "0.4"}).err,
             ContainsSubstring("--color-jitter takes"));
  CHECK(run(short_training() + Arguments{"--color-jitter", "0.4,0.4,0.4,0.6"}).code == 2);
  CHECK(run(short_training() + Arguments{"--cutmix", "1.5"}).code == 2);
  CHECK(run(short_training() + Arguments{"--mixup-alpha", "1e-308"}).code == 2);
  CHECK_THAT(run(short_training() + Arguments{"--cutmix-alpha", "0.5"}).err, ContainsSubstring("without --cutmix"));
  CHECK_THAT(run(short_training() + Arguments{"--cutmix", "1", "--mixup-alpha", "1"}).err,
             ContainsSubstring("no effect beside --cutmix 1"));
  CHECK_THAT(run(short_training() + Arguments{"--dropout", "0.5"}).err, ContainsSubstring("convnet has no dropout"));
  CHECK_THAT(run({"train", small_pictures(), "--arch", "wide_resnet17_4"}).err,
             ContainsSubstring("did you mean wide_resnet16_4"));
}
