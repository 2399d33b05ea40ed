#include "io/weights_file.h"

#include <array>
#include <string_view>

#include "core/error.h"
#include "io/file.h"
#include "io/torch_file.h"

namespace radial {
namespace {

using namespace std::string_view_literals;

// What a file is that begins so, and what helps.
struct OtherFormat {
  std::string_view begin, what;
};
constexpr std::array<OtherFormat, 13> other_formats = {{
    {"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"sv,
     "PyTorch's format of before version 1.6, which is no zip archive: read and write it once with Python, "
     "torch.save(torch.load(FILE, weights_only=True), FILE)"sv},
    {"\x89HDF\r\n\x1a\n"sv, "an HDF5 file (Keras): save its weights as safetensors or with torch.save()"sv},
    {"version https://git-lfs"sv, "a pointer of git-lfs, not the file itself: git lfs pull fetches it"sv},
    {"\x1f\x8b"sv, "compressed with gzip: unpack it"sv},
    {"\x28\xb5\x2f\xfd"sv, "compressed with Zstandard: unpack it"sv},
    {"\xfd"
     "7zXZ"sv,
     "compressed with xz: unpack it"sv},
    {"BZh"sv, "compressed with bzip2: unpack it"sv},
    {"\x93NUMPY"sv, "a NumPy array: save the weights as safetensors or with torch.save()"sv},
    {"GGUF"sv, "a GGUF file: save the weights as safetensors or with torch.save()"sv},
    {"\xff\xd8\xff"sv, "a picture (JPEG)"sv},
    {"\x89PNG\r\n\x1a\n"sv, "a picture (PNG)"sv},
    {"<!DOCTYPE"sv, "a web page: the download went wrong"sv},
    {"<html"sv, "a web page: the download went wrong"sv},
}};

// The length of its header, at most 100 MB, and its first character: bytes that some other format begins with, too.
bool is_safetensors(std::string_view begin) {
  return begin.size() > 8 && begin[8] == '{' && begin.substr(4, 4) == "\0\0\0\0"sv;
}

bool is_zip(std::string_view begin) { return begin.starts_with("PK\x03\x04"sv) || begin.starts_with("PK\x05\x06"sv); }

// A message of protobuf whose field 1 is a small number (the IR's version) and whose field 2 is a text (the producer).
bool is_onnx(std::string_view begin) {
  return begin.size() > 4 && begin[0] == 8 && begin[1] > 0 && begin[1] < 32 && begin[2] == 0x12;
}

// A pickle, but none of torch.save().
bool is_pickle(std::string_view begin) {
  return begin.size() > 2 && begin[0] == '\x80' && begin[1] >= 2 && begin[1] <= 5 &&
         std::string_view("}](c\x8a\x95").find(begin[2]) != std::string_view::npos;
}

}  // namespace

WeightsFile read_weights_file(const std::string& path) {
  std::array<char, 32> bytes{};
  File file = File::open(path);
  const std::string_view begin(bytes.data(), file.is_regular() ? file.read(bytes.data(), bytes.size()) : 0);
  const auto refuse = [&](std::string_view what) {
    fail(ErrorKind::file_format, "load: ", path, ": this is no file of weights that can be read, but ", what);
  };
  if (is_safetensors(begin)) return {read_safetensors(path), {}};
  for (const OtherFormat& format : other_formats)
    if (begin.starts_with(format.begin)) refuse(format.what);
  if (is_onnx(begin)) refuse("an ONNX model: save the weights as safetensors or with torch.save()");
  if (is_pickle(begin)) refuse("a pickle, which is never executed here: save a state dict with torch.save()");
  WeightsFile weights;
  weights.file = is_zip(begin) ? read_torch_file(path, weights.notes) : read_safetensors(path);
  return weights;
}

}  // namespace radial
