// Reading and writing whole pictures: the same pixels as Pillow.
#include "data/image.h"

#include "tests/data/fixtures.h"

namespace radial {
namespace {

using namespace test;

TEST_CASE("pictures of each format decode to Pillow's pixels") {
  for (auto& row : golden_rows("data_decode.csv")) {
    CAPTURE(row["name"]);
    const Image image = decode_image(from_hex(row["file"]), row["name"]);
    CHECK(image.width == 21);
    CHECK(image.height == 17);
    CHECK(largest_difference(image.pixels, from_hex(row["pixels"])) == 0);
  }
}

TEST_CASE("the first bytes tell the format, not the name") {
  const ScratchFolder folder;
  write_png(folder.path() / "really-a.png", picture(9, 5));
  std::filesystem::rename(folder.path() / "really-a.png", folder.path() / "picture.JPEG");
  CHECK(read_image(folder.path() / "picture.JPEG").pixels == picture(9, 5).pixels);
}

TEST_CASE("PNG is written and read back exactly, JPEG nearly") {
  const ScratchFolder folder;
  for (const auto& [width, height] : {std::pair{1, 1}, {3, 7}, {40, 33}}) {
    Image smooth = picture(width, height);
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < 3 * width; ++x) smooth.row(y)[x] = static_cast<uint8_t>(100 + x / 3 + y);
    }
    write_png(folder.path() / "a.png", smooth);
    write_jpeg(folder.path() / "a.jpg", smooth, 95);
    CHECK(read_image(folder.path() / "a.png").pixels == smooth.pixels);
    CHECK(largest_difference(read_image(folder.path() / "a.jpg").pixels, smooth.pixels) <= 4);
  }
  CHECK(folder.files() == 2);  // nothing temporary
}

TEST_CASE("a picture that cannot be written is an I/O error with the path") {
  const ScratchFolder folder;
  const auto error = thrown_by([&] { write_png(folder.path() / "nowhere" / "a.png", picture(4, 4)); });
  CHECK(error.kind == static_cast<int>(ErrorKind::io));
  CHECK_THAT(error.message, Catch::Matchers::ContainsSubstring("nowhere/a.png"));
  CHECK_THAT(error.message, Catch::Matchers::ContainsSubstring("No such file or directory"));
}

TEST_CASE("PNM: comments, small maxval, 16 bits") {
  const auto decode = [](const std::string& text) {
    return decode_image({reinterpret_cast<const uint8_t*>(text.data()), text.size()}, "a.ppm").pixels;
  };
  CHECK(decode("P5 # grey\n1 # width\n2\n15\n\x0F\x05") == std::vector<uint8_t>{255, 255, 255, 85, 85, 85});
  CHECK(decode(std::string("P6\n1 1\n65535\n\xFF\xFF\x80\x00\x01\x00", 19)) == std::vector<uint8_t>{255, 128, 1});
}

}  // namespace
}  // namespace radial
