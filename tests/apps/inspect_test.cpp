// radial inspect against the counts of torchvision's models.
#include "models/models.h"
#include "nn/weights.h"
#include "tests/apps/training.h"

using namespace radial;

TEST_CASE("inspect counts as torchvision does") {
  const auto [arch, parameters, multiply_adds] =
      GENERATE(table<std::string, int64_t, int64_t>({{"resnet18", 11'689'512, 1'814'073'344},
                                                     {"resnet34", 21'797'672, 3'663'761'408},
                                                     {"resnet50", 25'557'032, 4'089'184'256}}));
  const auto output = run_radial({"inspect", "--arch", arch, "--json"});
  REQUIRE(output.code == 0);
  const auto lines = output.lines();
  CHECK(lines[0]["arch"] == arch);
  CHECK(lines[0]["parameters"] == parameters);
  CHECK(lines[0]["multiply_adds"] == multiply_adds);

  int64_t sum_of_parameters = 0, sum_of_multiply_adds = 0;
  for (size_t i = 1; i < lines.size(); ++i) {
    sum_of_parameters += lines[i]["parameters"].get<int64_t>();
    sum_of_multiply_adds += lines[i]["multiply_adds"].get<int64_t>();
  }
  CHECK(sum_of_parameters == parameters);
  CHECK(sum_of_multiply_adds == multiply_adds);
}

TEST_CASE("inspect lists layers with shapes") {
  const auto lines = run_radial({"inspect", "--json"}).lines();
  CHECK(lines[0]["scale_invariant"] == 11'166'912);  // all convolutions, not fc
  CHECK(lines[1]["name"] == "conv1");
  CHECK(lines[1]["kind"] == "conv");
  CHECK(lines[1]["shape"] == nlohmann::json({64, 7, 7, 3}));
  CHECK(lines[1]["output"] == nlohmann::json({1, 112, 112, 64}));
  CHECK(lines.back()["name"] == "fc");
  CHECK(lines.back()["parameters"] == 513'000);
  const auto small = run_radial({"inspect", "--json", "--image-size", "64"}).lines();
  CHECK(small[1]["output"] == nlohmann::json({1, 32, 32, 64}));
}

TEST_CASE("inspect knows the architecture of a weights file") {
  const ScratchFolder scratch;
  const ModelOptions options{.arch = "convnet", .classes = 7, .image_size = 40};
  save_weights(*make_model(options), scratch / "weights.safetensors", to_metadata(options));
  const auto output = run_radial({"inspect", scratch / "weights.safetensors", "--json"});
  REQUIRE(output.code == 0);
  CHECK(output.lines()[0]["arch"] == "convnet");
  CHECK(output.lines().back()["output"].back() == 7);
}

TEST_CASE("inspect and invariance take the first of two networks, and say so of tasks that do not classify pictures") {
  const ScratchFolder scratch;
  const std::string folder = scratch / "run";
  REQUIRE(run({"train", small_pictures(), "--task", "rebias", "--arch", "rebias_conv7_half", "--image-size", "8",
               "--epochs", "0", "--out", folder, "--device", "cpu"})
              .code == 0);
  const auto output = run_radial({"inspect", folder, "--json"});
  REQUIRE(output.code == 0);
  CHECK(output.lines()[0]["arch"] == "rebias_conv7_half");
  CHECK(run({"invariance", "--weights", folder, "--batch-size", "4", "--image-size", "8"}).code == 0);

  const ModelOptions options{.arch = "convnet", .classes = 7, .image_size = 40};
  std::map<std::string, std::string> metadata = to_metadata(options);
  const std::string file = scratch / "weights.safetensors";
  metadata["radial.config"] = "[train]\ntask = \"audio\"\n";
  save_weights(*make_model(options), file, metadata);
  for (const Arguments& command : {Arguments{"inspect", file}, Arguments{"invariance", "--weights", file}}) {
    const Outcome refused = run(command);
    CHECK(refused.code == 2);
    CHECK_THAT(refused.err, Catch::Matchers::ContainsSubstring("is of --task audio"));
  }
  metadata["radial.config"] = "task = ";
  save_weights(*make_model(options), file, metadata);
  CHECK(run({"inspect", file}).code == 4);
}

TEST_CASE("inspect refuses what is no model") {
  const ScratchFolder scratch;
  put(scratch / "broken.safetensors", "not a header");
  CHECK(run_radial({"inspect", scratch / "broken.safetensors"}).code == 4);
  CHECK(run_radial({"inspect", scratch / "missing.safetensors"}).code == 7);
  CHECK(run_radial({"inspect", "--arch", "resnet17"}).code == 2);
}
