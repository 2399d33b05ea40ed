// What could be a picture but cannot be read is named by the listing, and left out only where that is asked for.
#include "data/folder_scan.h"

#include <algorithm>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "data/image_folder.h"
#include "tests/data/fixtures.h"

namespace radial {
namespace {

using namespace test;
using Catch::Matchers::ContainsSubstring;
namespace fs = std::filesystem;

// Root may read everything: be somebody else for a while. Files that are to be seen must allow it.
class AsNobody {
 public:
  AsNobody() : was_root_(geteuid() == 0) {
    if (was_root_) REQUIRE(seteuid(65534) == 0);
  }
  ~AsNobody() {
    if (was_root_) (void)!seteuid(0);
  }

 private:
  bool was_root_;
};

// A split with one good picture in each of the classes cat and dog.
class Split {
 public:
  Split() {
    fs::permissions(root(), fs::perms::all);
    for (const char* name : {"cat/1.jpg", "dog/1.jpg"}) write_text(root() / name, "x");
  }
  const fs::path& root() const { return scratch_.path(); }

  // Opening must be refused with one unusable entry, or leave out that one.
  void check_unusable(const std::string& entry, const std::string& reason) const {
    const auto error = thrown_by([&] { open_image_folder(root()); });
    CHECK(error.kind == static_cast<int>(ErrorKind::dataset));
    CHECK_THAT(error.message, ContainsSubstring("1 file cannot be used, the first: "));
    CHECK_THAT(error.message, ContainsSubstring((root() / entry).string() + ": " + reason));
    const ImageFolder folder = open_image_folder(root(), OnBadSample::skip);
    CHECK(folder.size() == 2);
    REQUIRE(folder.unusable.size() == 1);
    CHECK(folder.unusable[0].path == (root() / entry).string());
  }

 private:
  ScratchFolder scratch_;
};

TEST_CASE("formats that are not read are refused by the listing, unless the file holds another") {
  const Split split;
  write_text(split.root() / "cat/2.tiff", std::string("II*\0....", 8));
  split.check_unusable("cat/2.tiff", "TIFF is not read");
  write_png(split.root() / "cat/2.tiff", picture(3, 3));
  CHECK(open_image_folder(split.root()).size() == 3);
  write_text(split.root() / "cat/2.tiff", "");
  split.check_unusable("cat/2.tiff", "TIFF is not read");
}

TEST_CASE("the listing counts what it cannot use and names the first") {
  const Split split;
  for (char c = 'a'; c < 'm'; ++c) write_text(split.root() / "dog" / (std::string(1, c) + ".heic"), "x");
  const auto error = thrown_by([&] { open_image_folder(split.root()); });
  CHECK_THAT(error.message, ContainsSubstring("12 files cannot be used, the first: picture " +
                                              (split.root() / "dog/a.heic").string()));
  CHECK_THAT(error.message, ContainsSubstring("--on-bad-image skip"));
}

TEST_CASE("links that lead nowhere are named: pictures, folders, classes") {
  const Split split;
  for (const char* link : {"cat/2.jpg", "cat/folder", "bird"}) {
    fs::create_symlink("/nowhere/at/all", split.root() / link);
    split.check_unusable(link, "a link to what is not there");
    fs::remove(split.root() / link);
  }
  fs::create_symlink("2.jpg", split.root() / "cat/2.jpg");  // to itself
  split.check_unusable("cat/2.jpg", "cannot be opened: Too many levels");
  fs::remove(split.root() / "cat/2.jpg");
  fs::create_symlink("/nowhere", split.root() / "cat/notes.txt");  // no picture in any case
  CHECK(open_image_folder(split.root()).size() == 2);
}

TEST_CASE("a link in a circle is left out with what lies behind it") {
  const Split split;
  for (const char* target : {"..", ".", "../cat"}) {
    fs::create_directory_symlink(target, split.root() / "cat/up");
    split.check_unusable("cat/up", "a link in a circle");
    fs::remove(split.root() / "cat/up");
  }
}

TEST_CASE("pipes, sockets and empty folders that are called like pictures are named") {
  const Split split;
  REQUIRE(mkfifo((split.root() / "cat/2.jpg").c_str(), 0600) == 0);
  split.check_unusable("cat/2.jpg", "not a file");
  fs::remove(split.root() / "cat/2.jpg");

  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = (split.root() / "dog/s.png").string();
  REQUIRE(path.copy(address.sun_path, sizeof address.sun_path - 1) == path.size());
  const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  REQUIRE(bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  close(listener);
  split.check_unusable("dog/s.png", "not a file");
  fs::remove(path);

  fs::create_directory(split.root() / "cat/2.jpg");
  split.check_unusable("cat/2.jpg", "a folder, and without pictures");
  write_text(split.root() / "cat/2.jpg/inside.jpg", "x");  // a folder like others
  CHECK(open_image_folder(split.root()).size() == 3);
}

TEST_CASE("a missing right is an error of the system, whatever is to become of bad pictures") {
  const Split split;
  const auto check_refused = [&](const fs::path& entry) {
    const fs::perms before = fs::status(entry).permissions();
    fs::permissions(entry, fs::perms::none);
    {
      const AsNobody nobody;
      for (const OnBadSample on_bad : {OnBadSample::error, OnBadSample::skip}) {
        const auto error = thrown_by([&] { open_image_folder(split.root(), on_bad); });
        CHECK(error.kind == static_cast<int>(ErrorKind::io));
        CHECK_THAT(error.message, ContainsSubstring(entry.string() + ": Permission denied"));
      }
    }
    fs::permissions(entry, before);
  };
  write_text(split.root() / "cat/2.jpg", "x");
  check_refused(split.root() / "cat/2.jpg");
  fs::create_directory(split.root() / "cat/closed");
  check_refused(split.root() / "cat/closed");
  check_refused(split.root() / "cat");
  check_refused(split.root());
}

}  // namespace
}  // namespace radial
