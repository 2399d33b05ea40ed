// Whole pictures have Pillow's pixels, damaged ones are refused wherever Pillow refuses them. Pillow is asked here and
// now.
#include <array>
#include <cstdlib>

#include "data/bad_sample.h"
#include "data/image.h"
#include "tests/data/fixtures.h"

namespace radial {
namespace {

using namespace test;

struct PillowPicture {
  std::string format, name;
  Image image;  // without width where Pillow refuses the file
  std::vector<uint8_t> file;
};

// What pillow_pictures.py writes for `count` pictures a format; nothing if no Python here has Pillow.
std::vector<PillowPicture> pillow_pictures(int count) {
  const ScratchFolder scratch;
  const std::string out = (scratch.path() / "pictures").string();
  std::string python;
  for (const char* candidate : {"/usr/bin/python3", "python3"}) {
    if (std::system((std::string(candidate) + " -c 'from PIL import features; assert features.check(\"webp_anim\")'" +
                     " 2> /dev/null")
                        .c_str()) == 0) {
      python = candidate;
      break;
    }
  }
  if (python.empty()) return {};
  const std::string script = std::string(RADIAL_SOURCE_DIR) + "/tests/data/pillow_pictures.py";
  REQUIRE(std::system((python + " '" + script + "' '" + out + "' " + std::to_string(count)).c_str()) == 0);
  std::ifstream in(out, std::ios::binary);
  std::vector<PillowPicture> pictures;
  for (PillowPicture picture; in >> picture.format;) {
    int width = 0, height = 0, bytes = 0;
    in >> width >> height >> bytes >> picture.name;
    in.get();
    picture.file.resize(static_cast<size_t>(bytes));
    picture.image.resize(width, height);
    in.read(reinterpret_cast<char*>(picture.file.data()), bytes);
    in.read(reinterpret_cast<char*>(picture.image.pixels.data()), std::ssize(picture.image.pixels));
    REQUIRE(in.good());
    pictures.push_back(picture);
  }
  return pictures;
}

// No picture if it is refused.
Image decoded(const PillowPicture& picture) {
  try {
    return decode_image(picture.file, picture.format);
  } catch (const BadSample& bad) {
    UNSCOPED_INFO(bad.what());
    return {};
  }
}

TEST_CASE("random pictures of each format have Pillow's pixels, flipped bits are refused where Pillow refuses them") {
  const auto pictures = pillow_pictures(400);
  if (pictures.empty()) {
    WARN("skipped: no Pillow (package python3-pil) to compare with");
    return;
  }
  struct Counts {
    int whole = 0, flipped = 0, refused = 0, refused_by_pillow = 0, same = 0;
  };
  std::map<std::string, Counts> counts;
  for (size_t i = 0; i < pictures.size(); ++i) {
    const PillowPicture& picture = pictures[i];
    CAPTURE(i, picture.format, picture.name, picture.file.size());
    Counts& count = counts[picture.format];
    const Image image = decoded(picture);
    const bool refused = image.width == 0, refused_by_pillow = picture.image.width == 0;
    if (picture.name == "whole") {
      ++count.whole;
      REQUIRE_FALSE(refused_by_pillow);
      const int tolerance = picture.format == "JPEG" ? 1 : 0;  // its libjpeg may be another one
      CHECK(image.width == picture.image.width);
      CHECK(largest_difference(image.pixels, picture.image.pixels) <= tolerance);
      continue;
    }
    ++count.flipped;
    count.refused += static_cast<int>(refused);
    count.refused_by_pillow += static_cast<int>(refused_by_pillow);
    count.same += static_cast<int>(!refused && image.pixels == picture.image.pixels);
    if (refused_by_pillow) CHECK(refused);
  }
  REQUIRE(counts.size() == 6);
  for (const auto& [format, count] : counts) {
    CHECK(count.whole == 400);
    if (std::getenv("RADIAL_TEST_COUNTS") != nullptr)
      WARN(format << ": of " << count.flipped << " files with a flipped bit Radial refuses " << count.refused
                  << ", Pillow " << count.refused_by_pillow << "; the same pixels " << count.same);
  }
  CHECK(counts["PNG"].refused == counts["PNG"].flipped);
}

}  // namespace
}  // namespace radial
