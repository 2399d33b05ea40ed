// A picture's file, or a member of an archive (data/picture_archive.h), open to read. What is thrown says whose fault a
// failure is: the picture's (BadSample), the data set's if the file is gone (Error(dataset): others may be, too), or
// the system's (Error(io)). All messages name the path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "data/picture_archive.h"

namespace radial {

class PictureFile {
 public:
  // A pipe that took the picture's place is not waited for.
  explicit PictureFile(const std::filesystem::path& path);
  ~PictureFile();
  PictureFile(const PictureFile&) = delete;
  PictureFile& operator=(const PictureFile&) = delete;

  // In bytes. BadSample if it is no regular file.
  int64_t size() const;

  // Reads `bytes` bytes from `at` on and returns how many there are: fewer only at the end.
  size_t read(void* data, size_t bytes, int64_t at) const;

 private:
  [[noreturn]] void failed(const char* action) const;
  std::string path_;
  int descriptor_ = -1;
  std::optional<PlaceInArchive> place_;  // if it is in an archive
  const ArchiveMember* member_ = nullptr;
};

}  // namespace radial
