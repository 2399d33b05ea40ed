#include "io/folder.h"

#include "core/error.h"
#include "tests/catch.h"
#include "tests/io/scratch_folder.h"

using namespace radial;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("folders are made with those above them") {
  const ScratchFolder scratch;
  CHECK(make_folders(scratch / "a/b/c"));
  CHECK(!make_folders(scratch / "a/b/c"));
  CHECK(make_folders(scratch / "a/d/"));
  CHECK(std::filesystem::is_directory(scratch / "a/d"));
  put(scratch / "file", "");
  CHECK_THROWS_WITH(make_folders(scratch / "file"), ContainsSubstring("/file: File exists"));
  CHECK_THROWS_WITH(make_folders(scratch / "file/a"), ContainsSubstring("Not a directory"));
  CHECK_NOTHROW(sync_folder(""));
  CHECK_THROWS_WITH(sync_folder(scratch / "nowhere"), ContainsSubstring("/nowhere: No such file"));
}
