#include "io/safetensors.h"

#include <algorithm>
#include <bit>
#include <vector>

#include <nlohmann/json.hpp>

#include "io/atomic_file.h"
#include "io/checksum.h"
#include "io/file.h"
#include "io/half.h"
#include "io/safetensors_header.h"

namespace radial {

namespace {

static_assert(std::endian::native == std::endian::little, "values are written as they lie in memory");

constexpr uint64_t longest_header = 100'000'000;  // of the reference implementation
constexpr size_t checksum_digits = 16;

const char* format_name(DType dtype) {
  switch (dtype) {
    case DType::f64:
      return "F64";
    case DType::f32:
      return "F32";
    case DType::bf16:
      return "BF16";
    case DType::i32:
      return "I32";
    default:
      return "U8";
  }
}

// Where the digits of the checksum lie in the header, so that they can be taken as zeros; npos if nowhere.
size_t find_checksum(const std::string& header) {
  const std::string before = std::string("\"") + checksum_key + "\":\"";
  const size_t at = header.find(before);
  return at == std::string::npos ? at : at + before.size();
}

// Reads the data part, tensor by tensor, and checksums it in passing.
class DataReader {
 public:
  DataReader(File& file, Checksum& checksum) : file_(file), checksum_(checksum) {}

  Tensor tensor(const SafetensorsEntry& entry) {
    if (entry.dtype == "F16") {
      const std::vector<uint16_t> halves = values<uint16_t>(entry.shape);
      Tensor tensor = Tensor::empty(entry.shape, DType::f32);
      std::transform(halves.begin(), halves.end(), tensor.data<float>(), from_half);
      return tensor;
    }
    if (entry.dtype == "I64") return narrowed(entry, values<int64_t>(entry.shape));
    for (const DType dtype : {DType::f64, DType::f32, DType::bf16, DType::i32, DType::u8}) {
      if (entry.dtype != format_name(dtype)) continue;
      Tensor tensor = Tensor::empty(entry.shape, dtype);
      read(tensor.bytes_data(), tensor.bytes());
      return tensor;
    }
    fail(ErrorKind::internal, "safetensors: dtype ", entry.dtype);
  }

  void read(void* data, size_t bytes) {
    const size_t count = file_.read(data, bytes);
    check(count == bytes, ErrorKind::file_format, "safetensors: ", file_.path(), ": the file ends ", bytes - count,
          " bytes too early");
    checksum_.add(data, bytes);
  }

 private:
  template <class T>
  std::vector<T> values(const Shape& shape) {
    std::vector<T> result(static_cast<size_t>(shape.numel()));
    read(result.data(), result.size() * sizeof(T));
    return result;
  }

  Tensor narrowed(const SafetensorsEntry& entry, const std::vector<int64_t>& numbers) const {
    Tensor tensor = Tensor::empty(entry.shape, DType::i32);
    int32_t* out = tensor.data<int32_t>();
    for (const int64_t number : numbers) {
      check(number == static_cast<int32_t>(number), ErrorKind::file_format, "safetensors: ", file_.path(), ": tensor ",
            quoted_name(entry.name), " has the value ", number, ", which does not fit int32");
      *out++ = static_cast<int32_t>(number);
    }
    return tensor;
  }

