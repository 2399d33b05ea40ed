#include "io/atomic_file.h"

#include <csignal>
#include <sys/resource.h>
#include <sys/stat.h>

#include "core/error.h"
#include "tests/catch.h"
#include "tests/io/scratch_folder.h"

using namespace radial;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("an atomic file appears whole, at commit") {
  const ScratchFolder folder;
  const std::string path = folder / "a.txt";
  put(path, "old");
  {
    AtomicFile file(path);
    file.write("new ");
    file.write("content");
    CHECK(content_of(path) == "old");
    file.commit();
  }
  CHECK(content_of(path) == "new content");
  CHECK(folder.files() == 1);
}

TEST_CASE("an atomic file without commit leaves no trace") {
  const ScratchFolder folder;
  put(folder / "a.txt", "old");
  { AtomicFile(folder / "a.txt").write("half"); }
  { AtomicFile(folder / "b.txt").write("half"); }
  CHECK(content_of(folder / "a.txt") == "old");
  CHECK(folder.files() == 1);
}

TEST_CASE("an atomic file keeps permissions and symbolic links") {
  const ScratchFolder folder;
  put(folder / "a.txt", "old");
  std::filesystem::permissions(folder / "a.txt", std::filesystem::perms(0600));
  std::filesystem::create_symlink("a.txt", folder / "link");
  write_atomically(folder / "link", "new");
  CHECK(content_of(folder / "a.txt") == "new");
  CHECK(std::filesystem::is_symlink(folder / "link"));
  CHECK(std::filesystem::status(folder / "a.txt").permissions() == std::filesystem::perms(0600));
}

TEST_CASE("a failed write is an error of kind io that names the file and the reason") {
  const ScratchFolder folder;
  const auto kind_of = [](auto&& action) {
    try {
      action();
    } catch (const Error& error) {
      return error.kind();
    }
    return ErrorKind::internal;
  };
  CHECK(kind_of([&] { write_atomically(folder / "none/a.txt", "x"); }) == ErrorKind::io);
  CHECK_THROWS_WITH(write_atomically(folder / "none/a.txt", "x"),
                    ContainsSubstring("/none/a.txt: No such file or directory"));
  CHECK_THROWS_WITH(write_atomically(folder.path().string(), "x"), ContainsSubstring("Is a directory"));
  CHECK_THROWS_WITH(write_atomically("/dev/full", "x"), ContainsSubstring("/dev/full: No space left on device"));
  CHECK(folder.files() == 0);
}

TEST_CASE("a file that outgrows its limit leaves the old one") {
  const ScratchFolder folder;
  const std::string path = folder / "a.txt";
  put(path, "old");
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{4096, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  std::string message;
  try {
    write_atomically(path, std::string(10000, 'x'));
  } catch (const Error& error) {
    message = error.what();
  }
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  CHECK_THAT(message, ContainsSubstring("a.txt: File too large"));
  CHECK(message.find("tmp-") == std::string::npos);
  CHECK(content_of(path) == "old");
  CHECK(folder.files() == 1);
}

TEST_CASE("devices are written directly") {
  write_atomically("/dev/null", "x");
  CHECK(std::filesystem::is_character_file("/dev/null"));
}
