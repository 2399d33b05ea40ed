// The table of formats, and what Pillow cannot be asked about: BMP's skips, checksums, pictures too large for their
// file.
#include "data/picture_formats.h"

#include "data/bad_sample.h"
#include "data/image.h"
#include "tests/data/fixtures.h"

namespace radial {
namespace {

using namespace test;

std::span<const uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::string refusal(const std::string& file) {
  const auto error = thrown_by([&] { decode_image(bytes_of(file), "some.jpg"); });
  CHECK(error.kind == static_cast<int>(ErrorKind::dataset));
  return error.message;
}

std::string little(uint32_t value, size_t size) {
  std::string text;
  for (size_t i = 0; i < size; ++i) text += static_cast<char>(value >> (8 * i));
  return text;
}

// A BMP of 4 or 8 bits whose colours are greys of 10 times the index.
std::string run_length_bmp(int width, int height, uint32_t bits, const std::string& runs) {
  std::string palette;
  for (uint32_t i = 0; i < 16; ++i) palette += little(i * 10 * 0x10101, 4);
  const std::string info = little(40, 4) + little(static_cast<uint32_t>(width), 4) +
                           little(static_cast<uint32_t>(height), 4) + little(1, 2) + little(bits, 2) +
                           little(bits == 8 ? 1 : 2, 4) + little(0, 12) + little(16, 4) + little(0, 4);
  return "BM" + little(0, 8) + little(static_cast<uint32_t>(14 + info.size() + palette.size()), 4) + info + palette +
         runs;
}

// The greys of the pixels, divided by 10.
std::vector<int> indices(const std::string& file) {
  const Image image = decode_image(bytes_of(file), "a.bmp");
  std::vector<int> all;
  for (size_t i = 0; i < image.pixels.size(); i += 3) all.push_back(image.pixels[i] / 10);
  return all;
}

TEST_CASE("formats are told by the name's ending and by the first bytes") {
  CHECK(format_of_name("a.b.JPEG")->name == "JPEG");
  CHECK(format_of_name("x.webp")->decode != nullptr);
  CHECK(format_of_name("x.TIF")->decode == nullptr);
  CHECK(format_of_name("x.heic")->decode == nullptr);
  for (const char* name : {"Thumbs.db", "jpg", "a.txt", "a.", "labels.csv"}) CHECK(format_of_name(name) == nullptr);
  CHECK(format_of_bytes(bytes_of(std::string("II*\0abcd", 8)))->name == "TIFF");
  CHECK(format_of_bytes(bytes_of("P3\n1 1")) != nullptr);
  CHECK(format_of_bytes(bytes_of("PS is no picture")) == nullptr);
  CHECK(format_of_bytes({}) == nullptr);
}

TEST_CASE("a picture in a format that is not read is refused by that format's name") {
  CHECK_THAT(refusal(std::string("MM\0*1234", 8)),
             Catch::Matchers::ContainsSubstring("TIFF is not read, only JPEG, PNG"));
  CHECK_THAT(refusal(std::string("\0\0\0\x20"
                                 "ftypavif",
                                 12)),
             Catch::Matchers::ContainsSubstring("AVIF is not read"));
}

TEST_CASE("run lengths of BMP: skips, odd numbers, rows that end early") {
  using std::string_literals::operator""s;
  // From the bottom: two of index 1, skip to (3, 1), one of index 2, end of row, four of index 3.
  CHECK(indices(run_length_bmp(4, 3, 8, "\2\1\0\2\1\1\1\2\0\0\4\3\0\1"s)) ==
        std::vector<int>{3, 3, 3, 3, 0, 0, 0, 2, 1, 1, 0, 0});
  // 4 bits, three as they are in two bytes, then a run of two colours.
  CHECK(indices(run_length_bmp(6, 1, 4, "\0\3\x12\x30\3\x45\0\1"s)) == std::vector<int>{1, 2, 3, 4, 5, 4});
  CHECK(indices(run_length_bmp(2, 1, 8, "\xFF\7\0\1"s)) == std::vector<int>{7, 7});  // longer than the row
  CHECK_THAT(refusal(run_length_bmp(2, 2, 8, "\2\1\0\0\0\1"s)), Catch::Matchers::ContainsSubstring("ends in row 1"));
  CHECK_THAT(refusal(run_length_bmp(2, 2, 8, "\2\1\0\0\2"s)), Catch::Matchers::ContainsSubstring("truncated"));
}

TEST_CASE("a picture that its file is too small to hold is refused before memory is taken") {
  // 10000 x 10000 pixels in a few bytes.
  const std::string size = std::string("\0\0\x27\x10", 4);
  std::string png =
      "\x89PNG\r\n\x1A\n" + std::string("\0\0\0\rIHDR", 8) + size + size + std::string("\x08\x02\0\0\0", 5);
  CHECK_THAT(refusal(png), Catch::Matchers::ContainsSubstring("truncated"));
  CHECK_THAT(refusal("GIF89a" + little(10000, 2) + little(10000, 2) + std::string("\0\0\0", 3) + "," + little(0, 4) +
                     little(10000, 2) + little(10000, 2) + std::string("\0\2\1", 3)),
             Catch::Matchers::ContainsSubstring("cannot hold"));
  CHECK_THAT(refusal("P1 10000 10000 1"), Catch::Matchers::ContainsSubstring("truncated"));
  CHECK_THAT(refusal("P6\n2 2\n255"), Catch::Matchers::ContainsSubstring("but the file has 0"));
  // A canvas of 2^27 pixels, of which a frame of one paints one.
  CHECK_THAT(refusal("GIF89a" + little(16384, 2) + little(8192, 2) + std::string("\x80\0\0\0\0\0\xFF\xFF\xFF", 9) +
                     "," + little(0, 4) + little(1, 2) + little(1, 2) + std::string("\0\2\2\x44\1\0;", 7)),
             Catch::Matchers::ContainsSubstring("its canvas of 16384 x 8192 pixels"));
  CHECK_THAT(refusal(run_length_bmp(60000, 1000, 8, "")), Catch::Matchers::ContainsSubstring("cannot hold"));
}

TEST_CASE("text PNM: a value above maxval, letters, no end") {
  CHECK_THAT(refusal("P2 2 1 9 9 10 "), Catch::Matchers::ContainsSubstring("larger than maxval"));
  CHECK_THAT(refusal("P2 2 1 9 9 x "), Catch::Matchers::ContainsSubstring("no number"));
  CHECK_THAT(refusal("P3 2 1 9 9 9 9 9 "), Catch::Matchers::ContainsSubstring("the file ends"));
  CHECK_THAT(refusal("P1 2 1 1#      "), Catch::Matchers::ContainsSubstring("ends before its pixels"));
  CHECK_THAT(refusal("P1 2 1 12"), Catch::Matchers::ContainsSubstring("pixels are 0 or 1"));
}

}  // namespace
}  // namespace radial
