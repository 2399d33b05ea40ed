// radial export: what the file holds and what is refused. That it computes the same is tests/models/onnx_test.cpp's.
#include "io/protocol_buffers.h"
#include "tests/apps/training.h"
#include "tests/io/wire_message.h"

using Catch::Matchers::ContainsSubstring;
using namespace radial;

namespace {

std::map<std::string, std::string> metadata_of(const WireMessage& model) {
  std::map<std::string, std::string> metadata;
  for (const auto& entry : model.all(14)) metadata[entry.message().text(1)] = entry.message().text(2);
  return metadata;
}

}  // namespace

TEST_CASE("a run is exported with its weights' names, its classes and its pictures") {
  const ScratchFolder scratch;
  const std::string folder = scratch / "run", file = scratch / "net.onnx";
  REQUIRE(run(short_training() + Arguments{"--epochs", "1", "--mean", "0.5", "0.25", "0.125", "--out", folder}).code ==
          0);
  const Outcome outcome = run({"export", "--weights", folder, "--out", file});
  if (!writes_protocol_buffers()) {
    CHECK(outcome.code == 2);
    CHECK_THAT(outcome.err, ContainsSubstring("libprotobuf-dev"));
    return;
  }
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  CHECK_THAT(outcome.out, ContainsSubstring("convnet, pictures [batch, 3, 16, 16] to logits [batch, 3]"));
  const WireMessage model = WireMessage::read(content_of(file));
  auto metadata = metadata_of(model);
  CHECK(metadata["radial.arch"] == "convnet");
  CHECK(metadata["radial.image_size"] == "16");
  CHECK(metadata["radial.mean"] == "0.5,0.25,0.125");
  CHECK(metadata["radial.pixels"] == "normalised");
  CHECK(nlohmann::json::parse(metadata["radial.class_names"]).size() == 3);

  // The tensors of the weights file, all of them and with their values.
  const TensorFile weights = read_safetensors(folder + "/checkpoints/best.safetensors");
  size_t found = 0;
  for (const auto& field : model.one(7).message().all(5)) {
    const WireMessage tensor = field.message();
    const auto named = weights.tensors.find(tensor.text(8));
    REQUIRE(named != weights.tensors.end());
    CHECK(tensor.text(9) == std::string(reinterpret_cast<const char*>(named->second.data<float>()),
                                        static_cast<size_t>(named->second.numel()) * sizeof(float)));
    ++found;
  }
  CHECK(found == 17);  // three convolutions, three norms of four tensors, a linear layer of two

  const Outcome json = run({"export", "--weights", folder, "--out", file, "--normalise", "--json"});
  REQUIRE(json.code == 0);
  CHECK(nlohmann::json::parse(json.out)["input_shape"] == std::vector{-1, 3, 16, 16});
  CHECK(metadata_of(WireMessage::read(content_of(file)))["radial.pixels"] == "0 to 1");
}

TEST_CASE("what cannot be exported is refused, and nothing is written") {
  const ScratchFolder scratch;
  const std::string file = scratch / "net.onnx";
  CHECK(run({"export", "--out", file}).code == 2);
  CHECK(run({"export", "--weights", scratch / "none", "--out", file}).code == (writes_protocol_buffers() ? 7 : 2));
  if (!writes_protocol_buffers()) return;
  const std::string folder = scratch / "run";
  REQUIRE(run(short_training() + Arguments{"--epochs", "0", "--out", folder}).code == 0);
  CHECK(run({"export", "--weights", folder, "--out", file, "--format", "torch"}).code == 2);
  CHECK(run({"export", "--weights", folder, "--out", scratch / "none/net.onnx"}).code == 7);
  const std::string birds = scratch / "birds";
  REQUIRE(run({"synth", birds, "--task", "retrieve", "--classes", "2", "--train", "2", "--val", "2", "--size", "16"})
              .code == 0);
  const Outcome trained = run({"train",       birds,     "--task",       "retrieve",
                               "--arch",      "convnet", "--image-size", "16",
                               "--embedding", "8",       "--epochs",     "0",
                               "--threads",   "1",       "--workers",    "0",
                               "--device",    "cpu",     "--out",        scratch / "retrieval"});
  INFO(trained.err);
  REQUIRE(trained.code == 0);
  const Outcome refused = run({"export", "--weights", scratch / "retrieval", "--out", file});
  CHECK(refused.code == 2);
  CHECK_THAT(refused.err, ContainsSubstring("--task retrieve (convnet)"));
  CHECK(!std::filesystem::exists(file));
}
