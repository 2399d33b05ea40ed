// What of a folder is sure to be on the disk: the content that a file had when it was last synced, and the names that a
// folder had when it was last synced. (POSIX promises no more. Most file systems keep more than that, which is why the
// rest may be lost or not: see Lost.)
#pragma once

#include <map>
#include <memory>
#include <string>
#include <sys/types.h>

#include "tests/faults/fault.h"

namespace faults {

class DurableFiles {
 public:
  void take(const std::string& folder);   // all of it is on the disk now
  void created(const std::string& path);  // a new file, not yet synced
  void synced(const std::string& path);   // a file or a folder
  // Puts the folder into the state that a power cut leaves.
  void bring_back(Lost lost) const;

 private:
  // A file, whatever names it has.
  struct Content {
    std::string bytes;
  };
  struct Entry {
    bool is_folder = false;
    std::shared_ptr<Content> content;  // of a file
  };
  using Entries = std::map<std::string, Entry>;  // of a folder, by name

  std::shared_ptr<Content>& content_of(const std::string& path);
  void take_names(const std::string& folder);
  void restore(const std::string& folder, const std::string& now, Lost lost) const;

  std::string root_;
  std::map<ino_t, std::shared_ptr<Content>> contents_;  // of the files that there are
  std::map<std::string, Entries> folders_;              // as they were synced
};

}  // namespace faults
