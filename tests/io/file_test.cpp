#include "io/file.h"

#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <thread>

#include "core/error.h"
#include "io/atomic_file.h"
#include "io/csv.h"
#include "io/weights_file.h"
#include "tests/catch.h"
#include "tests/io/scratch_folder.h"

using namespace radial;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string pipe_in(const ScratchFolder& folder) {
  const std::string path = folder / "pipe";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  return path;
}

// What an Error of kind io says; "" if there is none.
template <class Action>
std::string io_error(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::io);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a pipe in the place of a file that must be one is refused at once") {
  const ScratchFolder folder;
  const std::string path = pipe_in(folder);
  const auto start = std::chrono::steady_clock::now();
  CHECK_THAT(io_error([&] { CsvWriter::resume(path, {"a"}, FileMark{}); }),
             ContainsSubstring(path + ": this is no regular file"));
  CHECK_THAT(io_error([&] { read_weights_file(path); }), ContainsSubstring(path + ": this is no regular file"));
  CHECK_THAT(io_error([&] { read_weights_file(folder.path().string()); }),
             ContainsSubstring("this is no regular file"));
  CHECK_THAT(io_error([&] { File::append_to(path); }), ContainsSubstring(path + ": No such device or address"));
  CHECK_NOTHROW(check_writable(path));  // is not opened: a reader would take that for all that comes
  CHECK(std::chrono::steady_clock::now() - start < File::patience);
}

TEST_CASE("a pipe without another end is not waited for without an end") {
  const ScratchFolder folder;
  const std::string path = pipe_in(folder);
  CHECK_THAT(io_error([&] { read_text(path); }), ContainsSubstring(path + ": this is a pipe to which nobody writes"));
  CHECK_THAT(io_error([&] { write_atomically(path, "text"); }),
             ContainsSubstring(path + ": this is a pipe from which nobody reads"));
}

TEST_CASE("pipes are read and written, whoever comes first") {
  const ScratchFolder folder;
  const std::string path = pipe_in(folder);
  const std::string text(200000, 'x');  // more than a pipe holds
  const bool waits = GENERATE(false, true);
  std::thread writer([&] {
    if (waits) std::this_thread::sleep_for(std::chrono::milliseconds(200));
    write_atomically(path, text);
  });
  if (!waits) std::this_thread::sleep_for(std::chrono::milliseconds(200));
  CHECK(read_text(path) == text);
  writer.join();
  CHECK(std::filesystem::is_fifo(path));
}

TEST_CASE("a writer that takes its time is waited for") {
  const ScratchFolder folder;
  const std::string path = pipe_in(folder);
  std::thread writer([&] {
    File file = File::create(path);
    std::this_thread::sleep_for(File::patience + std::chrono::milliseconds(300));
    file.write("late");
  });
  CHECK(read_text(path) == "late");
  writer.join();
}

TEST_CASE("whether a file can be written is known before, and nothing is left of the question") {
  const ScratchFolder folder;
  put(folder / "a.txt", "old");
  check_writable(folder / "a.txt");
  check_writable(folder / "b.txt");
  check_writable("/dev/null");
  CHECK(content_of(folder / "a.txt") == "old");
  CHECK(folder.files() == 1);
  CHECK_THAT(io_error([&] { check_writable(folder / "none/a.txt"); }),
             ContainsSubstring("/none/a.txt: No such file or directory"));
  CHECK_THAT(io_error([&] { check_writable(folder / std::string(256, 'a')); }),
             ContainsSubstring("File name too long"));
  CHECK_THAT(io_error([&] { check_writable(folder.path().string()); }), ContainsSubstring("Is a directory"));
}

TEST_CASE("what stdout goes to is written after what is there, not replaced") {
  const ScratchFolder folder;
  const std::string path = folder / "log";
  const bool by_name = GENERATE(true, false);
  put(path, "before\n");
  std::fflush(stdout);
  const int kept = ::dup(STDOUT_FILENO);
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_APPEND);
  ::dup2(descriptor, STDOUT_FILENO);
  std::printf("printed\n");
  write_atomically(by_name ? path : "/dev/stdout", "written\n");
  std::printf("after\n");
  std::fflush(stdout);
  ::dup2(kept, STDOUT_FILENO);
  for (const int end : {kept, descriptor}) ::close(end);
  CHECK(content_of(path) == "before\nprinted\nwritten\nafter\n");
}
