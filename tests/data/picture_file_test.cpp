// Files that cannot be read: what is the picture's fault and what is the system's.
#include <fcntl.h>
#include <sys/stat.h>

#include "data/bad_sample.h"
#include "data/image.h"
#include "tests/data/fixtures.h"

namespace radial {
namespace {

using namespace test;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("errors of the system are no bad pictures") {
  const ScratchFolder scratch;
  const auto error_of = [&](const std::filesystem::path& file) {
    try {
      read_image(file);
    } catch (const BadSample&) {
      FAIL("taken for a bad picture");
    } catch (const Error& error) {
      CHECK_THAT(error.what(), ContainsSubstring(file.string()));
      return Thrown{static_cast<int>(error.kind()), error.what()};
    }
    return Thrown{};
  };
  std::filesystem::create_symlink("loop.png", scratch.path() / "loop.png");
  const Thrown error = error_of(scratch.path() / "loop.png");
  CHECK(error.kind == static_cast<int>(ErrorKind::io));
  CHECK_THAT(error.message, ContainsSubstring("cannot be opened: Too many levels of symbolic links"));
  // What is gone is the data set's fault, but no picture's.
  CHECK(error_of(scratch.path() / "gone.png").kind == static_cast<int>(ErrorKind::dataset));
}

TEST_CASE("a pipe and a folder are no pictures, a file that is far too large neither") {
  const ScratchFolder scratch;
  REQUIRE(mkfifo((scratch.path() / "pipe.jpg").c_str(), 0600) == 0);  // nobody writes: opening must not wait
  CHECK_THROWS_AS(read_image(scratch.path() / "pipe.jpg"), BadSample);
  CHECK_THROWS_AS(read_image(scratch.path()), BadSample);
  write_text(scratch.path() / "huge.jpg", "x");
  std::filesystem::resize_file(scratch.path() / "huge.jpg", uint64_t{1} << 40);
  CHECK_THROWS_AS(read_image(scratch.path() / "huge.jpg"), BadSample);
}

}  // namespace
}  // namespace radial
