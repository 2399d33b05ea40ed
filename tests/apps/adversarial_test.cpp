// Attacks beside PyTorch's, what networks see of them, and trainings on attacked pictures.
#include <cmath>

#include "core/ops.h"
#include "models/models.h"
#include "tasks/adversarial/attack.h"
#include "tests/apps/training.h"
#include "tests/models/formula.h"

using namespace radial;
using Catch::Matchers::ContainsSubstring;

namespace {

const TensorFile& attacks() {
  static const TensorFile file = read_safetensors(RADIAL_SOURCE_DIR "/tests/golden/adversarial.safetensors");
  return file;
}

double largest_difference(const Tensor& a, const Tensor& b) { return max(abs(a.detach() - b.detach())).item(); }

// Pictures without normalisation: a clean picture is the network's input to the bit.
Arguments adversarial() {
  return short_training() +
         Arguments{"--task", "adversarial", "--mean", "0", "0", "0", "--std", "1", "1", "1", "--attack-steps", "2"};
}

// What the first layer of the network is given: of an evaluation clean pictures, then those of each step of the attack,
// then the attacked ones.
std::vector<Tensor> inputs_of_network(const Arguments& command) {
  std::vector<Tensor> seen;
  const ForwardObserver observer([&](const char* op, const Tensor&, std::span<const Tensor> inputs) {
    if (std::string(op) == "conv2d" && inputs[0].dim(-1) == 3) seen.push_back(inputs[0].detach());
  });
  const Outcome outcome = run(command);
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  return seen;
}

nlohmann::json evaluated(const std::string& weights, const Arguments& options = {}) {
  const CommandOutput found =
      run_radial(Arguments{"evaluate", small_pictures(), "--weights", weights, "--json", "--device", "cpu"} + options);
  REQUIRE(found.code == 0);
  return nlohmann::json::parse(found.out);
}

}  // namespace

TEST_CASE("ten steps of an attack are PyTorch's") {
  const auto model = make_model({.arch = "convnet", .classes = 10, .image_size = 6});
  model->to(DType::f64);
  formula::fill(*model);
  model->eval();
  const Tensor clean = (formula::pictures(2, 6, DType::f64) + 1) / 2;
  const Tensor box = from_torch_layout(formula::tensor("box", {2, 3, 6, 6}), Kind::conv);
  const Tensor mean = Tensor::from<double>({0.5, 0.4, 0.3}, {3}), std = Tensor::from<double>({0.2, 0.25, 0.3}, {3});
  const auto loss = [&](const Tensor& x) {
    return cross_entropy((*model)((x - mean) / std), Tensor::from<int32_t>({3, 8}, {2}));
  };
  struct Case {
    const char* name;
    Attack attack;
  };
  const Case c = GENERATE(
      Case{"linf", {.norm = AttackNorm::linf, .epsilon = 4.0 / 255, .step = 2.0 / 255}},
      Case{"linf_random", {AttackNorm::linf, 8.0 / 255, 1.0 / 255, 10, AttackStart::random, AttackGradient::sign}},
      Case{"l2", {.norm = AttackNorm::l2, .epsilon = 80.0 / 255, .step = 2.0 / 255}},
      Case{"l2_random", {AttackNorm::l2, 20.0 / 255, 2.0 / 255, 10, AttackStart::random, AttackGradient::sign}},
      Case{"l2_normalized",
           {AttackNorm::l2, 80.0 / 255, 15.0 / 255, 10, AttackStart::clean, AttackGradient::normalized}});
  CAPTURE(c.name);
  const Tensor start = c.attack.start == AttackStart::random ? clamp(clean + box * c.attack.epsilon, 0, 1) : clean;
  const Tensor x = attacked(clean, start, c.attack, loss);
  CHECK(largest_difference(x, attacks().tensors.at(c.name)) < 1e-9);
  CHECK(loss(x).item() == Catch::Approx(attacks().tensors.at(c.name + std::string(".loss")).item()).epsilon(1e-9));
}

