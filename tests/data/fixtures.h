// What the tests of data/ share: the golden test picture, golden tables, files with some content.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "core/error.h"
#include "data/image.h"
#include "tests/catch.h"
#include "tests/io/scratch_folder.h"

namespace radial::test {

// Gradients, a sharp pattern and pseudo-random pixels: `picture` of tests/golden/make_data_golden.py.
inline Image picture(int width, int height) {
  Image image;
  image.resize(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c) {
        const int smooth = (x * 7 + y * (3 + c) * 2) % 256, sharp = (x / 3 + y / 2 + c) % 2 * 255;
        const int noise = (x * 7919 + y * 104729 + c * 1299709 + x * y * 31) % 256;
        const int value = (x + y) % 16 < 6 ? smooth : x % 16 < 8 ? sharp : noise;
        image.row(y)[3 * x + c] = static_cast<uint8_t>(value);
      }
    }
  }
  return image;
}

inline std::vector<uint8_t> from_hex(const std::string& text) {
  std::vector<uint8_t> bytes(text.size() / 2);
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<uint8_t>(std::stoi(text.substr(2 * i, 2), nullptr, 16));
  }
  return bytes;
}

// The rows of a golden table, by the names of the columns.
inline std::vector<std::map<std::string, std::string>> golden_rows(const std::string& file) {
  std::ifstream in(std::string(RADIAL_SOURCE_DIR) + "/tests/golden/" + file);
  const auto split = [](const std::string& line) {
    std::vector<std::string> fields;
    std::istringstream stream(line);
    for (std::string field; std::getline(stream, field, ',');) fields.push_back(field);
    return fields;
  };
  std::string line;
  REQUIRE(std::getline(in, line));
  const std::vector<std::string> names = split(line);
  std::vector<std::map<std::string, std::string>> rows;
  while (std::getline(in, line)) {
    const std::vector<std::string> fields = split(line);
    REQUIRE(fields.size() == names.size());
    for (size_t i = 0; i < names.size(); ++i) {
      if (i == 0) rows.emplace_back();
      rows.back()[names[i]] = fields[i];
    }
  }
  return rows;
}

// The largest difference of a byte; 256 if the sizes differ.
inline int largest_difference(std::span<const uint8_t> a, std::span<const uint8_t> b) {
  if (a.size() != b.size()) return 256;
  int largest = 0;
  for (size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

inline void write_bytes(const std::filesystem::path& path, std::span<const uint8_t> bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  REQUIRE(out.good());
}

inline void write_text(const std::filesystem::path& path, const std::string& text) {
  write_bytes(path, {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

// The kind and message of the Error that f throws.
struct Thrown {
  int kind = 0;  // 0 if nothing was thrown
  std::string message;
};
template <class F>
Thrown thrown_by(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    return {static_cast<int>(error.kind()), error.what()};
  }
  return {};
}

// The folder of real pictures, for tests that want them; empty if there is none.
inline std::filesystem::path real_pictures() {
  if (const char* folder = std::getenv("RADIAL_TEST_DATA"); folder != nullptr) return folder;
  const auto beside = std::filesystem::path(RADIAL_SOURCE_DIR) / "../shared/data/imagenette-mini";
  return std::filesystem::exists(beside) ? beside : std::filesystem::path();
}

}  // namespace radial::test
