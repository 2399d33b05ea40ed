// Files that nobody should have written: each is an Error(file_format) that says where, never a crash.
#include <cstring>

#include "core/random.h"
#include "io/safetensors.h"
#include "tests/catch.h"
#include "tests/io/raw_safetensors.h"
#include "tests/io/scratch_folder.h"

using namespace radial;
using Catch::Matchers::ContainsSubstring;

namespace {

// The message of reading this content; "" if it is read, and a failed check for another kind of error.
std::string refusal(const ScratchFolder& folder, const std::string& content) {
  put(folder / "damaged", content);
  try {
    read_safetensors(folder / "damaged");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::file_format);
    CHECK_THAT(error.what(), ContainsSubstring("damaged"));
    return error.what();
  }
  return "";
}

std::string small_file(const ScratchFolder& folder) {
  TensorFile file;
  file.tensors["layer1.0.conv1.weight"] = Tensor::from<float>({1, 2, 3, 4, 5, 6}, {2, 3});
  file.tensors["bias"] = Tensor::from<double>({7, 8}, {2});
  file.metadata["arch"] = "none";
  write_safetensors(folder / "whole", file);
  return content_of(folder / "whole");
}

}  // namespace

TEST_CASE("safetensors: each broken rule is named") {
  struct Case {
    const char* header;
    size_t data_bytes;
    const char* message;
  };
  const Case cases[] = {
      {"", 0, "must begin with '{'"},
      {" {}", 0, "must begin with '{'"},
      {"[]", 0, "must begin with '{'"},
      {"{", 0, "no JSON at its byte"},
      {"{}x", 0, "no JSON at its byte"},
      {"{\"\xFF\":1}", 0, "no JSON at its byte"},
      {R"({"a":1})", 0, R"(the header has a number at "a")"},
      {R"({"a":null})", 0, R"(has null at "a")"},
      {R"({"a":[]})", 0, R"(has a list at "a")"},
      {R"({"__metadata__":{"k":1}})", 0, R"(__metadata__ has a number at "k")"},
      {R"({"__metadata__":{"k":"v","k":"w"}})", 0, R"(__metadata__ has the key "k" twice)"},
      {R"({"__metadata__":{"k":{}}})", 0, R"(__metadata__ has an object at "k")"},
      {R"({"__metadata__":"x"})", 0, R"(has a text at "__metadata__")"},
      {R"({"a":{}})", 0, R"(tensor "a" has no dtype)"},
      {R"({"a":{"dtype":"F32","data_offsets":[0,4]}})", 4, R"(tensor "a" has no shape)"},
      {R"({"a":{"dtype":"F32","shape":[1]}})", 4, R"(tensor "a" has no data_offsets)"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}})", 4, R"(tensor "a" has the unknown key "x")"},
      {R"({"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 4, R"(has the key "dtype" twice)"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{}})", 4, R"(has the key "a" twice)"},
      {R"({"a":{"dtype":3,"shape":[1],"data_offsets":[0,4]}})", 4, R"(tensor "a" has a number at "dtype")"},
      {R"({"a":{"dtype":["F32"],"shape":[1],"data_offsets":[0,4]}})", 4, R"(tensor "a" has a list at "dtype")"},
      {R"({"a":{"dtype":"C64","shape":[1],"data_offsets":[0,8]}})", 8, R"(tensor "a" has dtype "C64")"},
      {R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4, "has a negative number"},
      {R"({"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}})", 4, "has the number 1.0"},
      {R"({"a":{"dtype":"F32","shape":[[1]],"data_offsets":[0,4]}})", 4, "has a list"},
      {R"({"a":{"dtype":"F32","shape":[1,1,1,1,1,1],"data_offsets":[0,4]}})", 4, "has 6 dimensions"},
      {R"({"a":{"dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,4]}})", 4, "has an extent of"},
      {R"({"a":{"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4]}})", 4, "has 4 bytes of data"},
      {R"({"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0, "has 0 bytes of data"},
      {R"({"a":{"dtype":"F32","shape":[4611686018427387904,0],"data_offsets":[0,0]}})", 0, "has no data but the shape"},
      {R"({"a":{"dtype":"U8","shape":[0,4294967296,4294967296],"data_offsets":[0,0]}})", 0, "has no data but"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4, "F32 [2] needs 8"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}})", 4, "has 1 data_offsets"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", 4, "data_offsets [4, 0]"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 3, "but the data has 3 bytes"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 5, "the tensors end at byte 4"},
      {R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})", 2, "(a hole)"},
      {R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
       3, "(an overlap)"},
      {"{\"\\u001b[31m\":{}}", 0, R"(tensor "\u001b[31m" has no dtype)"},
  };
  const ScratchFolder folder;
  for (const Case& c : cases) {
    INFO(c.header);
    CHECK_THAT(refusal(folder, raw(c.header, std::string(c.data_bytes, 'x'))), ContainsSubstring(c.message));
  }
}