TEST_CASE("an attack stays where there is no gradient, and in a ball of no size") {
  const Tensor clean = Tensor::from<float>({0, 0.25F, 0.5F, 1, 0.125F, 0.75F}, {2, 3});
  const Attack l2 = {.norm = AttackNorm::l2, .epsilon = 0.5, .step = 0.1};
  CHECK(largest_difference(projected(clean, clean, l2), clean) == 0);
  CHECK(largest_difference(projected(clean + 0.25, clean, {.norm = AttackNorm::l2, .epsilon = 0}), clean) == 0);
  CHECK(largest_difference(projected(clean + 0.25, clean, {.epsilon = 0}), clean) == 0);
  const Tensor none = zeros_like(clean), tiny = Tensor::from<float>({3e-30F, 0, 4e-30F, 0, 0, 0}, {2, 3});
  for (const AttackGradient form : {AttackGradient::sign, AttackGradient::normalized})
    CHECK(largest_difference(direction(none, form), none) == 0);
  const Tensor along = direction(tiny, AttackGradient::normalized);
  CHECK(largest_difference(along, Tensor::from<float>({0.6F, 0, 0.8F, 0, 0, 0}, {2, 3})) < 1e-6);
  const Attack from_box = {.epsilon = 0.5, .start = AttackStart::random};
  const Tensor half = Tensor::zeros({50, 30}) + 0.5, start = attack_start(half, from_box, {.seed = 1});
  CHECK((min(start).item() >= 0 && min(start).item() < 0.01 && max(start).item() <= 1 && max(start).item() > 0.99));
  CHECK(mean(start).item() == Catch::Approx(0.5).margin(0.03));
}

TEST_CASE("a network sees pictures within epsilon of the clean ones, in units of pixel values") {
  const ScratchFolder scratch;
  const std::string folder = scratch / "run";
  REQUIRE(run(adversarial() + Arguments{"--out", folder, "--epochs", "1"}).code == 0);
  const bool l2 = GENERATE(false, true);
  const std::vector<double> mean = {0.5, 0.4, 0.3}, std = {0.2, 0.5, 0.25};
  const std::vector<Tensor> seen = inputs_of_network({"evaluate",
                                                      small_pictures(),
                                                      "--weights",
                                                      folder,
                                                      "--device",
                                                      "cpu",
                                                      "--mean",
                                                      "0.5",
                                                      "0.4",
                                                      "0.3",
                                                      "--std",
                                                      "0.2",
                                                      "0.5",
                                                      "0.25",
                                                      "--attack",
                                                      l2 ? "l2" : "linf",
                                                      "--epsilon",
                                                      "0.25",
                                                      "--attack-step",
                                                      "1/8",
                                                      "--attack-steps",
                                                      "3",
                                                      "--limit",
                                                      "4"});
  REQUIRE(seen.size() == 5);  // clean, at three steps, attacked
  const Tensor scales = Tensor::from(std, {3}).to(DType::f32), shifts = Tensor::from(mean, {3}).to(DType::f32);
  const Tensor clean = seen.front() * scales + shifts, last = seen.back() * scales + shifts, apart = last - clean;
  CHECK(largest_difference(seen[1], seen[0]) < 1e-5);
  CHECK((min(last).item() > -1e-6 && max(last).item() < 1 + 1e-6));
  if (l2) {
    const std::vector<double> squares = row_dots(apart, apart).to_vector();
    for (const double square : squares) CHECK((std::sqrt(square) < 0.25001 && std::sqrt(square) > 0.2));
  } else {
    CHECK(max(abs(apart)).item() == Catch::Approx(0.25).epsilon(1e-5));
    CHECK(radial::mean(abs(apart)).item() > 0.1);
  }
}

TEST_CASE("an attack of epsilon 0 changes nothing: not the pictures, nor running statistics, nor gradients") {
  const ScratchFolder scratch;
  REQUIRE(run(adversarial() + Arguments{"--epsilon", "0", "--out", scratch / "attacked"}).code == 0);
  REQUIRE(run(short_training() + Arguments{"--mean", "0", "0", "0", "--std", "1", "1", "1", "--out", scratch / "plain"})
              .code == 0);
  const auto a = values_of(scratch / "attacked/checkpoints/last.safetensors"),
             b = values_of(scratch / "plain/checkpoints/last.safetensors");
  CHECK(a == b);
  const CsvTable val = CsvTable::read(scratch / "attacked/val.csv");
  CHECK(val.texts("loss") == CsvTable::read(scratch / "plain/val.csv").texts("loss"));
  CHECK(val.texts("attacked_loss") == val.texts("loss"));
}

