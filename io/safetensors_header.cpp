#include "io/safetensors_header.h"

#include <algorithm>
#include <array>
#include <limits>
#include <set>

#include <nlohmann/json.hpp>

#include "core/error.h"

namespace radial {

namespace {

// Events of the JSON parser. nlohmann's document type would silently keep the last of two equal keys.
class HeaderReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit HeaderReader(const std::string& path) : path_(path) {}
  SafetensorsHeader header;

  bool null() override { return unexpected("null"); }
  bool boolean(bool) override { return unexpected("true or false"); }
  bool number_integer(number_integer_t) override { return unexpected("a negative number"); }
  bool number_float(number_float_t, const string_t& text) override { return unexpected("the number " + text); }
  bool binary(binary_t&) override { return unexpected("binary data"); }

  bool number_unsigned(number_unsigned_t value) override {
    if (place_ != Place::array) return unexpected("a number");
    numbers_.push_back(value);
    return true;
  }

  bool string(string_t& text) override {
    if (place_ == Place::metadata) {
      header.metadata[key_] = text;
    } else if (place_ == Place::entry && key_ == "dtype") {
      header.entries.back().dtype = text;
    } else {
      return unexpected("a text");
    }
    return true;
  }

  bool start_object(std::size_t) override {
    if (place_ == Place::outside) {
      place_ = Place::header;
    } else if (place_ == Place::header && key_ == "__metadata__") {
      place_ = Place::metadata;
      inner_keys_.clear();
    } else if (place_ == Place::header) {
      place_ = Place::entry;
      header.entries.push_back({.name = key_, .dtype = {}, .shape = {}});
      inner_keys_.clear();
    } else {
      return unexpected("an object");
    }
    return true;
  }

  bool end_object() override {
    if (place_ == Place::entry) {
      for (const char* key : {"dtype", "shape", "data_offsets"}) {
        if (!inner_keys_.count(key)) refuse(where(), " has no ", key);
      }
    }
    place_ = place_ == Place::header ? Place::outside : Place::header;
    return true;
  }

  bool key(string_t& name) override {
    std::set<std::string>& keys = place_ == Place::header ? outer_keys_ : inner_keys_;
    if (!keys.insert(name).second) refuse(where(), " has the key ", quoted_name(name), " twice");
    key_ = name;
    if (place_ == Place::entry && name != "dtype" && name != "shape" && name != "data_offsets") {
      refuse(where(), " has the unknown key ", quoted_name(name));
    }
    return true;
  }

  bool start_array(std::size_t) override {
    if (place_ != Place::entry || key_ == "dtype") return unexpected("a list");
    place_ = Place::array;
    numbers_.clear();
    return true;
  }

  bool end_array() override {
    place_ = Place::entry;
    SafetensorsEntry& entry = header.entries.back();
    if (key_ == "shape") {
      if (numbers_.size() > Shape::max_rank) {
        refuse(where(), " has ", numbers_.size(), " dimensions but Radial's have at most ", Shape::max_rank);
      }
      std::vector<int64_t> extents;
      for (const uint64_t n : numbers_) {
        if (n > uint64_t{std::numeric_limits<int64_t>::max()}) refuse(where(), " has an extent of ", n);
        extents.push_back(static_cast<int64_t>(n));
      }
      entry.shape = Shape(extents);
    } else {
      if (numbers_.size() != 2) refuse(where(), " has ", numbers_.size(), " data_offsets but needs 2");
      entry.begin = numbers_[0];
      entry.end = numbers_[1];
    }
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception& error) override {
    refuse("the header is no JSON at its byte ", position, " (", error.what(), ")");
  }

 private:
  enum class Place { outside, header, metadata, entry, array };

  template <class... Parts>
  [[noreturn]] void refuse(const Parts&... parts) const {
    fail(ErrorKind::file_format, "safetensors: ", path_, ": ", parts...);
  }
  bool unexpected(const std::string& what) const {
    if (place_ == Place::outside) refuse("the header is ", what, " but must be an object");
    refuse(where(), " has ", what, " at ", quoted_name(key_), " where the format has none");
  }
  std::string where() const {
    if (place_ == Place::metadata) return "__metadata__";
    if (place_ == Place::entry || place_ == Place::array) return "tensor " + quoted_name(header.entries.back().name);
    return "the header";
  }

  const std::string& path_;
  Place place_ = Place::outside;
  std::string key_;
  std::set<std::string> outer_keys_, inner_keys_;
  std::vector<uint64_t> numbers_;
};

// Elements of an empty tensor but for its extents of 0: what works row by row would take that long, and that much
// memory.
constexpr uint64_t most_around_nothing = uint64_t{1} << 24;

bool is_plausible(const Shape& shape) {
  bool empty = false, fits = true;
  uint64_t others = 1;
  for (const int64_t extent : shape) {
    if (extent == 0)
      empty = true;
    else
      fits = !__builtin_mul_overflow(others, static_cast<uint64_t>(extent), &others) && fits;
  }
  return !empty || (fits && others <= most_around_nothing);
}

// Bytes of a tensor; false if they do not fit 64 bits.
bool bytes_of(const SafetensorsEntry& entry, uint64_t& bytes) {
  bytes = safetensors_element_size(entry.dtype);
  bool fits = true;
  for (const int64_t extent : entry.shape) {
    fits = !__builtin_mul_overflow(bytes, static_cast<uint64_t>(extent), &bytes) && fits;
  }
  return fits && bytes <= uint64_t{std::numeric_limits<int64_t>::max()};
}

}  // namespace

uint64_t safetensors_element_size(std::string_view dtype) {
  if (dtype == "F64" || dtype == "I64") return 8;
  if (dtype == "F32" || dtype == "I32") return 4;
  if (dtype == "F16" || dtype == "BF16") return 2;
  return dtype == "U8" ? 1 : 0;
}

std::string quoted_name(std::string_view name) {
  return nlohmann::json(name).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

SafetensorsHeader parse_safetensors_header(std::string_view json, uint64_t data_bytes, const std::string& path) {
  const auto require = [&](bool condition, const auto&... parts) {
    check(condition, ErrorKind::file_format, "safetensors: ", path, ": ", parts...);
  };
  require(!json.empty() && json[0] == '{', "the header must begin with '{'");
  HeaderReader reader(path);
  nlohmann::json::sax_parse(json, &reader);
  SafetensorsHeader header = std::move(reader.header);

  std::sort(header.entries.begin(), header.entries.end(),
            [](const auto& a, const auto& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
  uint64_t at = 0;
  for (const SafetensorsEntry& entry : header.entries) {
    const std::string tensor = "tensor " + quoted_name(entry.name);
    const auto& [name, dtype, shape, begin, end] = entry;
    require(safetensors_element_size(dtype) > 0, tensor, " has dtype ", quoted_name(dtype),
            " but F64, F32, F16, BF16, I64, I32 and U8 can be read");
    require(begin <= end && end <= data_bytes, tensor, " has data_offsets [", begin, ", ", end, "] but the data has ",
            data_bytes, " bytes");
    require(is_plausible(shape), tensor, " has no data but the shape ", shape);
    uint64_t bytes = 0;
    require(bytes_of(entry, bytes) && bytes == end - begin, tensor, " has ", end - begin, " bytes of data but ", dtype,
            " ", shape, " needs ", bytes);
    require(begin == at, tensor, " begins at byte ", begin, " of the data but the tensor before ends at ", at,
            begin > at ? " (a hole)" : " (an overlap)");
    at = end;
  }
  require(at == data_bytes, "the tensors end at byte ", at, " of the data but it has ", data_bytes);
  return header;
}

}  // namespace radial
