// System calls that a signal may interrupt: they are made again.
#pragma once

#include <cerrno>

namespace radial {

// What call() returns, once it is not -1 with EINTR.
template <class Call>
auto uninterrupted(Call&& call) {
  while (true) {
    const auto result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

}  // namespace radial
