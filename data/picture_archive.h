// Archives as folders: a tar or zip file whose members are read where they lie, by paths that go on behind its own:
// "pictures.tar/train/cat/1.jpg". Whatever lists folders and reads files of pictures knows such paths.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/archive_format.h"

namespace radial {

// The tree of an archive, made once from the list of its members. Names that begin with a dot, and what lies below
// them, are left out, and so is what a Mac adds (__MACOSX); "./" and "/" before a name count for nothing, a name that
// leaves the tree ("../a.jpg") is no part of it. Of members of one name the last counts, as if all were unpacked in
// order. Links are followed, within the tree. A tar file NAME.tar in a tar file is the folder NAME, as ImageNet's
// classes are shipped, unless pictures or a folder NAME lie beside it; a folder NAME around all that it holds is passed
// through. Reading is safe from several threads at once.
class PictureArchive {
 public:
  struct Listing {  // of a folder; each list sorted by name in byte order
    std::vector<std::string> folders;
    std::vector<std::string> files;
    std::vector<std::string> others;        // pipes, devices
    std::vector<std::string> broken_links;  // to what is not in the archive
  };

  // Reads the list of members. Throws Error(file_format) for an archive, or one in it, that is damaged, cut off or
  // compressed as a whole, Error(usage) if this program was built without what reads it, Error(io) where the system
  // fails.
  explicit PictureArchive(const std::string& path);
  ~PictureArchive();

  // The name without links, "" for the archive's own folder; nothing if there is no such thing.
  std::optional<std::string> resolve(std::string_view name) const;
  bool is_folder(const std::string& resolved) const;
  Listing list(const std::string& resolved) const;

  // Null if it is no file.
  const ArchiveMember* file(const std::string& resolved) const;

  // Reads `bytes` bytes of a file from `at` on; returns how many there are. BadSample that begins with `name` for what
  // is damaged or encrypted.
  size_t read(const ArchiveMember& file, const std::string& name, void* data, size_t bytes, int64_t at) const;

 private:
  std::vector<std::string> folders_as_tar_files(const std::string& path) const;
  bool open_tar_files_inside(const std::string& path);
  void sort_members();
  const ArchiveMember* find(std::string_view name) const;  // as it stands, null for folders without an entry
  bool has_below(const std::string& folder) const;

  std::unique_ptr<const ArchiveFormat> format_;
  std::vector<ArchiveMember> members_;  // sorted by name
};

// Where a path leads to if its beginning is an archive and not a folder.
struct PlaceInArchive {
  std::shared_ptr<const PictureArchive> archive;
  std::string name;  // in it, without links; "" is its own folder
  bool found = false;

  bool is_folder() const { return found && archive->is_folder(name); }
};

// Nothing if no part of the path is an archive, which its first bytes say. An archive is opened once; again if another
// file has taken its place. Throws as PictureArchive does.
std::optional<PlaceInArchive> place_in_archive(const std::filesystem::path& path);

// Whether a file is an archive, or one that is compressed as a whole, by its first bytes; not whether it is whole.
bool is_archive(const std::filesystem::path& path);

// A folder, or one in an archive, which may be the archive itself. What cannot be looked at is none.
bool is_picture_folder(const std::filesystem::path& path);

}  // namespace radial
