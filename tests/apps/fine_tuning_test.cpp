// Weights of another training: taken in part, frozen in part.
#include "tests/apps/training.h"

using Catch::Matchers::ContainsSubstring;
using namespace radial;

namespace {

std::string first_run(const ScratchFolder& scratch) {
  REQUIRE(run(short_training() + Arguments{"--out", scratch / "first", "--epochs", "1"}).code == 0);
  return scratch / "first";
}

// Values of `last` whose names begin so.
std::map<std::string, std::vector<double>> part_of(const std::string& folder, const std::string& begin) {
  auto values = values_of(folder + "/checkpoints/last.safetensors");
  std::erase_if(values, [&](const auto& named) { return !named.first.starts_with(begin); });
  return values;
}

}  // namespace

TEST_CASE("weights for other classes are taken without the last layer") {
  const ScratchFolder scratch;
  const Arguments other = short_training() + Arguments{"--init", first_run(scratch), "--classes", "7", "--epochs", "0",
                                                       "--out",  scratch / "run"};
  const Outcome refused = run(other);
  CHECK(refused.code == 4);
  CHECK_THAT(refused.err, ContainsSubstring("\"fc.weight\" has shape [3, 128] in the file but [7, 128] in the model"));
  CHECK_THAT(refused.err, ContainsSubstring("--init-skip fc"));
  const Outcome taken = run(other + Arguments{"--init-skip", "fc"});
  INFO(taken.err);
  REQUIRE(taken.code == 0);
  CHECK_THAT(taken.err, ContainsSubstring("initial values of their own have fc.weight, fc.bias"));
  CHECK(part_of(scratch / "run", "conv") == part_of(scratch / "first", "conv"));
  CHECK(part_of(scratch / "run", "bn") == part_of(scratch / "first", "bn"));
  CHECK(run({"evaluate", small_pictures(), "--weights", scratch / "run"}).code == 0);

  const Outcome nothing = run(other + Arguments{"--init-skip", "fcc"});
  CHECK(nothing.code == 2);
  CHECK_THAT(nothing.err, ContainsSubstring("fcc") && ContainsSubstring("did you mean fc?"));
  CHECK(run(short_training() + Arguments{"--init-skip", "fc"}).code == 2);
}

TEST_CASE("names of weights may have a prefix of another program") {
  const ScratchFolder scratch;
  TensorFile file, prefixed;
  file = read_safetensors(first_run(scratch) + "/checkpoints/best.safetensors");
  for (const auto& [name, tensor] : file.tensors) prefixed.tensors["state_dict.module." + name] = tensor;
  write_safetensors(scratch / "other.safetensors", prefixed);
  const Outcome outcome = run(
      short_training() + Arguments{"--init", scratch / "other.safetensors", "--epochs", "0", "--out", scratch / "run"});
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  CHECK_THAT(outcome.err, ContainsSubstring("are read without \"state_dict.module.\""));
  CHECK(part_of(scratch / "run", "conv") == part_of(scratch / "first", "conv"));
  CHECK(run({"evaluate", small_pictures(), "--weights", scratch / "other.safetensors", "--arch", "convnet",
             "--image-size", "16"})
            .code == 0);
}

TEST_CASE("frozen parameters and their statistics keep their bits, stopped and gone on with, too") {
  const ScratchFolder scratch;
  const Arguments training = short_training() + Arguments{"--init", first_run(scratch), "--freeze", "conv1", "bn1"};
  const Outcome whole = run(training + Arguments{"--out", scratch / "whole"});
  INFO(whole.err);
  REQUIRE(whole.code == 0);
  CHECK_THAT(whole.err, ContainsSubstring("3 parameters are not trained: conv1.weight to bn1.bias"));
  for (const char* frozen : {"conv1", "bn1"})
    CHECK(part_of(scratch / "whole", frozen) == part_of(scratch / "first", frozen));
  CHECK(part_of(scratch / "whole", "conv2") != part_of(scratch / "first", "conv2"));
  CHECK(part_of(scratch / "whole", "optimizer.conv1").empty());
  const auto layers = CsvTable::read(scratch / "whole/layers.csv").texts("layer");
  CHECK(layers.front() == "conv2.weight");
  CHECK_THAT(read_text(scratch / "whole/config.toml"), ContainsSubstring("freeze = [\"conv1\", \"bn1\"]\n"));

  CHECK(run({"evaluate", small_pictures(), "--weights", scratch / "whole"}).code == 0);
  {
    const AtLoss stop(6, [] { std::raise(SIGTERM); });
    CHECK(run(training + Arguments{"--out", scratch / "cut"}).code == 143);
  }
  REQUIRE(run({"train", "--resume", scratch / "cut"}).code == 0);
  check_same_runs(scratch / "whole", scratch / "cut");

  CHECK_THAT(run(training + Arguments{"--freeze", "conv11"}).err, ContainsSubstring("did you mean conv1?"));
  CHECK_THAT(run(training + Arguments{"--freeze", "*"}).err, ContainsSubstring("--freeze leaves nothing to train"));
  CHECK_THAT(run({"train", "--resume", scratch / "whole", "--freeze", "conv1", "--epochs", "3"}).err,
             ContainsSubstring("--freeze [\"conv1\"] (the run has [\"conv1\", \"bn1\"])"));
}

