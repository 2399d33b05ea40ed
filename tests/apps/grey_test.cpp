// --in-chans 1: pictures are made grey, and so are weights that were made for colours.
#include <nlohmann/json.hpp>

#include "tests/apps/training.h"

using Catch::Matchers::ContainsSubstring;
using namespace radial;
namespace fs = std::filesystem;

namespace {

Arguments grey_training() { return short_training() + Arguments{"--in-chans", "1"}; }

}  // namespace

TEST_CASE("a network for grey pictures is trained, goes on, is evaluated, asked and shown") {
  const ScratchFolder scratch;
  const std::string whole = scratch / "whole", stopped = scratch / "stopped";
  REQUIRE(run(grey_training() + Arguments{"--out", whole}).code == 0);
  {
    const AtLoss stop(11, [] { std::raise(SIGTERM); });
    REQUIRE(run(grey_training() + Arguments{"--out", stopped}).code == 143);
  }
  REQUIRE(run({"train", "--resume", stopped}).code == 0);
  check_same_runs(whole, stopped);
  CHECK_THAT(read_text(whole + "/config.toml"), ContainsSubstring("in-chans = 1\n") &&
                                                    ContainsSubstring("mean = [0.449, 0.449, 0.449]") &&
                                                    ContainsSubstring("std = [0.226, 0.226, 0.226]"));
  const std::string best = whole + "/checkpoints/best.safetensors";
  const TensorFile file = read_safetensors(best);
  CHECK(file.metadata.at("radial.in_chans") == "1");
  CHECK(file.tensors.at("conv1.weight").shape() == Shape{32, 1, 3, 3});

  const CommandOutput evaluated = run_radial({"evaluate", small_pictures(), "--weights", whole, "--json"});
  REQUIRE(evaluated.code == 0);
  CHECK(evaluated.lines()[0]["loss"] == CsvTable::read(whole + "/val.csv").numbers("loss").back());
  std::string picture;
  for (const auto& entry : fs::recursive_directory_iterator(small_pictures() + "/val"))
    if (entry.is_regular_file()) picture = entry.path().string();
  CHECK(run({"predict", picture, "--weights", best}).code == 0);
  const CommandOutput shown = run_radial({"inspect", best, "--json"});
  REQUIRE(shown.code == 0);
  CHECK(shown.lines()[1]["shape"] == nlohmann::json{32, 3, 3, 1});
  for (const Arguments& data : {Arguments{}, Arguments{small_pictures()}})
    CHECK(run(Arguments{"invariance"} + data + Arguments{"--weights", best}).code == 0);

  const Outcome other = run({"train", "--resume", stopped, "--in-chans", "3"});
  CHECK(other.code == 2);
  CHECK_THAT(other.err, ContainsSubstring("--in-chans 3 (the run has 1)"));
}

TEST_CASE("each architecture takes grey pictures") {
  const ScratchFolder scratch;
  for (const char* arch :
       {"resnet18", "mobilenet_v2", "vgg16_bn", "wide_resnet10_1", "bagnet18", "rebias_conv7_half", "convnet", "mlp"}) {
    CAPTURE(arch);
    const CommandOutput shown =
        run_radial({"inspect", "--arch", arch, "--in-chans", "1", "--image-size", "32", "--classes", "10", "--json"});
    REQUIRE(shown.code == 0);
    const auto colours =
        run_radial({"inspect", "--arch", arch, "--image-size", "32", "--classes", "10", "--json"}).lines();
    CHECK(shown.lines()[1]["parameters"].get<int>() < colours[1]["parameters"].get<int>());
    CHECK(shown.lines()[2] == colours[2]);
  }
}

TEST_CASE("weights for colours begin a training with grey pictures, which says so") {
  const ScratchFolder scratch;
  const std::string colours = scratch / "colours", grey = scratch / "grey";
  REQUIRE(run(short_training() + Arguments{"--out", colours, "--epochs", "1"}).code == 0);
  const Outcome begun =
      run(grey_training() + Arguments{"--init", colours, "--out", grey, "--epochs", "1", "--lr", "0", "--eval-first"});
  REQUIRE(begun.code == 0);
  CHECK_THAT(begun.err, ContainsSubstring("the filters of conv1.weight are those of --init, summed over red, green"));
  const TensorFile before = read_safetensors(colours + "/checkpoints/last.safetensors"),
                   after = read_safetensors(grey + "/checkpoints/last.safetensors");
  const std::vector<double> three = before.tensors.at("conv1.weight").to_vector(),
                            one = after.tensors.at("conv1.weight").to_vector();
  REQUIRE(three.size() == 3 * one.size());
  for (size_t o = 0; o < 32; ++o)
    for (size_t p = 0; p < 9; ++p)
      CHECK(one[9 * o + p] ==
            Catch::Approx(three[27 * o + p] + three[27 * o + 9 + p] + three[27 * o + 18 + p]).margin(1e-7));
  const Outcome back = run(short_training() + Arguments{"--init", grey, "--out", scratch / "back", "--epochs", "1"});
  CHECK(back.code == 4);
  CHECK_THAT(back.err, ContainsSubstring("conv1.weight") && ContainsSubstring("--init-skip conv1"));
}

TEST_CASE("grey pictures have one mean, and no colour of the light") {
  const ScratchFolder scratch;
  const auto message = [&](const Arguments& more) {
    const Outcome refused = run(grey_training() + more + Arguments{"--dry-run"});
    CHECK(refused.code == 2);
    return refused.err;
  };
  CHECK_THAT(message({"--mean", "0.1", "0.2", "0.3"}), ContainsSubstring("one number each but got three"));
  CHECK_THAT(message({"--lighting"}), ContainsSubstring("--lighting changes colours"));
  CHECK_THAT(message({"--mean", "0.1", "0.2"}), ContainsSubstring("--mean"));
  CHECK_THAT(message({"--in-chans", "2"}), ContainsSubstring("--in-chans: got 2 but expected 1, 3"));
  CHECK_THAT(message({"--task", "rebias"}), ContainsSubstring("--in-chans is an option of --task classify"));
  const CommandOutput config =
      run_radial(grey_training() + Arguments{"--mean", "0.1307", "--std", "0.3081", "--print-config"});
  CHECK(config.code == 0);
  CHECK_THAT(config.out, ContainsSubstring("mean = [0.1307, 0.1307, 0.1307]"));
}
