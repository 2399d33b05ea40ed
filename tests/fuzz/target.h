// What every fuzz target is: it does something with the bytes, and may refuse them with an Error of a kind that it
// names. Anything else, and a property that does not hold, ends the process.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <string_view>

#include "core/error.h"

template <class Action>
void may_refuse(std::initializer_list<radial::ErrorKind> kinds, const Action& action) {
  try {
    action();
  } catch (const radial::Error& error) {
    for (const radial::ErrorKind kind : kinds)
      if (error.kind() == kind) return;
    std::fprintf(stderr, "refused with the wrong kind (%d): %s\n", static_cast<int>(error.kind()), error.what());
    std::abort();
  }
}

inline void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

inline std::string_view text_of(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}
