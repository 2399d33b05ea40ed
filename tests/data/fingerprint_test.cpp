#include "data/fingerprint.h"

#include <sys/stat.h>

#include "core/error.h"
#include "tests/catch.h"
#include "tests/io/scratch_folder.h"

using namespace radial;
namespace fs = std::filesystem;

namespace {

std::string bytes(size_t count, char seed) {
  std::string text(count, seed);
  for (size_t i = 0; i < count; ++i) text[i] = static_cast<char>(text[i] + 31 * (i % 97));
  return text;
}

// Two classes with small and large "pictures": fingerprints look at bytes alone.
void fill(const std::string& root) {
  for (const char* name : {"cat", "dog"}) {
    fs::create_directories(root + "/" + name);
    for (int i = 0; i < 60; ++i)
      put(root + "/" + name + "/" + std::to_string(i) + ".jpg",
          bytes(i % 20 == 0 ? 200'000 : 1000, static_cast<char>(i)));
  }
}

std::vector<std::string> of(const std::string& root) { return fingerprints(open_image_folder(root)); }

}  // namespace

TEST_CASE("fingerprints follow from the contents, wherever the pictures lie") {
  const ScratchFolder scratch;
  fill(scratch / "a");
  const std::vector<std::string> before = of(scratch / "a");
  REQUIRE(before.size() == 2);
  CHECK(before[0].size() == 16);
  CHECK(before[0] == before[1]);
  CHECK(of(scratch / "a") == before);
  fs::rename(scratch / "a", scratch / "b");
  CHECK(of(scratch / "b") == before);
}

TEST_CASE("a picture that is replaced changes the fingerprint of its class alone") {
  const ScratchFolder scratch;
  fill(scratch / "a");
  const std::vector<std::string> before = of(scratch / "a");
  const auto changed_by = [&](const std::string& name, const std::string& content) {
    const std::string path = scratch / ("a/dog/" + name), kept = content_of(path);
    put(path, content);
    const std::vector<std::string> now = of(scratch / "a");
    put(path, kept);
    CHECK(now[0] == before[0]);
    return now[1] != before[1];
  };
  CHECK(changed_by("1.jpg", bytes(1000, 7)));
  CHECK(changed_by("1.jpg", bytes(999, 1)));
  CHECK(changed_by("1.jpg", ""));
  std::string large = content_of(scratch / "a/dog/20.jpg");
  for (const size_t at : {size_t{0}, large.size() / 2, large.size() - 1}) {
    std::string other = large;
    other[at] = static_cast<char>(other[at] ^ 1);
    CHECK(changed_by("20.jpg", other));
  }
  CHECK(!changed_by("20.jpg", large));
}

TEST_CASE("a picture that changed into something else since it was listed is an error") {
  const ScratchFolder scratch;
  fill(scratch / "a");
  const ImageFolder folder = open_image_folder(scratch / "a");
  const std::string path = folder.path(0).string();
  const auto fails_with = [&](ErrorKind kind) {
    try {
      fingerprints(folder);
    } catch (const Error& error) {
      CHECK_THAT(error.what(), Catch::Matchers::ContainsSubstring(path));
      return error.kind() == kind;
    }
    return false;
  };
  fs::remove(path);
  CHECK(fails_with(ErrorKind::dataset));
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  CHECK(fails_with(ErrorKind::dataset));
  fs::remove(path);
  fs::create_symlink(fs::path(path).filename(), path);  // to itself
  CHECK(fails_with(ErrorKind::io));
}