  File& file_;
  Checksum& checksum_;
};

void verify(const std::string& path, const std::string& found, const std::string& computed) {
  check(found == computed, ErrorKind::file_format, "safetensors: ", path, ": the checksum is ", computed,
        " but the file says ", quoted_name(found), ": it was damaged, or changed by a program that kept ",
        checksum_key);
}

// Tensors of wider elements first, so that each is aligned in the file.
std::vector<std::pair<std::string, Tensor>> in_file_order(const TensorFile& file) {
  std::vector<std::pair<std::string, Tensor>> tensors(file.tensors.begin(), file.tensors.end());
  std::stable_sort(tensors.begin(), tensors.end(),
                   [](const auto& a, const auto& b) { return size_of(a.second.dtype()) > size_of(b.second.dtype()); });
  return tensors;
}

std::string header_text(const std::string& path, const TensorFile& file,
                        const std::vector<std::pair<std::string, Tensor>>& tensors) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  auto& metadata = header["__metadata__"] = nlohmann::ordered_json::object();
  for (const auto& [key, text] : file.metadata) metadata[key] = text;
  metadata[checksum_key] = std::string(checksum_digits, '0');
  uint64_t at = 0;
  for (const auto& [name, tensor] : tensors) {
    check(name != "__metadata__", "safetensors: ", path, ": no tensor can have the name __metadata__");
    check(tensor.defined(), "safetensors: ", path, ": tensor ", quoted_name(name), " is undefined");
    header[name] = {{"dtype", format_name(tensor.dtype())},
                    {"shape", std::vector<int64_t>(tensor.shape().begin(), tensor.shape().end())},
                    {"data_offsets", {at, at + tensor.bytes()}}};
    at += tensor.bytes();
  }
  std::string text;
  try {
    text = header.dump();
  } catch (const nlohmann::json::exception& error) {
    fail(ErrorKind::usage, "safetensors: ", path, ": names and metadata must be UTF-8 (", error.what(), ")");
  }
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

// The header's text, unchecked; the file then stands where the data begin.
std::string read_header(File& file, DataReader& reader) {
  const auto require = [&](bool condition, const auto&... parts) {
    check(condition, ErrorKind::file_format, "safetensors: ", file.path(), ": ", parts...);
  };
  file.expect_regular();
  const uint64_t size = file.size();
  require(size >= 8, "the file has ", size, " bytes but the format needs at least 8");
  uint64_t header_bytes = 0;
  reader.read(&header_bytes, 8);
  require(header_bytes <= size - 8, "the header has ", header_bytes, " bytes but the file only ", size);
  require(header_bytes <= longest_header, "the header has ", header_bytes, " bytes but at most ", longest_header,
          " are allowed");
  std::string text(header_bytes, '\0');
  const size_t count = file.read(text.data(), text.size());
  require(count == text.size(), "the file ends within its header");
  return text;
}

SafetensorsHeader parsed(const std::string& text, const File& file) {
  return parse_safetensors_header(text, file.size() - 8 - text.size(), file.path());
}

}  // namespace

std::map<std::string, std::string> read_metadata(const std::string& path) {
  File file = File::open(path);
  Checksum checksum;
  DataReader reader(file, checksum);
  const std::string text = read_header(file, reader);
  return parsed(text, file).metadata;
}

TensorFile read_safetensors(const std::string& path) {
  File file = File::open(path);
  Checksum checksum;
  DataReader reader(file, checksum);
  std::string text = read_header(file, reader);
  SafetensorsHeader header = parsed(text, file);

  const size_t digits = find_checksum(text);
  if (digits != std::string::npos && digits + checksum_digits <= text.size()) {
    text.replace(digits, checksum_digits, checksum_digits, '0');
  }
  checksum.add(text.data(), text.size());

  TensorFile result;
  for (const SafetensorsEntry& entry : header.entries) result.tensors[entry.name] = reader.tensor(entry);
  result.metadata = std::move(header.metadata);
  if (const auto found = result.metadata.find(checksum_key); found != result.metadata.end()) {
    verify(path, found->second, checksum.hex());
    result.metadata.erase(found);
  }
  return result;
}

void write_safetensors(const std::string& path, const TensorFile& file, const std::string& also_as) {
  const auto tensors = in_file_order(file);
  std::string header = header_text(path, file, tensors);
  const uint64_t header_bytes = header.size();

  Checksum checksum;
  checksum.add(&header_bytes, 8);
  checksum.add(header.data(), header.size());
  for (const auto& [name, tensor] : tensors) checksum.add(tensor.bytes_data(), tensor.bytes());
  header.replace(find_checksum(header), checksum_digits, checksum.hex());

  AtomicFile out(path);
  out.write(&header_bytes, 8);
  out.write(header);
  for (const auto& [name, tensor] : tensors) out.write(tensor.bytes_data(), tensor.bytes());
  if (!also_as.empty() && !out.link_as(also_as)) write_safetensors(also_as, file);
  out.commit();
}

}  // namespace radial
