#include "nn/weights.h"

#include <cmath>

#include "nn/init.h"
#include "nn/input_channels.h"
#include "nn/layers.h"
#include "nn/norms.h"
#include "nn/sequential.h"
#include "tests/catch.h"
#include "tests/io/scratch_folder.h"

using namespace radial;
using Catch::Matchers::ContainsSubstring;

namespace {

Sequential small_model(uint64_t seed, int64_t classes = 2) {
  Sequential model;
  model.add_named<Conv2d>("conv1", 3, 4, Conv2d::Options{.kernel = 3});
  model.add_named<BatchNorm>("bn1", 4);
  model.add_named<Linear>("fc", 4, classes);
  initialise(model, seed);
  return model;
}

std::vector<double> all_values(Module& model) {
  std::vector<double> values;
  for (const auto& list : {model.parameters(), model.buffers()}) {
    for (const NamedTensor& t : list) {
      const auto more = t.tensor.to_vector();
      values.insert(values.end(), more.begin(), more.end());
    }
  }
  return values;
}

// The message of loading this file, which must change nothing.
std::string refusal(Module& model, const TensorFile& file, const LoadOptions& options = {}) {
  const auto before = all_values(model);
  try {
    load_weights(model, file, "a.safetensors", options);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::file_format);
    CHECK(all_values(model) == before);
    return error.what();
  }
  FAIL("no error");
  return "";
}

TensorFile file_of(Module& model) {
  TensorFile file;
  add_tensors(file, model.parameters());
  add_tensors(file, model.buffers());
  return file;
}

}  // namespace

TEST_CASE("convolution weights are turned between NHWC and PyTorch's order") {
  Tensor w = Tensor::empty({2, 3, 5, 7});  // [out, kh, kw, in]
  for (int i = 0; i < 210; ++i) w.data<float>()[i] = static_cast<float>(i);
  const Tensor torch = to_torch_layout({"w", w, Kind::conv});
  REQUIRE(torch.shape() == Shape{2, 7, 3, 5});
  for (int o = 0; o < 2; ++o) {
    for (int r = 0; r < 3; ++r) {
      for (int s = 0; s < 5; ++s) {
        for (int c = 0; c < 7; ++c) {
          CHECK(torch.data<float>()[((o * 7 + c) * 3 + r) * 5 + s] == w.data<float>()[((o * 3 + r) * 5 + s) * 7 + c]);
        }
      }
    }
  }
  const Tensor back = from_torch_layout(torch, Kind::conv);
  CHECK(back.shape() == w.shape());
  CHECK(back.to_vector() == w.to_vector());
}

TEST_CASE("other tensors keep their layout, and are copies") {
  Tensor w = Tensor::from<float>({1, 2, 3, 4}, {2, 2});
  const Tensor copy = to_torch_layout({"w", w, Kind::linear});
  w.fill(0);
  CHECK(copy.to_vector() == std::vector<double>{1, 2, 3, 4});
}

TEST_CASE("weights come back from a file, converted where the model is in float64") {
  const ScratchFolder folder;
  Sequential model = small_model(1);
  save_weights(model, folder / "a.safetensors", {{"arch", "small"}});
  CHECK(read_safetensors(folder / "a.safetensors").tensors.at("conv1.weight").shape() == Shape{4, 3, 3, 3});
  CHECK(read_safetensors(folder / "a.safetensors").metadata.at("arch") == "small");

  Sequential other = small_model(2);
  REQUIRE(all_values(other) != all_values(model));
  load_weights(other, folder / "a.safetensors");
  CHECK(all_values(other) == all_values(model));
  CHECK(other.parameters()[0].tensor.requires_grad());

  Sequential twice = small_model(3);
  twice.to(DType::f64);
  load_weights(twice, folder / "a.safetensors");
  CHECK(all_values(twice) == all_values(model));
}

TEST_CASE("all that does not fit is listed in one error, and nothing is loaded") {
  Sequential model = small_model(1), other = small_model(2, 3);
  TensorFile file = file_of(other);
  file.tensors.erase("bn1.running_mean");
  file.tensors["extra"] = Tensor::zeros({1});
  const std::string message = refusal(model, file);
  CHECK_THAT(message, ContainsSubstring("\"fc.weight\" has shape [3, 4] in the file but [2, 4] in the model"));
  CHECK_THAT(message, ContainsSubstring("\"fc.bias\" has shape [3] in the file but [2] in the model"));
  CHECK_THAT(message, ContainsSubstring("\"bn1.running_mean\" is not in the file"));
  CHECK_THAT(message, ContainsSubstring("\"extra\" is in the file but not in the model"));
  CHECK_THAT(message, ContainsSubstring("load: ") && ContainsSubstring("(a.safetensors)"));
}

TEST_CASE("shapes are compared in PyTorch's order, integers are no weights") {
  Sequential model = small_model(1);
  TensorFile file = file_of(model);
  file.tensors["conv1.weight"] = Tensor::zeros({4, 3, 3, 5});
  file.tensors["fc.bias"] = Tensor::from<int32_t>({1, 2}, {2});
  const std::string message = refusal(model, file);
  CHECK_THAT(message, ContainsSubstring("[4, 3, 3, 5] in the file but [4, 3, 3, 3] in the model"));
  CHECK_THAT(message, ContainsSubstring("\"fc.bias\" is int32 in the file but float32 in the model"));
}

