#include "io/torch_file.h"

#include <algorithm>
#include <utility>

#include "io/file.h"
#include "io/pickle.h"
#include "io/weights_file.h"
#include "tests/catch.h"
#include "tests/io/scratch_folder.h"

using namespace radial;
using namespace std::string_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string golden(const std::string& name) { return RADIAL_SOURCE_DIR "/tests/golden/" + name; }

bool same(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && a.shape() == b.shape() && a.to_vector() == b.to_vector();
}

bool same(const std::map<std::string, Tensor>& a, const std::map<std::string, Tensor>& b) {
  return a.size() == b.size() && std::all_of(a.begin(), a.end(), [&](const auto& named) {
           const auto found = b.find(named.first);
           return found != b.end() && same(named.second, found->second);
         });
}

std::string message_of(const std::string& path) {
  try {
    read_weights_file(path);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::file_format);
    CHECK_THAT(error.what(), ContainsSubstring(path));
    return error.what();
  }
  return "no error";
}

TEST_CASE("state dicts of torch.save have PyTorch's values, whatever their types and strides") {
  const auto expected = read_safetensors(golden("weights.safetensors")).tensors;
  for (const char* name : {"weights_plain.pth", "weights_protocol4.pth"}) {
    INFO(name);
    const WeightsFile read = read_weights_file(golden(name));
    CHECK(read.notes.empty());
    for (const auto& [tensor, values] : expected) {
      INFO(tensor);
      REQUIRE(read.file.tensors.contains(tensor));
      CHECK(same(read.file.tensors.at(tensor), values));
    }
    CHECK(read.file.tensors.size() == expected.size());
  }
}

TEST_CASE("of a training's dictionary the state dict is taken, and said; nothing else is read or executed") {
  const auto expected = read_safetensors(golden("weights.safetensors")).tensors;
  const WeightsFile read = read_weights_file(golden("weights_checkpoint.pth"));
  REQUIRE(read.file.tensors.size() == 3);
  for (const char* name : {"plain", "slice", "turned"})
    CHECK(same(read.file.tensors.at("module."s + name), expected.at(name)));
  REQUIRE(read.notes.size() == 1);
  CHECK_THAT(read.notes[0], ContainsSubstring("\"state_dict\" is taken"));
  CHECK_THAT(read.notes[0], ContainsSubstring("\"hook\""));
  CHECK_THAT(message_of(golden("weights_module.pth")), ContainsSubstring("save its state_dict()"));
}

TEST_CASE("a byte of a .pth that is changed is refused, or changes nothing") {
  const ScratchFolder folder;
  const std::string good = read_text(golden("weights_plain.pth")), path = folder / "damaged.pth";
  const auto expected = read_safetensors(golden("weights.safetensors")).tensors;
  int refused = 0, wrong = 0;
  for (size_t at = 0; at < good.size(); at += 3) {
    std::string damaged = good;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x14);
    File::create(path).write(damaged);
    try {
      wrong += !same(read_weights_file(path).file.tensors, expected);
    } catch (const Error& error) {
      wrong += error.kind() != ErrorKind::file_format;
      ++refused;
    }
  }
  CHECK(wrong == 0);
  CHECK(refused > 300);
  for (size_t bytes = 0; bytes < good.size(); bytes += 97) {
    File::create(path).write(good.substr(0, bytes));
    CHECK_THROWS_AS(read_weights_file(path), Error);
  }
}

TEST_CASE("files of other programs are called by their names") {
  const ScratchFolder folder;
  const std::string path = folder / "weights";
  for (const auto& [bytes, what] : std::initializer_list<std::pair<std::string, std::string>>{
           {"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03."s, "before version 1.6"},
           {"\x89HDF\r\n\x1a\n\0\0\0"s, "HDF5"},
           {"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a", "git lfs pull"},
           {"\x1f\x8b\x08\0\0\0\0\0\0\3", "gzip"},
           {"\x08\x08\x12\x07pytorch\x1a\x05"s, "ONNX"},
           {"\x93NUMPY\x01\0v\0{'descr'"s, "NumPy"},
           {"\x80\x04\x95\x10\0\0\0"s, "a pickle"},
           {"<!DOCTYPE html>", "web page"},
           {"\xff\xd8\xff\xe0\0\x10JFIF"s, "a picture (JPEG)"},
           {"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"s, "a picture (PNG)"},
           {"PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"s, "without data.pkl"},
           {"PK\x03\x04 and no more", "zip archive is damaged"},
           {"", "0 bytes"}}) {
    File::create(path).write(bytes);
    CHECK_THAT(message_of(path), ContainsSubstring(what));
  }
  CHECK_THROWS_AS(read_weights_file(folder / "none"), Error);
}

TEST_CASE("a pickle is read as data") {
  const auto kind_of = [](const std::string& bytes) { return Pickle(bytes, "test").root().kind; };
  using Kind = PickleValue::Kind;
  CHECK(kind_of("N.") == Kind::none);
  CHECK(kind_of("cos\nsystem\nX\x04\0\0\0true\x85R."s) == Kind::call);
  CHECK(kind_of("]q\0h\0a."s) == Kind::sequence);  // a list that holds itself
  const std::string dictionary = "}(X\1\0\0\0aK\1X\1\0\0\0bJ\xfe\xff\xff\xffU\1aG\x3f\xf8\0\0\0\0\0\0u."s;
  const Pickle pickle(dictionary, "test");
  REQUIRE(pickle.root().find("b") != nullptr);
  CHECK(pickle.root().find("b")->integer == -2);
  CHECK(pickle.root().find("a")->real == 1.5);  // the last one of a name
  CHECK(pickle.root().find("c") == nullptr);
  const std::string big = "\x8a\x02\xff\x7f."s, negative = "\x8a\x01\xff."s;
  CHECK(Pickle(big, "test").root().integer == 32767);
  CHECK(Pickle(negative, "test").root().integer == -1);
  for (const std::string& bad :
       {""s, "N"s, "."s, "(."s, "h\0."s, "t."s, "NNR."s, "Ns."s, "}(Nu."s, "X\xff\xff\xff\xff."s, "cos\nsystem"s,
        "\x80\x07."s, "(0."s, "i."s, "\x93."s, "Na."s, "\x96\xff\xff\xff\xff\xff\xff\xff\xff."s})
    CHECK_THROWS_AS(Pickle(bad, "test"), Error);
}

}  // namespace
