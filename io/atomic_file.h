// Files that are replaced as a whole: a reader sees the old content or the new, never a part of it, whenever the
// process or the machine stops.
#pragma once

#include <string>
#include <string_view>

#include "io/file.h"

namespace radial {

// Whether the disk must have a file before commit() returns. What can be made again need not wait: a reader still sees
// the old content or the new, but after the machine stopped there may be less.
enum class Durable { yes, no };

// Writes to a temporary file in the folder of `path`; commit() syncs it and gives it the name. Without commit() the
// temporary file is removed and what was at `path` stays. A symbolic link stays a link, also one to a file that is not
// there yet. What is not a regular file (a pipe, a device) and what stdout or stderr go to (/dev/stdout) is written
// directly. Failures are Error(io) with path and reason.
class AtomicFile {
 public:
  explicit AtomicFile(const std::string& path, Durable durable = Durable::yes);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* data, size_t bytes);
  void write(std::string_view text) { write(text.data(), text.size()); }
  // Syncs the file and gives it a second name in the same folder, before it has its own; what has that name is
  // replaced. False where the disk has no hard links. Nothing may be written afterwards.
  bool link_as(const std::string& name);
  void commit();

 private:
  void finish();  // all is written and, if it must, on the disk

  std::string path_;       // as it was asked for
  std::string target_;     // where links end
  std::string temporary_;  // empty when written directly
  File file_;
  Durable durable_;
  bool finished_ = false;
};

void write_atomically(const std::string& path, std::string_view text, Durable durable = Durable::yes);

// Fails now, before work whose result is to be written to `path`, if there is no such folder, no right or no room for a
// name. What is at `path` stays; a pipe or device is not tried.
void check_writable(const std::string& path);

// Removes the temporary files that killed processes left in a folder: of the file `name`, or of all. Those of a
// process that lives stay. What cannot be removed stays, too: it does no harm.
void remove_stale_temporaries(const std::string& folder, const std::string& name = "");

// Whether a file of this name is a temporary one.
bool is_temporary(std::string_view name);

}  // namespace radial