TEST_CASE("what is no weight does not matter") {
  Sequential model = small_model(1), other = small_model(2);
  TensorFile file = file_of(model);
  file.tensors["bn1.num_batches_tracked"] = Tensor::from<int32_t>({7}, {});
  file.tensors["optimizer.conv1.weight.momentum"] = Tensor::zeros({4, 3, 3, 3});
  load_weights(other, file, "a");
  CHECK(all_values(other) == all_values(model));
}

TEST_CASE("optimizer state lies beside the weights under a prefix") {
  Sequential model = small_model(1);
  std::vector<NamedTensor> state;
  for (const NamedTensor& p : model.parameters()) {
    state.push_back({p.name + ".momentum", p.tensor.to(DType::f64), p.kind});
  }
  TensorFile file = file_of(model);
  add_tensors(file, state, optimizer_prefix);
  CHECK(file.tensors.at("optimizer.conv1.weight.momentum").shape() == Shape{4, 3, 3, 3});
  CHECK_THROWS_WITH(add_tensors(file, state, optimizer_prefix), ContainsSubstring("two tensors with the name"));

  std::vector<NamedTensor> back;
  for (const NamedTensor& s : state) back.push_back({s.name, zeros_like(s.tensor), s.kind});
  assign_tensors(back, file, "a", optimizer_prefix);
  for (size_t i = 0; i < state.size(); ++i) CHECK(back[i].tensor.to_vector() == state[i].tensor.to_vector());
}

TEST_CASE("what is skipped keeps its values, the rest is loaded") {
  Sequential model = small_model(1, 5), before = small_model(1, 5), other = small_model(2, 2);
  TensorFile file = file_of(other);
  file.tensors["head.weight"] = Tensor::zeros({7});
  file.tensors["head.bias"] = Tensor::zeros({7});
  const Loaded loaded = load_weights(model, file, "a", {.skip = {"fc", "head", "bn1.running_mean"}});
  CHECK(loaded.skipped == std::vector<std::string>{"fc.weight", "fc.bias", "bn1.running_mean"});
  CHECK(loaded.prefix.empty());
  const auto now = model.parameters(), from = other.parameters(), kept = before.parameters();
  for (size_t i = 0; i < now.size(); ++i) {
    const bool skipped = now[i].name.starts_with("fc");
    CHECK(now[i].tensor.to_vector() == (skipped ? kept : from)[i].tensor.to_vector());
  }
}

TEST_CASE("a pattern that fits no tensor of model or file is an error, and nothing is loaded") {
  Sequential model = small_model(1), other = small_model(2);
  const auto before = all_values(model);
  const TensorFile file = file_of(other);
  CHECK_THROWS_WITH(load_weights(model, file, "a", {.skip = {"bn1", "fx"}}),
                    "load: skip \"fx\" fits no name (did you mean fc?)");
  CHECK(all_values(model) == before);
}

namespace {

TensorFile with_prefix(const std::string& prefix, const TensorFile& file) {
  TensorFile renamed;
  for (const auto& [name, tensor] : file.tensors) renamed.tensors[prefix + name] = tensor;
  return renamed;
}

}  // namespace

TEST_CASE("a prefix that all names in the file share is taken off") {
  const std::string prefix = GENERATE(as<std::string>{}, "module.", "model.", "state_dict.", "state_dict.module.");
  CAPTURE(prefix);
  Sequential model = small_model(1), other = small_model(2);
  TensorFile file = with_prefix(prefix, file_of(other));
  file.tensors[prefix + "bn1.num_batches_tracked"] = Tensor::from<int32_t>({7}, {});
  CHECK_THAT(refusal(model, file), ContainsSubstring("\"conv1.weight\" is not in the file"));  // unless it is allowed
  const Loaded loaded = load_weights(model, file, "a", {.any_prefix = true});
  CHECK(loaded.prefix == prefix);
  CHECK(all_values(model) == all_values(other));

  Sequential more = small_model(3, 5);
  const Loaded partly = load_weights(more, file, "a", {.skip = {"fc"}, .any_prefix = true});
  CHECK(partly.prefix == prefix);
  CHECK(partly.skipped == std::vector<std::string>{"fc.weight", "fc.bias"});
  CHECK(more.parameters()[0].tensor.to_vector() == other.parameters()[0].tensor.to_vector());
}

