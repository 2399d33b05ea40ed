// Boxes of COCO's, Pascal VOC's and YOLO's files, and what these may not be.
#include "data/boxed_pictures.h"

#include "core/error.h"
#include "data/synth.h"
#include "tests/catch.h"
#include "tests/io/scratch_folder.h"

using Catch::Matchers::ContainsSubstring;
using namespace radial;
namespace fs = std::filesystem;

namespace {

void put_picture(const std::string& path) {
  fs::create_directories(fs::path(path).parent_path());
  Image image;
  image.resize(10, 8);
  std::fill(image.pixels.begin(), image.pixels.end(), uint8_t{100});
  write_png(path, image);
}

void put_file(const std::string& path, const std::string& content) {
  fs::create_directories(fs::path(path).parent_path());
  put(path, content);
}

const std::string voc_object =
    "<object><name>cat</name><difficult>1</difficult><bndbox><xmin>2</xmin><ymin>3.5</ymin><xmax>7</xmax>"
    "<ymax>8</ymax></bndbox></object>";

void make_voc(const std::string& data, const std::string& objects) {
  for (const char* name : {"b.d", "a \xC3\xA4"}) put_picture(data + "/JPEGImages/" + name + ".png");
  put_file(data + "/ImageSets/Main/train.txt", "b.d\r\na \xC3\xA4\n\n");
  put_file(data + "/ImageSets/Main/test.txt", "b.d\n");
  put_file(data + "/Annotations/b.d.xml", "<annotation>" + objects + "</annotation>");
  put_file(data + "/Annotations/a \xC3\xA4.xml",
           "<annotation><object><name>dog</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>10</xmax><ymax>8</ymax>"
           "</bndbox></object></annotation>");
}

void make_yolo(const std::string& data, const std::string& labels) {
  for (const char* name : {"train2/a", "train2/b", "val/c"}) put_picture(data + "/images/" + name + ".png");
  put_file(data + "/labels/train2/a.txt", labels);
  put_file(data + "/labels/val/c.txt", "");
}

BoxedPictures open(const std::string& data, const std::string& split = "train",
                   OnBadSample on_bad = OnBadSample::error) {
  return open_boxed_pictures(data, split, BoxFormat::automatic, on_bad);
}

std::string refusal_of(const std::string& data, ErrorKind kind = ErrorKind::file_format) {
  try {
    open(data);
  } catch (const Error& error) {
    CHECK(error.kind() == kind);
    return error.what();
  }
  return "nothing was thrown";
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

}  // namespace

TEST_CASE("Pascal VOC: edges become continuous, names are sorted") {
  const ScratchFolder scratch;
  make_voc(scratch / "voc", voc_object);
  const BoxedPictures train = open(scratch / "voc"), val = open(scratch / "voc", "val");
  CHECK(train.classes == std::vector<std::string>{"cat", "dog"});
  REQUIRE(train.size() == 2);
  CHECK(train.pictures[0].file == "a \xC3\xA4.png");
  CHECK(train.pictures[1].id == 2);
  const BoxedObject& cat = train.pictures[1].objects.at(0);
  CHECK(cat.box == std::array<double, 4>{1, 2.5, 6, 5.5});
  CHECK(cat.area == 33);
  CHECK(cat.difficult);
  CHECK(val.size() == 1);
  const BoxedDataset both = open_boxed_dataset(scratch / "voc", BoxFormat::voc, OnBadSample::error);
  CHECK(both.val.classes == train.classes);
  CHECK(both.val.categories == std::vector<int64_t>{1, 2});
}

TEST_CASE("broken annotations of Pascal VOC are named with file and record, or skipped") {
  const ScratchFolder scratch;
  int cases = 0;
  const auto message = [&](const std::string& objects) {
    const std::string data = scratch / ("voc" + std::to_string(++cases));
    make_voc(data, objects);
    CHECK(open(data, "train", OnBadSample::skip).unusable.size() == 1);
    return refusal_of(data);
  };
  CHECK_THAT(message("<object>"), ContainsSubstring("b.d.xml is no XML"));
  CHECK_THAT(message("<object/>"), ContainsSubstring("b.d.xml: object[0]: there is no bndbox"));
  CHECK_THAT(message(voc_object + replaced(voc_object, "<xmin>2</xmin>", "")),
             ContainsSubstring("object[1]: there is no xmin"));
  CHECK_THAT(message(replaced(voc_object, "3.5", "nan")), ContainsSubstring("object[0]: ymin is \"nan\" but must be"));
  CHECK_THAT(message(replaced(voc_object, "3.5", "9")), ContainsSubstring("ends before it begins (2, 9, 7, 8)"));
  CHECK_THAT(message(replaced(voc_object, "cat", " ")), ContainsSubstring("object[0]: there is no name"));
  const std::string data = scratch / "missing";
  make_voc(data, voc_object);
  fs::remove(data + "/JPEGImages/b.d.png");
  CHECK_THAT(refusal_of(data, ErrorKind::dataset), ContainsSubstring("has no picture b.d"));
  CHECK(open(data, "train", OnBadSample::skip).size() == 1);
}

TEST_CASE("YOLO: shares of the picture, classes by number or name") {
  const ScratchFolder scratch;
  make_yolo(scratch / "yolo", "1 0.5 0.5 0.2 0.5\n\n0 0 0 0.1 0.1\r\n");
  const BoxedPictures train = open(scratch / "yolo");
  CHECK(train.classes == std::vector<std::string>{"0", "1"});
  REQUIRE(train.size() == 2);
  const auto objects = train.objects(0, 10, 8);
  REQUIRE(objects.size() == 2);
  for (size_t i = 0; i < 4; ++i) CHECK(objects[0].box[i] == Approx(std::array<double, 4>{4, 2, 2, 4}[i]));
  CHECK(objects[0].area == Approx(8));
  CHECK(train.pictures[1].objects.empty());
  put(scratch / "yolo/data.yaml", "names:\n  0: cat\n  1: big dog\n");
  CHECK(open(scratch / "yolo").classes == std::vector<std::string>{"cat", "big dog"});
  put(scratch / "yolo/classes.txt", "eins\nzwei\n");
  CHECK(open(scratch / "yolo", "val").classes == std::vector<std::string>{"eins", "zwei"});
}

TEST_CASE("broken labels of YOLO are named with file and line") {
  const ScratchFolder scratch;
  int cases = 0;
  const auto message = [&](const std::string& labels) {
    const std::string data = scratch / ("yolo" + std::to_string(++cases));
    make_yolo(data, labels);
    put(data + "/classes.txt", "one\n");
    CHECK(open(data, "train", OnBadSample::skip).unusable.size() == 1);
    return refusal_of(data);
  };
  CHECK_THAT(message("0 0.5 0.5 0.1"), ContainsSubstring("a.txt: line 1 has 4 numbers but a box has 5"));
  CHECK_THAT(message("\n0 0.5 x 0.1 0.1"), ContainsSubstring("a.txt: line 2: \"x\" is no number"));
  CHECK_THAT(message("0 0.5 0.5 -0.1 0.1"), ContainsSubstring("a side of the box is negative"));
  CHECK_THAT(message("0.5 0.5 0.5 0.1 0.1"), ContainsSubstring("0.5 is no class"));
  CHECK_THAT(message("3 0.5 0.5 0.1 0.1"), ContainsSubstring("is of class 3 but there are 1"));
}

TEST_CASE("COCO: drawn scenes are read as they were written") {
  const ScratchFolder scratch;
  write_synth_scenes(scratch / "coco", {.classes = 3, .train = 6, .val = 2, .size = 48});
  const BoxedDataset data = open_boxed_dataset(scratch / "coco", BoxFormat::automatic, OnBadSample::error);
  CHECK(data.train.size() == 6);
  CHECK(data.val.size() == 2);
  CHECK(data.train.classes.size() == 3);
  for (const BoxedPicture& picture : data.train.pictures) {
    CHECK(!picture.objects.empty());
    for (const BoxedObject& object : picture.objects) {
      CHECK(object.box[0] >= 0);
      CHECK(object.box[0] + object.box[2] <= 48);
      CHECK(object.area <= object.box[2] * object.box[3]);
    }
  }
  fs::remove(data.train.path(2));
  CHECK_THAT(refusal_of(scratch / "coco", ErrorKind::dataset), ContainsSubstring("is missing"));
  CHECK(open(scratch / "coco", "train", OnBadSample::skip).size() == 5);
}

TEST_CASE("labels follow the names of the network's classes") {
  BoxedPictures pictures{"", {"a", "b"}, {4, 9}, true, false, {{"p", 1, {{.label = 1}}}}, {}};
  match_boxed_labels(pictures, {"c", "b"});
  CHECK(pictures.pictures[0].objects[0].label == 1);
  CHECK(pictures.categories == std::vector<int64_t>{10, 9});
  CHECK_THROWS_WITH(match_boxed_labels(pictures, {"c"}), ContainsSubstring("has an object of the class b"));
}

TEST_CASE("a folder without boxes says what is expected") {
  const ScratchFolder scratch;
  CHECK_THAT(refusal_of(scratch.path().string(), ErrorKind::dataset), ContainsSubstring("holds no boxes"));
  make_voc(scratch / "empty", "");
  put(scratch / "empty/ImageSets/Main/train.txt", "");
  CHECK_THAT(refusal_of(scratch / "empty", ErrorKind::dataset), ContainsSubstring("has no pictures"));
}
