// An open file whose every failure is an Error(io) with the path and the system's reason.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace radial {

class File {
 public:
  File() = default;                                                       // not open
  static File open(const std::string& path);                              // to read
  static File append_to(const std::string& path);                         // to write at the end of a file that exists
  static File create(const std::string& path);                            // to write; empties a file that exists
  static File create_new(const std::string& path, uint32_t permissions);  // to write; fails if the file exists
  ~File();
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;

  bool is_open() const { return descriptor_ >= 0; }
  const std::string& path() const { return path_; }
  bool is_regular() const;
  uint64_t size() const;

  // Reads up to `bytes`; fewer only at the end of the file. Returns how many were read.
  size_t read(void* data, size_t bytes);
  void write(const void* data, size_t bytes);
  void write(std::string_view text) { write(text.data(), text.size()); }
  void sync();   // waits until the data is on the disk
  void close();  // some systems report a full disk only here

 private:
  File(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  static File open_with(const std::string& path, int flags, uint32_t permissions);

  int descriptor_ = -1;
  std::string path_;
};

std::string read_text(const std::string& path);  // the whole file

}  // namespace radial