TEST_CASE("a network whose norms are all frozen trains on single pictures") {
  const ScratchFolder scratch;
  const Arguments single = short_training() + Arguments{"--arch", "mlp", "--batch-size", "29"};  // then one of 1
  CHECK(run(single + Arguments{"--out", scratch / "a"}).code == 2);
  CHECK(run(single + Arguments{"--out", scratch / "b", "--freeze", "bn1", "bn2"}).code == 0);
}

TEST_CASE("each layer learns more slowly than the next") {
  const ScratchFolder scratch;
  // One step of plain gradient descent from the same weights.
  const Arguments step = short_training() + Arguments{"--optimizer", "gd", "--limit-train", "4", "--epochs", "1"};
  const auto trained_to = [&](const std::string& name, const Arguments& options) {
    REQUIRE(run(step + options + Arguments{"--out", scratch / name}).code == 0);
    return values_of(scratch / name + "/checkpoints/best.safetensors");
  };
  REQUIRE(run(step + Arguments{"--epochs", "0", "--out", scratch / "start"}).code == 0);
  const auto start = values_of(scratch / "start/checkpoints/last.safetensors");
  const auto alike = trained_to("alike", {}), decayed = trained_to("decayed", {"--layer-decay", "0.5"});
  const auto check_moved = [&](const std::string& name, double share) {
    INFO(name);
    const auto &from = start.at(name), &far = alike.at(name), &near = decayed.at(name);
    for (size_t i = 0; i < from.size(); ++i)
      CHECK(near[i] - from[i] == Catch::Approx(share * (far[i] - from[i])).epsilon(1e-3).margin(1e-7));
  };
  check_moved("fc.weight", 1);
  check_moved("bn3.weight", 0.5);
  check_moved("conv2.weight", 0.25);
  check_moved("conv1.weight", 0.125);

  const CsvTable layers = CsvTable::read(scratch / "decayed/layers.csv");
  REQUIRE(layers.columns().back() == "lr");
  for (size_t row = 0; row < layers.texts("layer").size(); ++row)
    CHECK(layers.numbers("lr")[row] ==
          Catch::Approx(0.05 * (layers.texts("layer")[row].find("1.") != std::string::npos   ? 0.125
                                : layers.texts("layer")[row].find("2.") != std::string::npos ? 0.25
                                : layers.texts("layer")[row].find("3.") != std::string::npos ? 0.5
                                                                                             : 1)));
  CHECK(trained_to("one", {"--layer-decay", "1"}) == alike);
  CHECK(CsvTable::read(scratch / "one/layers.csv").columns().back() == "filter_effective_step");
  const Outcome dry = run(step + Arguments{"--layer-decay", "0.5", "--dry-run"});
  CHECK_THAT(dry.out, ContainsSubstring("fc 1, conv3 0.5, conv2 0.25, conv1 0.125"));
  CHECK(run(step + Arguments{"--layer-decay", "0"}).code == 2);
  CHECK(run(step + Arguments{"--layer-decay", "1.5"}).code == 2);
}

TEST_CASE("a training with rates of layers goes on in mid-epoch bit for bit") {
  const ScratchFolder scratch;
  const std::string optimizer = GENERATE("sgdp", "adamp");
  const Arguments training = short_training() + Arguments{"--optimizer", optimizer, "--layer-decay", "0.75"};
  REQUIRE(run(training + Arguments{"--out", scratch / "whole"}).code == 0);
  {
    const AtLoss stop(6, [] { std::raise(SIGTERM); });
    REQUIRE(run(training + Arguments{"--out", scratch / "run"}).code == 143);
  }
  CHECK(run({"train", "--resume", scratch / "run", "--layer-decay", "0.5"}).code == 2);
  REQUIRE(run({"train", "--resume", scratch / "run"}).code == 0);
  check_same_runs(scratch / "whole", scratch / "run");
}
