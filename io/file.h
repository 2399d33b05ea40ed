// An open file whose every failure is an Error(io) with the path and the system's reason. Opening waits for nobody: a
// pipe (or device) that took the place of a file is an error, not a program that hangs.
#pragma once

#include <chrono>
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
  // To write; empties a file that exists. A pipe must have a reader within `patience`.
  static File create(const std::string& path);
  // To write; nothing if there is something of that name.
  static std::optional<File> create_new(const std::string& path, uint32_t permissions);
  // To write to stdout or stderr where `path` is one of them, as /dev/stdout is, whatever they were redirected to:
  // after what is there, and beside what else is printed. Nothing if it is another file.
  static std::optional<File> standard_stream(const std::string& path);
  ~File();
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;

  bool is_open() const { return descriptor_ >= 0; }
  const std::string& path() const { return path_; }
  bool is_regular() const;
  void expect_regular() const;  // fails for a pipe, a device and a folder
  uint64_t size() const;
  uint64_t links() const;  // names that it has on its disk

  // Waits until there is something to read, or nothing more will be; only pipes are waited for, as long as somebody has
  // them open to write. Fails if nobody has within `patience`.
  void await_data() const;
  // Reads up to `bytes`; fewer only at the end of the file. Returns how many were read.
  size_t read(void* data, size_t bytes);
  void write(const void* data, size_t bytes);
  void write(std::string_view text) { write(text.data(), text.size()); }
  void truncate(uint64_t bytes);  // cuts off what comes after; writing goes on there
  void sync();                    // waits until the data is on the disk
  void close();                   // some systems report a full disk only here

  // Keeps other processes that ask from the file or folder until this one is closed or its process ends. Not every
  // disk knows locks.
  enum class Lock { held, of_another, unknown };
  Lock lock();

  static constexpr std::chrono::milliseconds patience{5000};  // with whoever is at the other end of a pipe

 private:
  File(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  static File opened(int descriptor, const std::string& path);  // by open(2)

  int descriptor_ = -1;
  std::string path_;
};

// The whole file. Pipes and devices can be read, too (--config <(program), /dev/stdin), if they end within 1 GiB.
std::string read_text(const std::string& path);

}  // namespace radial
