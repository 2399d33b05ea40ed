// What an archive must tell of itself: its members, and their bytes from anywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace radial {

struct ArchiveMember {
  enum class Kind { file, folder, symbolic_link, hard_link, other };

  std::string name;  // as it stands in the archive
  Kind kind = Kind::file;
  int64_t at = 0;    // tar: of its first byte; zip: its number
  int64_t size = 0;  // unpacked
  std::string target;
};

class ArchiveFormat {
 public:
  virtual ~ArchiveFormat() = default;

  // In the order of the archive.
  virtual std::vector<ArchiveMember> members() const = 0;

  // Whether members lie in it as they are, so that those of a tar file in it can be read in place.
  virtual bool opens_tar_files_inside() const { return false; }

  // Those of a member that is a tar file; read() takes them, too. `name`: where it lies in the archive, for messages.
  virtual std::vector<ArchiveMember> members_in(const ArchiveMember& /*file*/, const std::string& /*name*/) const {
    return {};
  }

  // As PictureArchive::read().
  virtual size_t read(const ArchiveMember& file, const std::string& name, void* data, size_t bytes,
                      int64_t at) const = 0;
};

std::unique_ptr<ArchiveFormat> open_tar(const std::string& path);  // data/archive_tar.cpp, by libarchive
std::unique_ptr<ArchiveFormat> open_zip(const std::string& path);  // data/archive_zip.cpp, by libzip

std::string archive_library();  // "libarchive 3.6.2", or "cannot be read (...)"

}  // namespace radial
