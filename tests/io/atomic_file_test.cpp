#include "io/atomic_file.h"

#include <sys/stat.h>

#include "core/error.h"
#include "tests/catch.h"
#include "tests/io/file_size_limit.h"
#include "tests/io/scratch_folder.h"

using namespace radial;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("an atomic file appears whole, at commit") {
  const Durable durable = GENERATE(Durable::yes, Durable::no);
  const ScratchFolder folder;
  const std::string path = folder / "a.txt";
  put(path, "old");
  {
    AtomicFile file(path, durable);
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

  std::filesystem::create_symlink("b.txt", folder / "early");
  write_atomically(folder / "early", "first");
  CHECK(content_of(folder / "b.txt") == "first");
  CHECK(std::filesystem::is_symlink(folder / "early"));
  std::filesystem::create_symlink("circle", folder / "circle");
  CHECK_THROWS_WITH(write_atomically(folder / "circle", "x"), ContainsSubstring("/circle: Too many levels"));
  CHECK(std::filesystem::is_symlink(folder / "circle"));
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
  std::string message;
  try {
    const FileSizeLimit limit(4096);
    write_atomically(path, std::string(10000, 'x'));
  } catch (const Error& error) {
    message = error.what();
  }
  CHECK_THAT(message, ContainsSubstring("a.txt: File too large"));
  CHECK(message.find("tmp-") == std::string::npos);
  CHECK(content_of(path) == "old");
  CHECK(folder.files() == 1);
}

TEST_CASE("devices are written directly") {
  write_atomically("/dev/null", "x");
  CHECK(std::filesystem::is_character_file("/dev/null"));
}

TEST_CASE("stale temporary files never stand in the way, and are removed") {
  const ScratchFolder folder;
  const std::string path = folder / "a.txt";
  // What versions with the process number in the name left, in a container where that is always 1.
  for (int i = 0; i < 3; ++i) put(folder / (".a.txt.tmp-1-" + std::to_string(i)), "half");
  put(folder / ".b.txt.tmp-0123456789ab", "half");
  put(folder / ".bashrc", "no temporary file");
  write_atomically(path, "new");
  CHECK(content_of(path) == "new");
  remove_stale_temporaries(folder.path().string(), "a.txt");
  CHECK(folder.files() == 3);
  remove_stale_temporaries(folder.path().string());
  CHECK(folder.files() == 2);
  CHECK(content_of(folder / ".bashrc") == "no temporary file");
  remove_stale_temporaries(folder / "nowhere");
}

TEST_CASE("a temporary file that is being written is not stale") {
  const ScratchFolder folder;
  AtomicFile file(folder / "a.txt");
  file.write("whole");
  remove_stale_temporaries(folder.path().string());
  file.commit();
  CHECK(content_of(folder / "a.txt") == "whole");
}

TEST_CASE("names as long as the disk allows are written atomically, too") {
  const ScratchFolder folder;
  const std::string path = folder / std::string(255, 'n');
  write_atomically(path, "old");
  write_atomically(path, "new");
  CHECK(content_of(path) == "new");
  CHECK(folder.files() == 1);
}

TEST_CASE("an atomic file can have two names, and both are whole") {
  const ScratchFolder folder;
  put(folder / "last", "old");
  put(folder / "epoch1", "of another run");
  {
    AtomicFile file(folder / "last");
    file.write("new");
    REQUIRE(file.link_as(folder / "epoch1"));
    CHECK(content_of(folder / "epoch1") == "new");
    CHECK(content_of(folder / "last") == "old");
    file.commit();
  }
  CHECK(content_of(folder / "last") == "new");
  CHECK(std::filesystem::equivalent(folder / "last", folder / "epoch1"));
  CHECK(folder.files() == 2);
  write_atomically(folder / "last", "newer");
  CHECK(content_of(folder / "epoch1") == "new");
}