TEST_CASE("safetensors: header lengths that cannot be") {
  const ScratchFolder folder;
  CHECK_THAT(refusal(folder, ""), ContainsSubstring("needs at least 8"));
  CHECK_THAT(refusal(folder, "1234567"), ContainsSubstring("needs at least 8"));
  CHECK_THAT(refusal(folder, std::string(8, '\xFF') + "{}"), ContainsSubstring("the header has 18446744073709551615"));
  CHECK_THAT(refusal(folder, raw("{}", "").substr(0, 9)), ContainsSubstring("the header has 2 bytes"));
}

TEST_CASE("safetensors: deep nesting does not exhaust the stack") {
  const ScratchFolder folder;
  CHECK(!refusal(folder, raw("{\"a\":" + std::string(100000, '['), "")).empty());
  CHECK(!refusal(folder, raw("{" + std::string(100000, '{'), "")).empty());
}

TEST_CASE("safetensors: every truncation is refused") {
  const ScratchFolder folder;
  const std::string whole = small_file(folder);
  REQUIRE(refusal(folder, whole) == "");
  for (size_t length = 0; length < whole.size(); ++length) {
    INFO("cut to " << length << " of " << whole.size());
    CHECK(!refusal(folder, whole.substr(0, length)).empty());
  }
  CHECK(!refusal(folder, whole + "x").empty());
}

TEST_CASE("safetensors: the checksum finds every changed byte") {
  const ScratchFolder folder;
  const std::string whole = small_file(folder);
  for (size_t at = 0; at < whole.size(); ++at) {
    for (const int change : {0x01, 0x20, 0x80}) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ change);
      INFO("byte " << at << " ^ " << change);
      // A change of the checksum's own key makes it a foreign file without one: the rest must still be in order.
      const size_t key = whole.find(checksum_key);
      const bool unnamed = at >= key && at < key + std::strlen(checksum_key);
      CHECK((unnamed || !refusal(folder, damaged).empty()));
    }
  }
}

TEST_CASE("safetensors: random bytes in headers and files never crash the reader") {
  const ScratchFolder folder;
  const std::string whole = small_file(folder);
  uint64_t header_bytes = 0;
  std::memcpy(&header_bytes, whole.data(), 8);
  const std::string header = whole.substr(8, header_bytes), data = whole.substr(8 + header_bytes);
  const std::string alphabet = "{}[]:,\"\\0123456789eE+-.antrufls \xC3\xA4\x00";
  Random random(1, Stream::test);
  int refused = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string damaged = header;
    for (int64_t change = 1 + random.below(4); change > 0; --change) {
      const auto at = static_cast<size_t>(random.below(static_cast<int64_t>(damaged.size())));
      const char letter = alphabet[static_cast<size_t>(random.below(static_cast<int64_t>(alphabet.size())))];
      switch (random.below(3)) {
        case 0:
          damaged[at] = letter;
          break;
        case 1:
          damaged.insert(at, 1, letter);
          break;
        default:
          damaged.erase(at, 1 + static_cast<size_t>(random.below(9)));
          break;
      }
      if (damaged.empty()) break;
    }
    refused += !refusal(folder, raw(damaged, data)).empty();
  }
  CHECK(refused > 2900);

  for (int round = 0; round < 300; ++round) {
    std::string noise(static_cast<size_t>(random.below(200)), '\0');
    for (char& c : noise) c = static_cast<char>(random.bits());
    CHECK(!refusal(folder, noise).empty());
    CHECK(!refusal(folder, raw("{" + noise, noise)).empty());
  }
}