TEST_CASE("what is no prefix stays") {
  const LoadOptions any_prefix = {.skip_option = "--init-skip", .any_prefix = true};
  Sequential model = small_model(1), other = small_model(2);
  SECTION("where all names are the model's own") {
    Sequential outer, twin;
    initialise(outer.add_named<Linear>("model", 3, 2), 1);
    initialise(twin.add_named<Linear>("model", 3, 2), 2);
    CHECK(load_weights(outer, file_of(twin), "a", any_prefix).prefix.empty());
    CHECK(all_values(outer) == all_values(twin));
  }
  SECTION("where only some have it") {
    TensorFile file = with_prefix("module.", file_of(other));
    file.tensors["ema.conv1.weight"] = file.tensors.at("module.conv1.weight");
    CHECK_THAT(refusal(model, file, any_prefix), ContainsSubstring("\"conv1.weight\" is not in the file"));
  }
  SECTION("where the model's are there without it, too") {
    TensorFile file = file_of(other);
    for (const auto& [name, tensor] : with_prefix("module.", file).tensors) file.tensors[name] = tensor;
    CHECK_THAT(refusal(model, file, any_prefix),
               ContainsSubstring("\"module.fc.bias\" is in the file but not in the model"));
  }
  SECTION("where some of the model's are there without it, all with it") {
    Sequential nested;
    nested.add_named<Linear>("fc", 3, 2);
    nested.add_named<Sequential>("m").add_named<Linear>("fc", 3, 2);
    CHECK_THAT(refusal(nested, with_prefix("m.", file_of(nested)), any_prefix),
               ContainsSubstring("\"fc.weight\" is not in the file"));
  }
  SECTION("where some are missing with it; the message says which") {
    TensorFile file = with_prefix("module.", file_of(other));
    file.tensors.erase("module.fc.bias");
    file.tensors["module.head.bias"] = Tensor::zeros({2});
    CHECK(refusal(model, file, any_prefix) ==
          "load: \"module.fc.bias\" is not in the file\n  \"module.head.bias\" is in the file but not in the model "
          "(a.safetensors); --init-skip fc head loads the rest");
  }
}

TEST_CASE("the message about what does not fit offers to skip it, where the caller can") {
  Sequential model = small_model(1), other = small_model(2, 3);
  const LoadOptions offering = {.skip_option = "--init-skip"};
  CHECK_THAT(refusal(model, file_of(other), offering),
             ContainsSubstring("(a.safetensors); --init-skip fc loads the rest"));
  CHECK_THAT(refusal(model, file_of(other)), !ContainsSubstring("--init-skip"));
  TensorFile missing = file_of(model);
  missing.tensors.erase("bn1.running_var");
  CHECK_THAT(refusal(model, missing, offering), ContainsSubstring("--init-skip bn1 loads the rest"));
  SECTION("by their names where they are few") {
    TensorFile file = file_of(model);
    for (int i = 0; i < 5; ++i) file.tensors["extra" + std::to_string(i)] = Tensor::zeros({1});
    CHECK_THAT(refusal(model, file, offering), ContainsSubstring("--init-skip PATTERN... loads the rest"));
  }
  SECTION("not where nothing fits") {
    Sequential alien;
    alien.add_named<Linear>("fc1", 3, 2);
    CHECK_THAT(refusal(model, file_of(alien), offering), !ContainsSubstring("--init-skip"));
  }
}

TEST_CASE("a long list of complaints is cut") {
  Sequential model = small_model(1);
  TensorFile file = file_of(model);
  for (int i = 0; i < 30; ++i) file.tensors["extra" + std::to_string(i)] = Tensor::zeros({1});
  CHECK_THAT(refusal(model, file), ContainsSubstring("and 10 more (a.safetensors)"));
}

TEST_CASE("filters for colours are summed for a network that sees grey pictures, and see the same there") {
  Sequential colours = small_model(3), grey;
  grey.add_named<Conv2d>("conv1", 1, 4, Conv2d::Options{.kernel = 3});
  grey.add_named<BatchNorm>("bn1", 4);
  grey.add_named<Linear>("fc", 4, 2);
  initialise(grey, 4);
  TensorFile file;
  add_tensors(file, colours.parameters(), "model.");
  add_tensors(file, colours.buffers(), "model.");
  TensorFile skipped = file;
  CHECK(sum_input_channels(grey, skipped, std::vector<std::string>{"conv1"}).empty());
  CHECK(skipped.tensors.at("model.conv1.weight").shape() == Shape{4, 3, 3, 3});
  CHECK(sum_input_channels(colours, skipped).empty());

  CHECK(sum_input_channels(grey, file) == std::vector<std::string>{"conv1.weight"});
  CHECK(file.tensors.at("model.conv1.weight").shape() == Shape{4, 1, 3, 3});
  load_weights(grey, file, "a.safetensors", {.any_prefix = true});
  Tensor one = Tensor::empty({2, 5, 5, 1}), three = Tensor::empty({2, 5, 5, 3});
  for (int64_t i = 0; i < one.numel(); ++i) {
    one.data<float>()[i] = static_cast<float>(std::sin(i));
    for (int64_t c = 0; c < 3; ++c) three.data<float>()[3 * i + c] = one.data<float>()[i];
  }
  const std::vector<double> of_grey = grey[0](one).to_vector(), of_colours = colours[0](three).to_vector();
  REQUIRE(of_grey.size() == of_colours.size());
  for (size_t i = 0; i < of_grey.size(); ++i) CHECK(std::abs(of_grey[i] - of_colours[i]) < 1e-5);
}
