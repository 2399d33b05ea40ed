#include "core/error.h"

#include <new>
#include <system_error>

namespace radial {

ErrorKind kind_of(const std::exception& error) {
  if (const auto* known = dynamic_cast<const Error*>(&error)) return known->kind();
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return ErrorKind::out_of_memory;
  return dynamic_cast<const std::system_error*>(&error) != nullptr ? ErrorKind::io : ErrorKind::internal;
}

}  // namespace radial
