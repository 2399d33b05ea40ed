// An open file whose every failure is an Error(io) with the path and the system's reason.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace radial {

class File {
 public:
  File() = default;                                // not open
  static File open(const std::string& path);       // to read; a folder, too
  static File append_to(const std::string& path);  // to write at the end of a file that exists
  static File create(const std::string& path);     // to write; empties a file that exists
  // To write; nothing if there is something of that name.
  static std::optional<File> create_new(const std::string& path, uint32_t permissions);
  ~File();
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;

  bool is_open() const { return descriptor_ >= 0; }
  const std::string& path() const { return path_; }
  bool is_regular() const;
  uint64_t size() const;
  uint64_t links() const;  // names that it has on its disk

  // Reads up to `bytes`; fewer only at the end of the file. Returns how many were read.
  size_t read(void* data, size_t bytes);
  void write(const void* data, size_t bytes);
  void write(std::string_view text) { write(text.data(), text.size()); }
  void truncate(uint64_t bytes);  // cuts off what comes after
  void sync();                    // waits until the data is on the disk
  void close();                   // some systems report a full disk only here

  // Keeps other processes that ask from the file or folder until this one is closed or its process ends. Not every
  // disk knows locks.
  enum class Lock { held, of_another, unknown };
  Lock lock();

 private:
  File(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  static File open_with(const std::string& path, int flags, uint32_t permissions);

  int descriptor_ = -1;
  std::string path_;
};

std::string read_text(const std::string& path);  // the whole file

}  // namespace radial
