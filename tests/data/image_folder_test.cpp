// Listing of data sets, and what is said of those that cannot be used.
#include "data/image_folder.h"

#include <algorithm>

#include "tests/data/fixtures.h"

namespace radial {
namespace {

using namespace test;

std::vector<std::string> files_of(const ImageFolder& folder) {
  std::vector<std::string> files;
  for (int64_t i = 0; i < folder.size(); ++i) {
    files.push_back(std::filesystem::relative(folder.path(i), folder.root).string());
  }
  return files;
}

// The message of opening, which must be an error of kind dataset.
std::string refusal(const std::filesystem::path& data) {
  const auto error = thrown_by([&] { open_dataset(data); });
  CHECK(error.kind == static_cast<int>(ErrorKind::dataset));
  return error.message;
}

TEST_CASE("classes and files are sorted by byte, folders in classes are searched, dots and other files passed over") {
  const ScratchFolder scratch;
  const auto root = scratch.path() / "train";
  for (const char* file : {"b/2.jpg", "b/10.JPG", "b/deep/er/x.png", "b/deep/1.jpeg", "b/deep-er/z.bmp", "B/a.PpM",
                           "B/.hidden.jpg", "B/notes.txt", "B/jpg", ".git/c.jpg", "B/.trash/a.jpg", "\xC3\xA9/a.gif"}) {
    write_text(root / file, "x");
  }
  write_text(root / "README.jpg", "x");
  const ImageFolder folder = open_image_folder(root);
  CHECK(folder.classes == std::vector<std::string>{"B", "b", "\xC3\xA9"});
  CHECK(files_of(folder) == std::vector<std::string>{"B/a.PpM", "b/10.JPG", "b/2.jpg", "b/deep/1.jpeg",
                                                     "b/deep-er/z.bmp", "b/deep/er/x.png", "\xC3\xA9/a.gif"});
  CHECK(folder.class_counts() == std::vector<int64_t>{1, 5, 1});
  CHECK(folder.samples.back().label == 2);
}

TEST_CASE("a data set has train and val, or test in place of val") {
  const ScratchFolder scratch;
  const auto data = scratch.path();
  CHECK_THAT(refusal(data / "none"),
             Catch::Matchers::ContainsSubstring("there is no folder " + (data / "none").string()));
  CHECK_THAT(refusal(data), Catch::Matchers::ContainsSubstring("holds no folder train"));
  write_text(data / "train/cat/1.jpg", "x");
  write_text(data / "train/dog/1.jpg", "x");
  CHECK_THAT(refusal(data), Catch::Matchers::ContainsSubstring("holds no folder val (or test)"));
  CHECK(open_split(data, "train").size() == 2);
  write_text(data / "test/cat/2.jpg", "x");
  write_text(data / "test/dog/2.jpg", "x");
  CHECK(open_dataset(data).val.root == data / "test");
  CHECK(open_split(data, "val").size() == 2);
  CHECK_THAT(thrown_by([&] { open_split(data, "test"); }).message,
             Catch::Matchers::ContainsSubstring("must be train or val"));
}

TEST_CASE("what is missing is named") {
  const ScratchFolder scratch;
  const auto data = scratch.path();
  std::filesystem::create_directories(data / "val");
  std::filesystem::create_directories(data / "train");
  CHECK_THAT(refusal(data), Catch::Matchers::ContainsSubstring("holds no folders"));
  write_text(data / "train/cat/1.jpg", "x");
  std::filesystem::create_directories(data / "train/dog");
  CHECK_THAT(refusal(data), Catch::Matchers::ContainsSubstring("no pictures (jpg, png, ...) in the folder dog"));
  for (const char* name : {"ant", "bee", "dog", "eel", "fox", "gnu"}) {
    write_text(data / "train" / name / "1.jpg", "x");
  }
  write_text(data / "val/cat/1.jpg", "x");
  write_text(data / "val/yak/1.jpg", "x");
  const std::string message = refusal(data);
  CHECK_THAT(message, Catch::Matchers::ContainsSubstring("train: ant, bee, dog and 3 more;"));
  CHECK_THAT(message, Catch::Matchers::ContainsSubstring("val: yak."));
  write_text(data / "file", "x");
  CHECK_THAT(refusal(data / "file"), Catch::Matchers::ContainsSubstring("is a file but a folder, or an archive"));
}

TEST_CASE("the hash tells lists apart") {
  const ScratchFolder scratch;
  const auto data = scratch.path();
  for (const char* file : {"train/cat/1.jpg", "train/dog/1.jpg", "val/cat/1.jpg", "val/dog/1.jpg"}) {
    write_text(data / file, "x");
  }
  const std::string before = open_dataset(data).hash();
  CHECK(before == open_dataset(data).hash());
  CHECK(before == "28fa4077fd3dc5ee");  // runs that go on compare it with that of their folder
  std::filesystem::rename(data / "train/cat/1.jpg", data / "train/cat/2.jpg");
  const std::string renamed = open_dataset(data).hash();
  CHECK(renamed != before);
  write_text(data / "train/dog/11.jpg", "x");
  CHECK(open_dataset(data).hash() != renamed);
}

}  // namespace
}  // namespace radial
