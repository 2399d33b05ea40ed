// Protocol buffers as they lie in a file, read without the library that wrote them.
#pragma once

#include <cstdint>
#include <cstring>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

// The fields of a message by their numbers, each as often as it comes. A field is a number, or bytes: a text, a
// message, or numbers one after another.
struct WireMessage {
  struct Field {
    uint64_t number = 0;
    std::string bytes;

    WireMessage message() const { return WireMessage::read(bytes); }
    float as_float() const {
      const auto low = static_cast<uint32_t>(number);
      float value = 0;
      std::memcpy(&value, &low, sizeof value);
      return value;
    }
    double as_double() const {
      double value = 0;
      std::memcpy(&value, &number, sizeof value);
      return value;
    }
  };
  std::map<uint64_t, std::vector<Field>> fields;

  std::vector<Field> all(uint64_t number) const { return has(number) ? fields.at(number) : std::vector<Field>(); }
  bool has(uint64_t number) const { return fields.contains(number); }
  Field one(uint64_t number) const { return fields.at(number).at(0); }
  std::string text(uint64_t number) const { return has(number) ? one(number).bytes : ""; }
  int64_t integer(uint64_t number) const { return has(number) ? static_cast<int64_t>(one(number).number) : 0; }

  static WireMessage read(const std::string& bytes) {
    WireMessage message;
    for (size_t at = 0; at < bytes.size();) {
      const uint64_t tag = varint(bytes, at);
      Field field;
      switch (tag & 7) {
        case 0:
          field.number = varint(bytes, at);
          break;
        case 1:
          field.number = fixed(bytes, at, 8);
          break;
        case 2: {
          const size_t length = varint(bytes, at);
          if (length > bytes.size() - at) throw std::runtime_error("a field is cut off");
          field.bytes = bytes.substr(at, length);
          at += length;
          break;
        }
        case 5:
          field.number = fixed(bytes, at, 4);
          break;
        default:
          throw std::runtime_error("no such kind of field");
      }
      message.fields[tag >> 3].push_back(field);
    }
    return message;
  }

 private:
  static uint64_t varint(const std::string& bytes, size_t& at) {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<uint8_t>(bytes.at(at++));
      value |= uint64_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) return value;
    }
    throw std::runtime_error("a number does not end");
  }
  static uint64_t fixed(const std::string& bytes, size_t& at, size_t count) {
    uint64_t value = 0;
    for (size_t i = 0; i < count; ++i) value |= uint64_t{static_cast<uint8_t>(bytes.at(at + i))} << (8 * i);
    at += count;
    return value;
  }
};
