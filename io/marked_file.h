// A file that grows while somebody relies on what it held at certain times: the CSV files and event files of a run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "io/checksum.h"
#include "io/file.h"

namespace radial {

// How much of a file was written at some time, and what: whoever relies on it can tell later that it is there.
struct FileMark {
  uint64_t bytes = 0;
  uint64_t crc64 = 0;  // of these bytes (io/checksum.h)
};

// What messages call the file and what it consists of.
struct FileWords {
  const char* kind = "csv";
  const char* parts = "rows";
};

// What is added is kept until flush() or sync(), whose failures are Error(io) with the path; what could not be written
// stays, whole, for the next call. sync() fails, too, if the file has lost its name.
class MarkedFile {
 public:
  explicit MarkedFile(File empty);  // a new file
  // Goes on with a file as it was at `mark`: what was written later is cut off. Throws Error(file_format) if it is not
  // there, or if what came before the mark is missing or changed.
  static MarkedFile resume(const std::string& path, const FileMark& mark, const FileWords& words);
  // Goes on with one that holds `content`.
  static MarkedFile resume(const std::string& path, std::string_view content);

  const std::string& path() const { return file_.path(); }
  void add(std::string_view text) { buffer_ += text; }
  size_t buffered() const { return buffer_.size(); }  // bytes
  void flush();
  FileMark sync(const FileWords& words);  // flushes and waits until all is on the disk; the mark of now

 private:
  File file_;
  std::string buffer_;
  uint64_t bytes_ = 0;  // in the file
  Checksum checksum_;   // of them
  bool torn_ = false;   // a write failed: there may be a part of the buffer in the file
  bool lost_ = false;   // a sync failed: nobody knows what is on the disk
};

}  // namespace radial
