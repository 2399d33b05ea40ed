// Bytes as text, to stand in a page (RFC 4648, with padding).
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace radial {

std::string base64(std::span<const uint8_t> bytes);

}  // namespace radial