TEST_CASE("a training on attacked pictures, stopped anywhere, goes on bit for bit") {
  const ScratchFolder scratch;
  const Arguments training =
      adversarial() + GENERATE(Arguments{}, Arguments{"--attack", "l2", "--attack-gradient", "normalized",
                                                      "--accumulate", "2", "--attack-step", "0.1"});
  REQUIRE(run(training + Arguments{"--out", scratch / "whole", "--threads", "2", "--workers", "2"}).code == 0);
  const int at = GENERATE(3, 30);  // in the attack of a step, each of which has three losses; in the evaluation
  {
    const AtLoss stop(at, [] { std::raise(SIGTERM); });
    CHECK(run(training + Arguments{"--out", scratch / "cut"}).code == 143);
  }
  REQUIRE(run({"train", "--resume", scratch / "cut"}).code == 0);
  for (const char* file : {"/train.csv", "/val.csv"})
    CHECK(lasting_columns(scratch / "whole" + file) == lasting_columns(scratch / "cut" + file));
  CHECK(values_of(scratch / "whole/checkpoints/last.safetensors") ==
        values_of(scratch / "cut/checkpoints/last.safetensors"));
}

TEST_CASE("the files of an adversarial training, and evaluations of other strengths") {
  const ScratchFolder scratch;
  const std::string folder = scratch / "run";
  const Outcome trained = run(adversarial() + Arguments{"--out", folder, "--epsilon", "16/255"});
  REQUIRE(trained.code == 0);
  CHECK_THAT(trained.err,
             ContainsSubstring("attack in training: Linf 0.06275, 2 steps of 0.007843 from a random start"));
  const auto columns = [&](const char* file) { return CsvTable::read(folder + file).columns(); };
  CHECK(columns("/train.csv") == Arguments{"step", "epoch", "lr", "loss", "top1", "images_per_second", "data_wait"});
  CHECK(columns("/val.csv") == Arguments{"epoch", "loss", "top1", "attacked_loss", "attacked_top1", "seconds"});
  CHECK(columns("/epochs.csv") == Arguments{"epoch", "lr", "train_loss", "train_top1", "val_top1", "val_attacked_loss",
                                            "val_attacked_top1", "norm", "effective_step"});
  CHECK(result_of(folder)["decides"] == "val_attacked_top1");

  const nlohmann::json own = evaluated(folder);
  CHECK(own["attacked_loss"] == result_of(folder)["last"]["val_attacked_loss"]);
  CHECK(own["attacked_loss"].get<double>() > own["loss"].get<double>());
  const nlohmann::json longer = evaluated(folder, {"--attack-steps", "9"});
  CHECK(longer["attacked_loss"].get<double>() > own["attacked_loss"].get<double>());
  CHECK(longer["loss"] == own["loss"]);
  CHECK(evaluated(folder, {"--eval-attack-steps", "9"})["attacked_loss"] == longer["attacked_loss"]);
  CHECK(evaluated(folder, {"--attack-start", "random"})["attacked_loss"] ==
        evaluated(folder, {"--eval-attack-start", "random"})["attacked_loss"]);
  CHECK(evaluated(folder, {"--attack-start", "random"})["attacked_loss"] != own["attacked_loss"]);
  CHECK(evaluated(folder, {"--attack-start", "clean"})["attacked_loss"] == own["attacked_loss"]);
  for (const Arguments& nothing : {Arguments{"--attack", "none"}, Arguments{"--attack-steps", "0"}}) {
    const nlohmann::json clean = evaluated(folder, nothing);
    CHECK(clean["attacked_loss"] == clean["loss"]);
    CHECK(clean["attacked_top1"] == clean["top1"]);
  }
  CHECK(evaluated(folder, {"--attack", "l2"})["attacked_loss"] ==
        evaluated(folder, {"--attack", "l2", "--epsilon", "80/255"})["attacked_loss"]);
  CHECK(run({"predict", "--weights", folder, small_pictures() + "/val/class0/0.png"}).code != 2);
}

TEST_CASE("options of an attack that make no sense are refused") {
  for (const char* word : {"-1", "4/0", "x", "4/", "/4", "nan", "1/-2", "4/255x", ""}) {
    CAPTURE(word);
    const Outcome outcome = run(adversarial() + Arguments{"--dry-run", "--epsilon", word});
    CHECK(outcome.code == 2);
    CHECK_THAT(outcome.err, ContainsSubstring("--epsilon"));
  }
  CHECK(run(adversarial() + Arguments{"--dry-run", "--attack-steps", "-1"}).code == 2);
  CHECK_THAT(run(adversarial() + Arguments{"--dry-run", "--attack", "l3"}).err, ContainsSubstring("--attack"));
  CHECK_THAT(run(adversarial() + Arguments{"--cutmix", "1"}).err, ContainsSubstring("an option of --task classify"));
  CHECK_THAT(run(short_training() + Arguments{"--epsilon", "1"}).err,
             ContainsSubstring("an option of --task adversarial"));
}
