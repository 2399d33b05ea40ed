// Tar files in a tar file, as ImageNet is shipped: what each would be unpacked into.
#include <filesystem>

#include "data/fingerprint.h"
#include "data/image_folder.h"
#include "tests/data/archives.h"
#include "tests/data/fixtures.h"

namespace radial {
namespace {

using namespace test;
using Catch::Matchers::ContainsSubstring;
namespace fs = std::filesystem;

// Three classes, one with a folder and links in it.
void fill_splits(const fs::path& root) {
  for (const char* name : {"train/cat/1.png", "train/cat/deep/2.png", "train/cat-x/1.png", "train/dog/1.png",
                           "val/cat/1.png", "val/cat-x/3.png", "val/dog/4.png"}) {
    fs::create_directories((root / name).parent_path());
    write_png(root / name, picture(20 + static_cast<int>(std::string(name).size()), 24));
  }
  fs::create_hard_link(root / "train/cat/1.png", root / "train/cat/hard.png");
  fs::create_symlink("../1.png", root / "train/cat/deep/soft.png");
  write_text(root / "train/cat/notes.txt", "no picture");
}

// A tar file of a tar file a class; that of cat-x holds its folder, the others what is in it.
void pack_classes(const ScratchFolder& scratch, const std::string& split, const std::string& path) {
  const std::string classes = scratch / "classes", root = scratch / ("pictures/" + split);
  fs::remove_all(classes);
  fs::create_directories(classes);
  write_tar(classes + "/cat.tar", root + "/cat");
  write_tar(classes + "/cat-x.tar", root, "cat-x");
  write_tar(classes + "/dog.tar", root + "/dog", "--format=pax .");
  write_text(classes + "/notes.txt", "no class");
  write_tar(path, classes);
}

void check_equal(const Dataset& here, const Dataset& there) {
  CHECK(here.hash() == there.hash());
  for (const auto& [a, b] : {std::pair(&here.train, &there.train), std::pair(&here.val, &there.val)}) {
    CHECK(a->classes == b->classes);
    REQUIRE(names_in(*a) == names_in(*b));
    for (int64_t i = 0; i < a->size(); ++i) CHECK(content_at(a->path(i)) == content_at(b->path(i)));
    CHECK(fingerprints(*a) == fingerprints(*b));
  }
}

TEST_CASE("tar files in a tar file are the folders of their names") {
  if (!can_read_tar()) return;
  const ScratchFolder scratch;
  fill_splits(scratch / "pictures");
  const Dataset folder = open_dataset(scratch / "pictures");
  REQUIRE(folder.train.size() == 6);

  fs::create_directories(scratch / "as-shipped");
  pack_classes(scratch, "train", scratch / "as-shipped/ILSVRC2012_img_train.tar");
  pack_classes(scratch, "val", scratch / "as-shipped/val.tar");
  check_equal(folder, open_dataset(scratch / "as-shipped"));

  fs::rename(scratch / "as-shipped/ILSVRC2012_img_train.tar", scratch / "as-shipped/train.tar");
  write_tar(scratch / "all.tar", scratch / "as-shipped");
  check_equal(folder, open_dataset(scratch / "all.tar"));
  CHECK(content_at(scratch / "all.tar/train/cat/hard.png") == content_at(scratch / "pictures/train/cat/1.png"));
}

TEST_CASE("a tar file beside pictures, or beside a folder of its name, is no folder") {
  if (!can_read_tar()) return;
  const ScratchFolder scratch;
  fill_splits(scratch / "pictures");
  const ImageFolder train = open_split(scratch / "pictures", "train");
  write_text(scratch / "pictures/train/dog/more.tar", "no archive");
  write_text(scratch / "pictures/train/cat.tar", "no archive");
  write_tar(scratch / "train.tar", scratch / "pictures/train");
  CHECK(names_in(open_image_folder(scratch / "train.tar")) == names_in(train));
}

TEST_CASE("what is called like a tar file and is none, away from classes, is left alone") {
  if (!can_read_tar()) return;
  const ScratchFolder scratch;
  fill_splits(scratch / "pictures");
  const Dataset folder = open_dataset(scratch / "pictures");
  fs::create_directories(scratch / "pictures/extras");
  write_text(scratch / "pictures/extras/annotations.tar", "\x1f\x8b\x08 compressed");
  write_text(scratch / "pictures/notes.tar", "");
  write_text(scratch / "pictures/train/backup.tar", "no archive");
  write_tar(scratch / "all.tar", scratch / "pictures");
  check_equal(folder, open_dataset(scratch / "all.tar"));
}

TEST_CASE("classes may be links to tar files, and hold what other systems hide") {
  if (!can_read_tar()) return;
  const ScratchFolder scratch;
  fill_splits(scratch / "pictures");
  pack_classes(scratch, "train", scratch / "train.tar");
  const ImageFolder train = open_image_folder(scratch / "train.tar");
  const std::string classes = scratch / "classes";
  fs::create_hard_link(classes + "/dog.tar", classes + "/wolf.tar");
  fs::create_symlink("dog.tar", classes + "/fox.tar");
  write_text(scratch / "pictures/train/._cat-x", "of another system");
  write_tar(classes + "/cat-x.tar", scratch / "pictures/train", "._cat-x cat-x");
  write_tar(scratch / "train.tar", classes);
  const ImageFolder linked = open_image_folder(scratch / "train.tar");
  CHECK(linked.classes == std::vector<std::string>{"cat", "cat-x", "dog", "fox", "wolf"});
  CHECK(linked.size() == train.size() + 2);
  for (const char* name : {"cat-x/1.png", "dog/1.png", "fox/1.png", "wolf/1.png"})
    CHECK_FALSE(content_at(scratch / "train.tar" + "/" + name).empty());
}

TEST_CASE("a tar file in a tar file that is damaged is refused with its place") {
  if (!can_read_tar()) return;
  const ScratchFolder scratch;
  fill_splits(scratch / "pictures");
  const std::string classes = scratch / "classes", path = scratch / "train.tar";
  pack_classes(scratch, "train", path);
  const std::string dog = content_at(classes + "/dog.tar");
  const auto refusal = [&](const std::string& content) {
    write_text(classes + "/dog.tar", content);
    write_tar(path, classes);
    const auto error = thrown_by([&] { open_image_folder(path); });
    CHECK(error.kind == static_cast<int>(ErrorKind::file_format));
    CHECK_THAT(error.message, ContainsSubstring("archive: " + path + "/dog.tar: "));
    return error.message;
  };
  const size_t end = dog.find("IEND");
  REQUIRE(end != std::string::npos);
  CHECK_THAT(refusal(dog.substr(0, end)), ContainsSubstring("ends within ./1.png"));
  CHECK_THAT(refusal(dog.substr(0, end / 512 * 512 + 512)), ContainsSubstring("cut off behind ./1.png"));
  CHECK_THAT(refusal("\x1f\x8b\x08 and more"), ContainsSubstring("compressed"));
  refusal(std::string(2000, '?'));
  refusal("");
  for (int depth = 0; depth < 9; ++depth) {
    write_text(classes + "/dog.tar", content_at(path));
    write_tar(path, classes, "dog.tar");
  }
  CHECK_THAT(thrown_by([&] { open_image_folder(path); }).message, ContainsSubstring("lie in one another"));

  // Elsewhere than in a tar file they are none, which is said.
  write_text(classes + "/dog.tar", dog);
  CHECK_THAT(thrown_by([&] { open_image_folder(classes); }).message, ContainsSubstring("it holds cat-x.tar: "));
  write_zip(scratch / "train.zip", {{"dog.tar", dog}});
  CHECK_THAT(thrown_by([&] { open_image_folder(scratch / "train.zip"); }).message,
             ContainsSubstring("it holds dog.tar"));
}

}  // namespace
}  // namespace radial
