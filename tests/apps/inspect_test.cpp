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

TEST_CASE("inspect and invariance take the first of two networks, and what is no network of its task is refused") {
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
  const Outcome refused = run({"invariance", "--weights", file}), no_sound = run({"inspect", file});
  CHECK(refused.code == 2);
  CHECK_THAT(refused.err, Catch::Matchers::ContainsSubstring("is of --task audio"));
  CHECK(no_sound.code == 4);
  CHECK_THAT(no_sound.err, Catch::Matchers::ContainsSubstring("these are no weights of --task audio"));
  metadata["radial.config"] = "task = ";
  save_weights(*make_model(options), file, metadata);
  CHECK(run({"inspect", file}).code == 4);
}

TEST_CASE("inspect shows detectors, networks for sounds and embeddings as their runs have them") {
  const ScratchFolder scratch;
  const auto inspected = [&](const std::string& task, const std::string& data, const Arguments& how) {
    const std::string folder = scratch / (task + how.back());
    const Outcome trained =
        run(Arguments{"train", data, "--task", task, "--epochs", "0", "--out", folder, "--device", "cpu"} + how);
    INFO(trained.err);
    REQUIRE(trained.code == 0);
    return run_radial({"inspect", folder, "--json"}).lines();
  };
  const std::string scenes = scratch / "scenes", words = scratch / "words";
  REQUIRE(run({"synth", scenes, "--task", "detect", "--train", "3", "--val", "2", "--size", "64"}).code == 0);
  REQUIRE(run({"synth", words, "--task", "audio", "--classes", "3", "--train", "2", "--val", "1"}).code == 0);

  const auto center = inspected("detect", scenes, {"--image-size", "64", "--arch", "centernet_resdcn18"});
  CHECK(center[0]["arch"] == "centernet_resdcn18");
  bool deformable = false;
  for (const auto& line : center)
    if (line.contains("name") && line["name"] == "deconv_layers.0") deformable = line["scale_invariant"].get<bool>();
  CHECK(deformable);
  CHECK(center.back()["output"].get<std::vector<int>>()[1] == 16);

  const auto ssd = inspected("detect", scenes, {"--arch", "ssd300_vgg16_bn"});
  CHECK(ssd[0]["arch"] == "ssd300_vgg16_bn");
  CHECK(ssd[0]["scale_invariant"].get<int64_t>() > 0);

  const auto sound = inspected("audio", words, {"--channels", "8"});
  CHECK(sound[0]["arch"] == "harmonic_cnn");
  CHECK(sound.back()["output"].back() == 3);

  const auto birds = inspected("retrieve", small_pictures(), {"--image-size", "32", "--embedding", "24"});
  CHECK(birds[0]["arch"] == "resnet18");
  CHECK(birds[0]["parameters"].get<int64_t>() > 11'176'512);

  const Outcome size = run({"inspect", scratch / "detectssd300_vgg16_bn", "--image-size", "64"});
  CHECK(size.code == 2);
  CHECK_THAT(size.err, Catch::Matchers::ContainsSubstring("is of --task detect, whose networks take no --image-size"));
}

TEST_CASE("inspect refuses what is no model") {
  const ScratchFolder scratch;
  put(scratch / "broken.safetensors", "not a header");
  CHECK(run_radial({"inspect", scratch / "broken.safetensors"}).code == 4);
  CHECK(run_radial({"inspect", scratch / "missing.safetensors"}).code == 7);
  CHECK(run_radial({"inspect", "--arch", "resnet17"}).code == 2);
}
