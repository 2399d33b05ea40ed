// Event files as TensorBoard reads them: records whose checksums hold, and the scalars in them.
#pragma once

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/io/scratch_folder.h"
#include "tests/io/wire_message.h"

// Bit by bit; that of "123456789" is 0xE3069283.
inline uint32_t crc32c(const std::string& bytes) {
  uint32_t crc = 0xFFFFFFFF;
  for (const char byte : bytes) {
    crc ^= static_cast<uint8_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78 : 0);
  }
  return ~crc;
}

// Throws where a record is cut off or a checksum is wrong.
inline std::vector<WireMessage> event_records(const std::string& path) {
  const std::string file = content_of(path);
  const auto number = [&](size_t at, size_t bytes) {
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; ++i) value |= uint64_t{static_cast<uint8_t>(file.at(at + i))} << (8 * i);
    return value;
  };
  const auto check_crc = [&](const std::string& bytes, uint64_t masked) {
    const uint32_t crc = crc32c(bytes);
    if (masked != static_cast<uint32_t>((crc >> 15 | crc << 17) + 0xa282ead8u))
      throw std::runtime_error(path + ": wrong checksum");
  };
  std::vector<WireMessage> records;
  for (size_t at = 0; at < file.size();) {
    const uint64_t length = number(at, 8);
    check_crc(file.substr(at, 8), number(at + 8, 4));
    if (length > file.size() - at - 12) throw std::runtime_error(path + ": cut off");
    const std::string event = file.substr(at + 12, length);
    check_crc(event, number(at + 12 + length, 4));
    records.push_back(WireMessage::read(event));
    at += length + 16;
  }
  return records;
}

inline std::vector<std::string> event_files_in(const std::string& folder) {
  std::vector<std::string> files;
  if (std::filesystem::exists(folder))
    for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  return files;
}

// Tag -> (step, value) in the order of the files.
using Curves = std::map<std::string, std::vector<std::pair<int64_t, float>>>;

inline Curves curves_in(const std::string& folder) {
  Curves curves;
  for (const std::string& file : event_files_in(folder))
    for (const WireMessage& event : event_records(file))
      if (event.has(5))
        for (const auto& value : event.one(5).message().all(1)) {
          const WireMessage scalar = value.message();
          curves[scalar.text(1)].emplace_back(event.integer(2), scalar.one(2).as_float());
        }
  return curves;
}
