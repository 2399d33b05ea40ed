#include "io/checksum.h"

#include <array>
#include <bit>
#include <cstring>

#include "core/fnv.h"

namespace radial {

namespace {
static_assert(std::endian::native == std::endian::little, "eight bytes at a time are read as a little-endian number");

using Tables = std::array<std::array<uint64_t, 256>, 8>;

// Tables[0] steps over one byte; Tables[k] over a byte that k more bytes follow ("slicing by 8").
constexpr Tables make_tables() {
  Tables tables{};
  for (uint64_t byte = 0; byte < 256; ++byte) {
    uint64_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) ? 0xC96C5795D7870F42u : 0);
    tables[0][byte] = crc;
  }
  for (size_t k = 1; k < 8; ++k) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint64_t crc = tables[k - 1][byte];
      tables[k][byte] = (crc >> 8) ^ tables[0][crc & 0xFF];
    }
  }
  return tables;
}
constexpr Tables tables = make_tables();
}  // namespace

void Checksum::add(const void* data, size_t bytes) {
  const auto* p = static_cast<const unsigned char*>(data);
  uint64_t crc = state_;
  for (; bytes >= 8; bytes -= 8, p += 8) {
    uint64_t word = 0;
    std::memcpy(&word, p, 8);
    word ^= crc;
    crc = 0;
    for (size_t k = 0; k < 8; ++k) crc ^= tables[7 - k][(word >> (8 * k)) & 0xFF];
  }
  for (; bytes > 0; --bytes, ++p) crc = (crc >> 8) ^ tables[0][(crc ^ *p) & 0xFF];
  state_ = crc;
}

std::string Checksum::hex() const { return hex_digits(value()); }

}  // namespace radial
