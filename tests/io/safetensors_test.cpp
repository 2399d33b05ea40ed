#include "io/safetensors.h"

#include <cstring>

#include "tests/catch.h"
#include "tests/io/raw_safetensors.h"
#include "tests/io/scratch_folder.h"

using namespace radial;
using Catch::Matchers::ContainsSubstring;

namespace {

template <class T>
std::string bytes_of(std::initializer_list<T> values) {
  return {reinterpret_cast<const char*>(values.begin()), values.size() * sizeof(T)};
}

TensorFile every_kind() {
  TensorFile file;
  file.tensors["f32"] = Tensor::from<float>({1.5f, -0.0f, 3e-45f, 1e38f, 5, 6}, {2, 3});
  file.tensors["f64"] = Tensor::from<double>({0.1, 1e-300}, {2, 1, 1});
  file.tensors["u8"] = Tensor::from<uint8_t>({0, 255, 7}, {3});
  file.tensors["i32"] = Tensor::from<int32_t>({-5, 1 << 30}, {2});
  file.tensors["bf16"] = Tensor::empty({3}, DType::bf16);
  for (int i = 0; i < 3; ++i) file.tensors["bf16"].data<bf16>()[i] = bf16(1.0f / static_cast<float>(1 + i));
  file.tensors["scalar"] = Tensor::from<double>({42}, {});
  file.tensors["empty"] = Tensor::empty({0, 4});
  file.metadata = {{"arch", "resnet18"}, {"note", "Größe \"x\"\n"}};
  return file;
}

}  // namespace

TEST_CASE("safetensors: what is written is read back, bit for bit") {
  const ScratchFolder folder;
  const TensorFile file = every_kind();
  write_safetensors(folder / "a.safetensors", file);
  const TensorFile back = read_safetensors(folder / "a.safetensors");

  CHECK(back.metadata == file.metadata);
  REQUIRE(back.tensors.size() == file.tensors.size());
  for (const auto& [name, tensor] : file.tensors) {
    INFO(name);
    const Tensor& other = back.tensors.at(name);
    CHECK(other.shape() == tensor.shape());
    REQUIRE(other.dtype() == tensor.dtype());
    CHECK(std::memcmp(other.bytes_data(), tensor.bytes_data(), tensor.bytes()) == 0);
  }
}

TEST_CASE("safetensors: the data begins at a multiple of 8 bytes and is the same file every time") {
  const ScratchFolder folder;
  write_safetensors(folder / "a", every_kind());
  write_safetensors(folder / "b", every_kind());
  const std::string text = content_of(folder / "a");
  CHECK(text == content_of(folder / "b"));
  uint64_t header = 0;
  std::memcpy(&header, text.data(), 8);
  CHECK(header % 8 == 0);
}

TEST_CASE("safetensors: foreign float16 and int64 are converted") {
  const ScratchFolder folder;
  put(folder / "a",
      raw(R"({"h":{"dtype":"F16","shape":[6],"data_offsets":[0,12]},)"
          R"("n":{"dtype":"I64","shape":[2],"data_offsets":[12,28]}}  )",
          bytes_of<uint16_t>({0x3C00, 0xC000, 0x0001, 0x7BFF, 0xFC00, 0x3555}) + bytes_of<int64_t>({-7, 2147483647})));
  const TensorFile file = read_safetensors(folder / "a");
  const Tensor& half = file.tensors.at("h");
  REQUIRE(half.dtype() == DType::f32);
  const float expected[] = {1, -2, 0x1p-24f, 65504, -INFINITY, 0.333251953125f};
  for (int i = 0; i < 6; ++i) CHECK(half.data<float>()[i] == expected[i]);
  const Tensor& number = file.tensors.at("n");
  REQUIRE(number.dtype() == DType::i32);
  CHECK(number.data<int32_t>()[0] == -7);
  CHECK(number.data<int32_t>()[1] == 2147483647);

  put(folder / "a", raw(R"({"n":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}})", bytes_of<int64_t>({1ll << 31})));
  CHECK_THROWS_WITH(read_safetensors(folder / "a"), ContainsSubstring("tensor \"n\" has the value 2147483648"));
}

TEST_CASE("safetensors: the order of the header need not be the order of the data") {
  const ScratchFolder folder;
  put(folder / "a", raw(R"({"b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]},)"
                        R"("a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
                        "xy"));
  const TensorFile file = read_safetensors(folder / "a");
  CHECK(file.tensors.at("a").data<uint8_t>()[0] == 'x');
  CHECK(file.tensors.at("b").data<uint8_t>()[0] == 'y');
}

TEST_CASE("safetensors: names that cannot be written are errors before a file exists") {
  const ScratchFolder folder;
  const auto with_name = [](const std::string& name) {
    TensorFile file;
    file.tensors[name] = Tensor::from<float>({1}, {1});
    return file;
  };
  CHECK_THROWS_WITH(write_safetensors(folder / "a", with_name("caf\xE9")), ContainsSubstring("must be UTF-8"));
  CHECK_THROWS_WITH(write_safetensors(folder / "a", with_name("__metadata__")), ContainsSubstring("__metadata__"));
  CHECK(folder.files() == 0);
  CHECK_THROWS_WITH(write_safetensors("/dev/full", with_name("a")), ContainsSubstring("No space left on device"));
}

TEST_CASE("safetensors: a missing file is an error of kind io") {
  try {
    read_safetensors("/nowhere/a.safetensors");
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::io);
    CHECK_THAT(error.what(), ContainsSubstring("/nowhere/a.safetensors: No such file or directory"));
  }
}
