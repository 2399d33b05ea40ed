#include "io/marked_file.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "core/error.h"

namespace radial {

namespace {

// The checksum of the first mark.bytes of a file.
Checksum checked_beginning(const std::string& path, const FileMark& mark, const FileWords& words) {
  constexpr size_t piece_bytes = 1 << 16;
  const auto& [kind, parts] = words;
  check(std::filesystem::exists(path), ErrorKind::file_format, kind, ": ", path,
        " is missing, but the checkpoint relies on its ", parts);
  File file = File::open(path);
  file.expect_regular();
  Checksum checksum;
  std::string piece(piece_bytes, '\0');
  for (uint64_t at = 0; at < mark.bytes;) {
    const size_t count = file.read(piece.data(), std::min<uint64_t>(piece.size(), mark.bytes - at));
    check(count > 0, ErrorKind::file_format, kind, ": ", path, ": it has ", at, " bytes but the checkpoint relies on ",
          mark.bytes, ": its last ", parts, " are missing");
    checksum.add(piece.data(), count);
    at += count;
  }
  check(checksum.value() == mark.crc64, ErrorKind::file_format, kind, ": ", path, ": its first ", mark.bytes,
        " bytes are not those that were there when the checkpoint was saved: ", parts, " were changed");
  return checksum;
}

}  // namespace

MarkedFile::MarkedFile(File empty) : file_(std::move(empty)) {}

MarkedFile MarkedFile::resume(const std::string& path, const FileMark& mark, const FileWords& words) {
  const Checksum checksum = checked_beginning(path, mark, words);
  MarkedFile file(File::append_to(path));
  file.file_.truncate(mark.bytes);
  file.bytes_ = mark.bytes;
  file.checksum_ = checksum;
  return file;
}

MarkedFile MarkedFile::resume(const std::string& path, std::string_view content) {
  MarkedFile file(File::append_to(path));
  file.bytes_ = content.size();
  file.checksum_.add(content.data(), content.size());
  return file;
}

void MarkedFile::flush() {
  if (buffer_.empty()) return;
  if (torn_) file_.truncate(bytes_);
  torn_ = true;
  file_.write(buffer_);
  torn_ = false;
  bytes_ += buffer_.size();
  checksum_.add(buffer_.data(), buffer_.size());
  buffer_.clear();
}

FileMark MarkedFile::sync(const FileWords& words) {
  // After a failure the system may have dropped what it could not write, and would report success.
  check(!lost_, ErrorKind::io, "sync: ", file_.path(), ": failed before");
  flush();
  lost_ = true;
  file_.sync();
  lost_ = false;
  std::error_code unknown;
  check(std::filesystem::exists(file_.path(), unknown) || unknown, ErrorKind::io, words.kind, ": ", file_.path(),
        " was removed or renamed while it was written");
  return {bytes_, checksum_.value()};
}

}  // namespace radial
