// Pictures in one folder whose classes a file says: each form of it, and what does not fit.
#include "data/val_labels.h"

#include <filesystem>
#include <fstream>

#include "core/error.h"
#include "tests/catch.h"
#include "tests/io/scratch_folder.h"

namespace radial {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;

// Four pictures whose classes are dog, cat, ant, dog.
class FlatFolder {
 public:
  FlatFolder() {
    fs::create_directories(root());
    for (int i = 1; i <= 4; ++i) std::ofstream(root() + "/ILSVRC2012_val_" + std::to_string(i) + ".JPEG") << "x";
  }
  std::string root() const { return scratch_ / "data/val"; }
  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(scratch_ / name) << text;
    return scratch_ / name;
  }
  ImageFolder open(const std::string& labels, const std::string& map = "") const {
    const std::string path = file("labels", labels);
    return open_labelled_folder(root(), path, map.empty() ? "" : file("map", map), classes);
  }

  std::vector<std::string> classes = {"ant", "cat", "dog"};

 private:
  ScratchFolder scratch_;
};

std::vector<std::string> listed(const ImageFolder& folder) {
  std::vector<std::string> all;
  for (const ImageFolder::Sample& sample : folder.samples)
    all.push_back(folder.classes[static_cast<size_t>(sample.label)] + " " +
                  sample.file.substr(std::string("ILSVRC2012_val_").size(), 1));
  return all;
}

const std::vector<std::string> expected = {"ant 3", "cat 2", "dog 1", "dog 4"};

}  // namespace

TEST_CASE("the classes of a flat folder are read in each form that people have") {
  const FlatFolder flat;
  const std::string map = "1 dog domestic dog\n2 ant\n10 cat\n";
  CHECK(listed(flat.open("dog\ncat\nant\ndog\n")) == expected);
  CHECK(listed(flat.open("\xEF\xBB\xBF"
                         "1\r\n10\r\n2\r\n1",
                         map)) == expected);  // ImageNet's ground truth
  CHECK(listed(flat.open("001\n10\n2\n1\n", "dog 1 kit_fox\ncat 10 x\nant 2 y\n")) == expected);
  CHECK(listed(flat.open("ILSVRC2012_val_4.JPEG dog\nILSVRC2012_val_1.JPEG\tdog\n\nval/ILSVRC2012_val_2.JPEG cat\n"
                         "./ILSVRC2012_val_3.JPEG ant\n")) == expected);
  CHECK(listed(flat.open("ILSVRC2012_val_4.JPEG 1\nILSVRC2012_val_1.JPEG 1\nILSVRC2012_val_2 10\n"
                         "ILSVRC2012_val_3.JPEG 2\n",
                         map)) == expected);
  CHECK(listed(flat.open("class,note,file\ndog,,ILSVRC2012_val_1.JPEG\ncat,,ILSVRC2012_val_2.JPEG\n"
                         "ant,,ILSVRC2012_val_3\ndog,,ILSVRC2012_val_4.JPEG\n")) == expected);
  CHECK(listed(flat.open("ImageId,PredictionString\nILSVRC2012_val_3,ant 85 1 499 272 \nILSVRC2012_val_2,cat 1 2 3 4\n"
                         "ILSVRC2012_val_1,dog 0 0 1 1 dog 5 5 6 6\nILSVRC2012_val_4,dog 0 0 1 1\n")) == expected);
  CHECK(fs::exists(flat.open("dog\ncat\nant\ndog\n").path(3)));
}

TEST_CASE("without training pictures the classes are those that the file names") {
  FlatFolder flat;
  flat.classes.clear();
  const ImageFolder folder = flat.open("dog\nbee\nant\ndog\n");
  CHECK(folder.classes == std::vector<std::string>{"ant", "bee", "dog"});
  CHECK(folder.class_counts() == std::vector<int64_t>{1, 1, 2});
}

TEST_CASE("labels that do not fit their pictures are refused with file and line") {
  const FlatFolder flat;
  const auto message = [&](const std::string& labels, ErrorKind kind, const std::string& map = "") -> std::string {
    try {
      flat.open(labels, map);
    } catch (const Error& error) {
      CHECK(error.kind() == kind);
      return error.what();
    }
    return "";
  };
  const auto dataset = ErrorKind::dataset, format = ErrorKind::file_format;
  CHECK_THAT(message("dog\ncat\nant\n", dataset),
             ContainsSubstring("has 3 classes") && ContainsSubstring("4 pictures"));
  CHECK_THAT(message("dog\ncat\n\ncow\ndog\n", dataset), ContainsSubstring("labels:4: there is no class cow"));
  CHECK_THAT(message("1\n2\n3\n1\n", dataset), ContainsSubstring("labels:1: ") && ContainsSubstring("--class-map"));
  CHECK_THAT(message("1\n2\n3\n1\n", dataset, "1 dog\n2 ant\n"),
             ContainsSubstring("labels:3: the class 3 is no number"));
  CHECK_THAT(message("dog\ndog\nant\ndog\n", dataset), ContainsSubstring("names no picture of the class cat"));
  CHECK_THAT(message("", format), ContainsSubstring("labels is empty"));
  CHECK_THAT(message("dog\ncat x\nant\ndog\n", format), ContainsSubstring("labels:2: the line has 2 words"));
  CHECK_THAT(message("a b c\n", format), ContainsSubstring("labels:1: the line has 3 words"));
  CHECK_THAT(message("name,label\na,b\n", format), ContainsSubstring("neither file,class nor"));
  CHECK_THAT(message("file,class\nILSVRC2012_val_1,\n", format), ContainsSubstring("labels:2: a file or a class"));
  CHECK_THAT(message("file,class\nILSVRC2012_val_1,dog\n", dataset),
             ContainsSubstring("does not say the class of") && ContainsSubstring("val_2.JPEG (of 3 pictures"));
  CHECK_THAT(message("file,class\nILSVRC2012_val_9,dog\n", dataset),
             ContainsSubstring("labels:2: there is no ILSVRC2012_val_9"));
  CHECK_THAT(message("ILSVRC2012_val_1 dog\nILSVRC2012_val_1.JPEG dog\n", format), ContainsSubstring("labels:2: "));
  CHECK_THAT(message("1\n2\n3\n1\n", format, "1 dog\ncat ant\n"),
             ContainsSubstring("map:2: expected is NUMBER FOLDER"));
  CHECK_THAT(message("1\n2\n3\n1\n", format, "1 dog\nant 1\n"), ContainsSubstring("map:2: the number comes twice"));
  fs::create_directories(flat.root() + "/dog");
  CHECK_THAT(message("dog\ncat\nant\ndog\n", dataset), ContainsSubstring("data/val holds folders"));
  CHECK_THROWS_WITH(open_labelled_folder(flat.root() + "/none", "labels", "", flat.classes), ContainsSubstring("none"));
}

}  // namespace radial
