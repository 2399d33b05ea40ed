// Files that are replaced as a whole: a reader sees the old content or the new, never a part of it, whenever the
// process or the machine stops.
#pragma once

#include <string>
#include <string_view>

#include "io/file.h"

namespace radial {

// Writes to a temporary file in the folder of `path`; commit() syncs it and gives it the name. Without commit() the
// temporary file is removed and what was at `path` stays. A symbolic link stays a link. What is not a regular file
// (/dev/stdout, a pipe) is written directly. Failures are Error(io) with path and reason.
class AtomicFile {
 public:
  explicit AtomicFile(const std::string& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* data, size_t bytes);
  void write(std::string_view text) { write(text.data(), text.size()); }
  void commit();

 private:
  std::string target_;     // where links end
  std::string temporary_;  // empty when written directly
  File file_;
};

void write_atomically(const std::string& path, std::string_view text);

}  // namespace radial
