// Archives are listed and read as the folders that they would be unpacked into.
#include "data/picture_archive.h"

#include <algorithm>
#include <fcntl.h>
#include <sys/stat.h>
#include <thread>

#include "data/fingerprint.h"
#include "data/image_folder.h"
#include "data/picture_file.h"
#include "data/val_labels.h"
#include "data/val_split.h"
#include "tests/data/archives.h"
#include "tests/data/fixtures.h"
#include "tests/data/loading.h"

namespace radial {
namespace {

using namespace test;
using Catch::Matchers::ContainsSubstring;
namespace fs = std::filesystem;

// A data set with all that is odd about names: train/ and val/ of two classes, and what is passed over.
void fill_folder(const fs::path& root) {
  for (const char* name : {"train/cat/1.png", "train/cat/deep/2.png", "train/cat-x/1.png", "train/cat-x/2.png",
                           "train/dog/ü日本.png", "val/cat/1.png", "val/cat-x/3.png", "val/dog/4.png"}) {
    fs::create_directories((root / name).parent_path());
    write_png(root / name, picture(20 + static_cast<int>(std::string(name).size()), 24));
  }
  write_png(root / ("train/dog/" + std::string(150, 'x') + ".png"), picture(9, 9));
  for (const char* name : {"train/cat/._1.png", "train/.hidden/1.png", "train/notes.txt", "train/cat/notes.txt"})
    write_text(root / name, "no picture");
}

// What both ways of packing make of a folder.
std::string packed(const ScratchFolder& scratch, const std::string& kind) {
  const std::string root = scratch / "pictures", path = scratch / ("packed." + kind);
  if (kind == "tar" || kind == "pax.tar") {
    write_tar(path, root, kind == "tar" ? "--format=gnu ." : "--format=pax train val");
    return path;
  }
  std::vector<ZipEntry> entries;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const std::string name = entry.path().lexically_relative(root).generic_string();
    if (entry.is_directory())
      entries.push_back({name + "/", ""});
    else
      entries.push_back({name, content_at(entry.path()), kind == "zip" ? ZIP_CM_STORE : ZIP_CM_DEFLATE});
  }
  std::reverse(entries.begin(), entries.end());
  entries.push_back({"__MACOSX/train/cat/._1.png", "a Mac's"});
  write_zip(path, entries);
  return path;
}

TEST_CASE("an archive is listed, read and known again as its folder") {
  const ScratchFolder scratch;
  fill_folder(scratch / "pictures");
  const std::string kind = GENERATE("tar", "pax.tar", "zip", "deflated.zip");
  if (kind.ends_with("tar") && !can_read_tar()) return;
  CAPTURE(kind);
  const Dataset folder = open_dataset(scratch / "pictures"), archive = open_dataset(packed(scratch, kind));
  CHECK(archive.hash() == folder.hash());
  CHECK(archive.train.classes == std::vector<std::string>{"cat", "cat-x", "dog"});
  for (const auto& [here, there] : {std::pair(&folder.train, &archive.train), std::pair(&folder.val, &archive.val)}) {
    REQUIRE(names_in(*here) == names_in(*there));
    for (int64_t i = 0; i < here->size(); ++i) CHECK(content_at(here->path(i)) == content_at(there->path(i)));
    CHECK(fingerprints(*here) == fingerprints(*there));
  }
  CHECK(names_in(split_dataset(archive.train.root, 0.5, 1).val) ==
        names_in(split_dataset(folder.train.root, 0.5, 1).val));
}

TEST_CASE("workers read an archive at once and make the batches of its folder") {
  const ScratchFolder scratch;
  for (int i = 0; i < 40; ++i) {
    fs::create_directories(scratch / "pictures/a");
    write_png(scratch / ("pictures/a/" + std::to_string(i) + ".png"), picture(30 + i, 28));
  }
  const std::string kind = GENERATE("tar", "zip", "deflated.zip");
  if (kind == "tar" && !can_read_tar()) return;
  const std::string path = packed(scratch, kind);
  const ImageFolder folder = open_image_folder(scratch / "pictures"), archive = open_image_folder(path);
  Loading how;
  how.transform.image_size = 16;
  how.workers = 4;
  how.batch_size = 8;
  Loader from_folder = loader_of(folder, how), from_archive = loader_of(archive, how);
  from_folder.start(1);
  from_archive.start(1);
  for (int i = 0; i < 5; ++i)
    CHECK(from_folder.next()->fields[0].to_vector() == from_archive.next()->fields[0].to_vector());
}

TEST_CASE("parts of a member are read as of a file") {
  const ScratchFolder scratch;
  std::string content(100'000, '\0');
  for (size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * i >> 8);
  fs::create_directories(scratch / "pictures/a");
  write_text(scratch / "pictures/a/1.jpg", content);
  const std::string kind = GENERATE("tar", "zip", "deflated.zip");
  if (kind == "tar" && !can_read_tar()) return;
  const PictureFile file(packed(scratch, kind) + "/a/1.jpg");
  CHECK(file.size() == 100'000);
  std::string part(3000, ' ');
  CHECK(file.read(part.data(), part.size(), 50'000) == 3000);
  CHECK(part == content.substr(50'000, 3000));
  CHECK(file.read(part.data(), part.size(), 99'000) == 1000);
  CHECK(part.substr(0, 1000) == content.substr(99'000));
  CHECK(file.read(part.data(), part.size(), 200'000) == 0);
}

TEST_CASE("links in an archive are followed as in a folder") {
  const ScratchFolder scratch;
  const fs::path root = scratch / "pictures";
  fs::create_directories(root / "all");
  fs::create_directories(root / "train/cat");
  write_png(root / "all/1.png", picture(20, 24));
  fs::create_hard_link(root / "all/1.png", root / "train/cat/hard.png");
  fs::create_symlink("../../all/1.png", root / "train/cat/soft.png");
  fs::create_symlink("soft.png", root / "train/cat/softer.png");
  fs::create_directory_symlink("../all", root / "train/dog");
  const std::string kind = GENERATE("tar", "zip");
  if (kind == "tar" && !can_read_tar()) return;
  std::string path = scratch / "packed.tar";
  const auto pack = [&] {
    if (kind == "tar") return write_tar(path, root);
    path = scratch / "packed.zip";
    std::vector<ZipEntry> entries;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
      const std::string name = entry.path().lexically_relative(root).generic_string();
      if (entry.is_symlink())
        entries.push_back({name, fs::read_symlink(entry.path()).string(), ZIP_CM_STORE, true});
      else if (entry.is_regular_file())
        entries.push_back({name, content_at(entry.path())});
    }
    write_zip(path, entries);
  };
  pack();
  const ImageFolder here = open_split(root, "train"), there = open_split(path, "train");
  CHECK(names_in(there) == std::vector<std::string>{"cat/hard.png", "cat/soft.png", "cat/softer.png", "dog/1.png"});
  REQUIRE(names_in(here) == names_in(there));
  for (int64_t i = 0; i < here.size(); ++i) CHECK(content_at(here.path(i)) == content_at(there.path(i)));

  fs::create_symlink("../../../elsewhere.png", root / "train/cat/outside.png");
  fs::create_symlink("/etc/absolute.png", root / "train/cat/absolute.png");
  fs::create_symlink("circle.png", root / "train/cat/circle.png");
  fs::create_directory_symlink("..", root / "train/cat/up");
  fs::remove(path);
  pack();
  const auto error = thrown_by([&] { open_split(path, "train"); });
  CHECK(error.kind == static_cast<int>(ErrorKind::dataset));
  CHECK_THAT(error.message, ContainsSubstring("4 files cannot be used"));
  CHECK_THAT(error.message, ContainsSubstring(path + "/train/cat/absolute.png: a link to what is not there"));
  const ImageFolder rest = open_split(path, "train", OnBadSample::skip);
  CHECK(rest.size() == 4);
  CHECK_THAT(rest.unusable.back().message, ContainsSubstring("cat/up: a link in a circle"));
}

TEST_CASE("of members of one name the last counts, and none leaves the tree") {
  const ScratchFolder scratch;
  const std::string path = scratch / "p.zip";
  write_zip(path, {{"/a/1.png", "first"}, {"./a//1.png", "last"}, {"b/../a/2.png", "two"}, {"../a/3.png", "out"}});
  CHECK(names_in(open_image_folder(path)) == std::vector<std::string>{"a/1.png", "a/2.png"});
  CHECK(content_at(path + "/a/1.png") == "last");
  if (!can_read_tar()) return;
  write_text(scratch / "x/a/1.png", "first");
  write_tar(scratch / "p.tar", scratch / "x", "a");
  write_text(scratch / "x/a/1.png", "last");
  REQUIRE(std::system(("tar -C '" + (scratch / "x") + "' -rf '" + (scratch / "p.tar") + "' a/1.png").c_str()) == 0);
  CHECK(names_in(open_image_folder(scratch / "p.tar")) == std::vector<std::string>{"a/1.png"});
  CHECK(content_at(scratch / "p.tar/a/1.png") == "last");
}

TEST_CASE("a single folder around all is passed through, and each split may have its archive") {
  const ScratchFolder scratch;
  fill_folder(scratch / "pictures");
  if (!can_read_tar()) return;
  const Dataset folder = open_dataset(scratch / "pictures");
  write_tar(scratch / "around.tar", scratch.path().string(), "pictures");
  const Dataset around = open_dataset(scratch / "around.tar");
  CHECK(around.hash() == folder.hash());
  CHECK(around.train.root == scratch / "around.tar/pictures/train");
  CHECK(open_dataset(scratch / "around.tar/pictures").hash() == folder.hash());
  CHECK(is_split(scratch / "around.tar"));

  fs::create_directories(scratch / "two");
  write_tar(scratch / "two/train.tar", scratch / "pictures/train");  // of the classes
  write_tar(scratch / "two/val.tar", scratch / "pictures", "val");   // of the folder around them
  CHECK(open_dataset(scratch / "two").hash() == folder.hash());
  CHECK(is_split(scratch / "two"));
  write_tar(scratch / "train-alone.tar", scratch / "pictures", "train");
  CHECK(open_split(scratch / "train-alone.tar", "train").size() == folder.train.size());
  CHECK_THAT(thrown_by([&] { open_split(scratch / "train-alone.tar", "val"); }).message,
             ContainsSubstring("holds no folder val"));
}

TEST_CASE("pictures of all classes in one archive get them from a file") {
  const ScratchFolder scratch;
  write_zip(scratch / "val.zip", {{"1.png", "x"}, {"2.png", "y"}, {"3.png", "z"}});
  write_text(scratch / "labels.txt", "dog\ncat\ndog\n");
  const ImageFolder folder = open_labelled_folder(scratch / "val.zip", scratch / "labels.txt", "", {});
  CHECK(folder.classes == std::vector<std::string>{"cat", "dog"});
  CHECK(content_at(folder.path(0)) == "y");
  write_zip(scratch / "around.zip", {{"val/1.png", "x"}, {"val/2.png", "y"}});
  CHECK(flat_folder_of(scratch / "around.zip") == scratch / "around.zip/val");
  CHECK(open_flat_folder(scratch / "around.zip/val").size() == 2);
  CHECK(flat_folder_of(scratch / "val.zip") == scratch / "val.zip");
  write_zip(scratch / "classes.zip", {{"val/cat/1.png", "x"}});
  CHECK(flat_folder_of(scratch / "classes.zip") == scratch / "classes.zip");
}

TEST_CASE("archives that are damaged are refused with their place") {
  const ScratchFolder scratch;
  fill_folder(scratch / "pictures");
  const auto refusal = [&](const std::string& path, ErrorKind kind) {
    const auto error = thrown_by([&] { open_dataset(path); });
    CHECK(error.kind == static_cast<int>(kind));
    CHECK_THAT(error.message, ContainsSubstring(path));
    return error.message;
  };
  const std::string zip = packed(scratch, "zip"), whole_zip = content_at(zip), path = scratch / "x.tar";
  for (const size_t bytes : {whole_zip.size() - 10, whole_zip.size() / 2, size_t{30}}) {
    write_text(zip, whole_zip.substr(0, bytes));
    refusal(zip, ErrorKind::file_format);
  }
  using namespace std::string_literals;
  for (const auto& [begin, command] :
       {std::pair("\x1f\x8b\x08"s, "gunzip --keep"), std::pair("BZh9"s, "bunzip2"),
        std::pair("\x28\xb5\x2f\xfd"s, "unzstd"), std::pair("\xfd"s + "7zXZ\0"s, "unxz")}) {
    write_text(path, begin);
    CHECK_THAT(refusal(path, ErrorKind::file_format), ContainsSubstring(command));
  }
  if (!can_read_tar()) {
    write_tar(path, scratch / "pictures");
    CHECK_THAT(refusal(path, ErrorKind::usage), ContainsSubstring("libarchive-dev"));
    return;
  }
  write_text(path, "no archive");
  refusal(path, ErrorKind::file_format);
  write_text(scratch / "x.txt", "no archive");
  CHECK_THAT(refusal(scratch / "x.txt", ErrorKind::dataset), ContainsSubstring("is a file but a folder"));

  const std::string tar = packed(scratch, "tar"), whole = content_at(tar);
  const PlaceInArchive place = *place_in_archive(tar + "/train/dog/ü日本.png");
  REQUIRE(place.found);
  const ArchiveMember& member = *place.archive->file(place.name);
  const auto begin = static_cast<size_t>(member.at), size = static_cast<size_t>(member.size);
  write_text(tar, whole.substr(0, begin + size / 2));
  CHECK_THAT(refusal(tar, ErrorKind::file_format), ContainsSubstring("ends within ./train/dog/ü日本.png"));
  write_text(tar, whole.substr(0, (begin + size + 511) / 512 * 512));  // where a member ends
  CHECK_THAT(refusal(tar, ErrorKind::file_format), ContainsSubstring("cut off behind ./train/dog/ü日本.png"));
  std::string damaged = whole;
  damaged[begin - 500] = '?';  // of its header
  write_text(tar, damaged);
  CHECK_THAT(refusal(tar, ErrorKind::file_format), ContainsSubstring("(behind "));
}

TEST_CASE("members that are damaged, encrypted or gone are named, and can be left out") {
  const ScratchFolder scratch;
  const std::string path = scratch / "p.zip", content(5000, 'x');
  write_zip(path, {{"a/1.png", content}, {"a/2.png", "y", ZIP_CM_STORE, false, "secret"}, {"a/3.png", "z"}});
  std::string bytes = content_at(path);
  bytes[bytes.find("xxx") + 100] = 'y';
  write_text(path, bytes);
  const ImageFolder folder = open_image_folder(path);
  const auto refusal = [&](int64_t i) {
    try {
      content_at(folder.path(i));
      return std::string("none");
    } catch (const BadSample& error) {
      return std::string(error.what());
    }
  };
  CHECK_THAT(refusal(0), ContainsSubstring("picture " + path + "/a/1.png: damaged in the archive"));
  CHECK_THAT(refusal(1), ContainsSubstring("picture " + path + "/a/2.png: encrypted"));
  CHECK(content_at(folder.path(2)) == "z");
  CHECK(refusal(2) == "none");
  // Another archive of the same name is seen as such.
  fs::remove(path);
  write_zip(path, {{"a/3.png", "new and longer"}});
  CHECK(content_at(folder.path(2)) == "new and longer");
  CHECK(thrown_by([&] { content_at(folder.path(0)); }).kind == static_cast<int>(ErrorKind::dataset));
  fs::remove(path);
  CHECK(thrown_by([&] { content_at(folder.path(2)); }).kind == static_cast<int>(ErrorKind::dataset));
  CHECK(thrown_by([&] { open_image_folder(path); }).kind == static_cast<int>(ErrorKind::dataset));
}

}  // namespace
}  // namespace radial
