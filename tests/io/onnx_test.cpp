#include "io/onnx.h"

#include "core/error.h"
#include "io/protocol_buffers.h"
#include "tests/catch.h"
#include "tests/io/file_size_limit.h"
#include "tests/io/scratch_folder.h"
#include "tests/io/wire_message.h"

using namespace radial;

namespace {

// y = relu(x w'), with numbers of every kind that a model has.
OnnxModel small_onnx_model() {
  return {.name = "small",
          .inputs = {{"x", {-1, 2}}},
          .outputs = {{"y", {-1, 3}}},
          .constants = {{"w", Tensor::from({{1, 2}, {3, 4}, {5, 6}})}},
          .integers = {{"shape", {-1, 3}}},
          .nodes = {{"Gemm",
                     {"x", "w"},
                     {"a"},
                     {{"transB", int64_t{1}}, {"alpha", 0.5F}, {"odd", std::vector<int64_t>{0, -1}}}},
                    {"Relu", {"a"}, {"y"}}},
          .metadata = {{"radial.arch", "small"}}};
}

std::vector<std::string> texts(const WireMessage& message, uint64_t number) {
  std::vector<std::string> all;
  for (const auto& field : message.all(number)) all.push_back(field.bytes);
  return all;
}

}  // namespace

TEST_CASE("an ONNX file has its fields under the published numbers") {
  if (!writes_protocol_buffers()) return;
  const ScratchFolder scratch;
  write_onnx(scratch / "small.onnx", small_onnx_model());
  const WireMessage model = WireMessage::read(content_of(scratch / "small.onnx"));
  CHECK(model.integer(1) == OnnxModel::ir_version);
  CHECK(model.text(2) == "radial");
  CHECK(model.one(8).message().integer(2) == OnnxModel::opset);
  CHECK(model.one(14).message().text(1) == "radial.arch");
  CHECK(model.one(14).message().text(2) == "small");

  const WireMessage graph = model.one(7).message();
  CHECK(graph.text(2) == "small");
  REQUIRE(graph.all(1).size() == 2);
  const WireMessage gemm = graph.all(1)[0].message();
  CHECK(gemm.text(4) == "Gemm");
  CHECK(texts(gemm, 1) == std::vector<std::string>{"x", "w"});
  CHECK(texts(gemm, 2) == std::vector<std::string>{"a"});
  REQUIRE(gemm.all(5).size() == 3);
  const WireMessage trans = gemm.all(5)[0].message(), alpha = gemm.all(5)[1].message(), odd = gemm.all(5)[2].message();
  CHECK((trans.text(1) == "transB" && trans.integer(3) == 1 && trans.integer(20) == 2));
  CHECK((alpha.text(1) == "alpha" && alpha.one(2).as_float() == 0.5F && alpha.integer(20) == 1));
  CHECK((odd.all(8).size() == 2 && odd.all(8)[0].number == 0 && static_cast<int64_t>(odd.all(8)[1].number) == -1 &&
         odd.integer(20) == 7));

  REQUIRE(graph.all(5).size() == 2);
  const WireMessage weight = graph.all(5)[0].message(), shape = graph.all(5)[1].message();
  CHECK(weight.text(8) == "w");
  CHECK(weight.integer(2) == 1);  // float
  CHECK((weight.all(1).size() == 2 && weight.all(1)[0].number == 3 && weight.all(1)[1].number == 2));
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  CHECK(weight.text(9) == std::string(reinterpret_cast<const char*>(values.data()), 24));
  CHECK((shape.integer(2) == 7 && shape.text(9).size() == 16));  // int64

  const WireMessage input = graph.one(11).message();
  CHECK(input.text(1) == "x");
  const WireMessage type = input.one(2).message().one(1).message();
  CHECK(type.integer(1) == 1);
  const auto dims = type.one(2).message().all(1);
  REQUIRE(dims.size() == 2);
  CHECK(dims[0].message().text(2) == "batch");
  CHECK(dims[1].message().integer(1) == 2);
  CHECK(graph.one(12).message().text(1) == "y");
}

TEST_CASE("an ONNX file is written whole or not at all") {
  if (!writes_protocol_buffers()) return;
  const ScratchFolder scratch;
  put(scratch / "a.onnx", "before");
  OnnxModel large = small_onnx_model();
  large.constants = {{"w", Tensor::zeros({1 << 20})}};
  {
    const FileSizeLimit limit(1 << 21);
    CHECK_THROWS_WITH(write_onnx(scratch / "a.onnx", large), Catch::Matchers::ContainsSubstring("a.onnx"));
  }
  CHECK(content_of(scratch / "a.onnx") == "before");
  CHECK(scratch.files() == 1);
  CHECK_THROWS_AS(write_onnx(scratch / "none/a.onnx", large), Error);
}
