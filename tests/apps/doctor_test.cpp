// radial doctor: what it says of a machine, and what it finds in a folder of pictures.
#include <algorithm>
#include <filesystem>

#include "data/image.h"
#include "tests/apps/training.h"

using namespace radial;
namespace fs = std::filesystem;

namespace {

void paint(const std::string& path, int width, int height, uint8_t value, bool grey = false) {
  Image image;
  image.resize(width, height);
  for (size_t i = 0; i < image.pixels.size(); ++i)
    image.pixels[i] = static_cast<uint8_t>(grey || i % 3 == 0 ? value : i % 3 == 1 ? 255 - value : i);
  fs::create_directories(fs::path(path).parent_path());
  write_png(path, image);
}

std::vector<std::string> files_of(const std::vector<nlohmann::json>& lines, const std::string& finding) {
  for (const auto& line : lines)
    if (line.contains("finding") && line["finding"] == finding) return line["files"];
  return {};
}

}  // namespace

TEST_CASE("the doctor finds what is odd about pictures") {
  const ScratchFolder scratch;
  uint8_t value = 1;
  for (const char* split : {"train", "val"})
    for (const char* name : {"cat", "dog"})
      for (int i = 0; i < 3; ++i)
        paint(scratch / split + "/" + name + "/" + std::to_string(i) + ".png", 40, 50, value++);
  paint(scratch / "train/dog/3.png", 40, 50, 2);  // of a cat
  paint(scratch / "train/dog/4.png", 40, 50, 4);  // of a dog
  paint(scratch / "val/cat/9.png", 40, 50, 5);    // of train
  paint(scratch / "val/cat/thin.png", 40, 300, 77);
  paint(scratch / "val/cat/tiny.png", 31, 31, 78, true);
  put(scratch / "train/cat/broken.png", "\x89PNG\r\n\x1a\n and no more");
  for (int i = 5; i < 12; ++i)
    paint(scratch / "train/dog/" + std::to_string(i) + ".png", 40, 50, static_cast<uint8_t>(100 + i));

  const CommandOutput output = run_radial({"doctor", scratch.path().string(), "--json"});
  REQUIRE(output.code == 0);
  const auto lines = output.lines();
  CHECK(lines[0]["cores_of_process"].get<int>() >= 1);
  CHECK(lines[0]["memory_bytes"].get<uint64_t>() > 1'000'000);
  CHECK(lines[0].contains("nccl"));
  CHECK(lines[1]["split"] == "train");
  CHECK(lines[1]["images"] == 16);
  CHECK(lines[1]["classes"]["dog"] == 12);
  CHECK(lines[2]["grey"] == 1);
  CHECK(lines[2]["largest"] == "40 x 300");
  const auto one_with = [&](const char* finding, const std::string& text) {
    const auto files = files_of(lines, finding);
    INFO(finding);
    REQUIRE(files.size() == 1);
    CHECK_THAT(files[0], Catch::Matchers::ContainsSubstring(text));
  };
  one_with("unreadable", "broken.png");
  one_with("small", "tiny.png (31 x 31)");
  one_with("narrow", "thin.png");
  one_with("in two splits", "val/cat/9.png");
  one_with("in two classes", "train/dog/3.png");
  one_with("twice", "train/dog/4.png");
  one_with("uneven", "train/cat: 4 of 12");
  CHECK(files_of(lines, "CMYK").empty());

  const CommandOutput text = run_radial({"doctor", scratch.path().string()});
  CHECK(text.code == 0);
  CHECK_THAT(text.out, Catch::Matchers::ContainsSubstring("16 pictures in 2 classes, 4 (cat) to 12 (dog) in a class"));
  CHECK(run_radial({"doctor", scratch / "none"}).code == 3);
}

TEST_CASE("the doctor takes a folder of classes, and names what a split lacks") {
  const ScratchFolder scratch;
  paint(scratch / "cat/1.png", 40, 40, 1);
  CHECK(run_radial({"doctor", scratch.path().string(), "--json"}).lines()[1]["split"] == "pictures");
  paint(scratch / "data/train/cat/1.png", 40, 40, 1);
  CHECK(run_radial({"doctor", scratch / "data"}).code == 0);
  paint(scratch / "data/val/dog/1.png", 40, 40, 3);
  const auto lines = run_radial({"doctor", scratch / "data", "--json"}).lines();
  CHECK(files_of(lines, "in one split") == std::vector<std::string>{"train/cat", "val/dog"});
}

TEST_CASE("the doctor takes a val in one flat folder, as ImageNet is shipped") {
  const ScratchFolder scratch;
  paint(scratch / "train/cat/1.png", 40, 40, 1);
  paint(scratch / "train/dog/1.png", 40, 40, 2);
  paint(scratch / "val/1.png", 40, 40, 2);
  paint(scratch / "val/2.png", 40, 40, 3);
  const auto lines = run_radial({"doctor", scratch.path().string(), "--json"}).lines();
  CHECK(lines[2]["split"] == "val");
  CHECK(lines[2]["images"] == 2);
  CHECK(lines[2]["classes"].empty());
  CHECK(files_of(lines, "in two splits").size() == 1);
  CHECK(files_of(lines, "in one split").empty());
  CHECK(files_of(lines, "in two classes").empty());
  CHECK_THAT(run_radial({"doctor", scratch.path().string()}).out,
             Catch::Matchers::ContainsSubstring("2 pictures in one folder"));
}
