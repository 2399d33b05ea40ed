// Whatever the bytes are, decoding gives a whole picture or an error of kind dataset that names the file.
#include <cstdio>

#include <jpeglib.h>

#include "core/random.h"
#include "data/image.h"
#include "tests/data/fixtures.h"

namespace radial {
namespace {

using namespace test;

// True for a whole picture, false for a proper error; anything else fails the test.
bool decodes(std::span<const uint8_t> bytes) {
  const auto error = thrown_by([&] {
    const Image image = decode_image(bytes, "some/picture.jpg");
    REQUIRE(image.pixels.size() == image.row_bytes() * static_cast<size_t>(image.height));
  });
  if (error.kind == 0) return true;
  REQUIRE(error.kind == static_cast<int>(ErrorKind::dataset));
  REQUIRE(error.message.find("some/picture.jpg") != std::string::npos);
  return false;
}

// A JPEG as libjpeg writes it from rows of `components` bytes a pixel.
std::vector<uint8_t> encode_jpeg(J_COLOR_SPACE in, J_COLOR_SPACE stored, int components, std::vector<uint8_t> pixels,
                                 int width, int height) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &bytes, &size);
  info.image_width = static_cast<JDIMENSION>(width);
  info.image_height = static_cast<JDIMENSION>(height);
  info.input_components = components;
  info.in_color_space = in;
  jpeg_set_defaults(&info);
  jpeg_set_colorspace(&info, stored);
  jpeg_set_quality(&info, 100, TRUE);
  jpeg_start_compress(&info, TRUE);
  for (int y = 0; y < height; ++y) {
    JSAMPROW row = pixels.data() + y * width * components;
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  const std::vector<uint8_t> file(bytes, bytes + size);
  free(bytes);
  return file;
}

TEST_CASE("YCCK, the other four-channel JPEG, decodes to the colours that its ink means") {
  std::vector<uint8_t> ink;  // stored inverted: cyan and yellow half, black a fifth
  for (int i = 0; i < 64; ++i) ink.insert(ink.end(), {128, 255, 128, 204});
  const Image image = decode_image(encode_jpeg(JCS_CMYK, JCS_YCCK, 4, ink, 8, 8), "ycck.jpg");
  for (size_t i = 0; i < image.pixels.size(); ++i) {
    CHECK(std::abs(image.pixels[i] - (i % 3 == 1 ? 204 : 102)) <= 3);
  }
}

TEST_CASE("an empty file, a text and a folder are no pictures, and the message says so") {
  const ScratchFolder folder;
  write_text(folder.path() / "empty.jpg", "");
  write_text(folder.path() / "text.jpg", "hello");
  const auto message = [&](const char* name) {
    const auto error = thrown_by([&] { read_image(folder.path() / name); });
    CHECK(error.kind == static_cast<int>(ErrorKind::dataset));
    CHECK_THAT(error.message, Catch::Matchers::ContainsSubstring((folder.path() / name).string()));
    return error.message;
  };
  CHECK_THAT(message("empty.jpg"), Catch::Matchers::ContainsSubstring("the file is empty"));
  CHECK_THAT(message("text.jpg"),
             Catch::Matchers::ContainsSubstring("not a picture: it starts with the bytes 68 65 6c"));
  CHECK_THAT(message("missing.jpg"), Catch::Matchers::ContainsSubstring("No such file or directory"));
  CHECK_THAT(message(""), Catch::Matchers::ContainsSubstring("not a file"));
}

TEST_CASE("a truncated picture is an error wherever it ends") {
  for (auto& row : golden_rows("data_decode.csv")) {
    const std::vector<uint8_t> file = from_hex(row["file"]);
    CAPTURE(row["name"]);
    // GIF and BMP may end with bytes that hold no pixels: the second picture's place, padding.
    const bool has_tail = row["name"].starts_with("gif") || row["name"].starts_with("bmp");
    const size_t end = has_tail ? file.size() - 8 : file.size();
    for (size_t size = 0; size < end; ++size) {
      CAPTURE(size);
      REQUIRE_FALSE(decodes(std::span(file).first(size)));
    }
  }
}

TEST_CASE("a truncated larger JPEG is an error wherever it ends") {
  const Image image = picture(90, 70);
  const auto file = encode_jpeg(JCS_RGB, JCS_YCbCr, 3, image.pixels, image.width, image.height);
  REQUIRE(decodes(file));
  for (size_t size = 0; size < file.size(); size += size < 700 ? 1 : 97) {
    CAPTURE(size);
    REQUIRE_FALSE(decodes(std::span(file).first(size)));
  }
}

TEST_CASE("random bytes and pictures with random bytes in them never crash") {
  Random random(1, Stream::test);
  const auto rows = golden_rows("data_decode.csv");
  int whole = 0, broken = 0;
  for (int round = 0; round < 4000; ++round) {
    auto row = rows[static_cast<size_t>(random.below(std::ssize(rows)))];
    std::vector<uint8_t> bytes = from_hex(row["file"]);
    const bool only_start = round % 4 == 0;  // random from the 12th byte on
    const int64_t changes = only_start ? std::ssize(bytes) - 12 : 1 + random.below(8);
    for (int64_t i = 0; i < changes; ++i) {
      const int64_t at = only_start ? 12 + i : random.below(std::ssize(bytes));
      bytes[static_cast<size_t>(at)] = static_cast<uint8_t>(random.bits());
    }
    // A changed header may promise a huge picture: correct to decode, but slow.
    const auto huge = [&](const std::string& name) { return name.starts_with("p") || name.starts_with("jpeg"); };
    if (only_start && !huge(row["name"])) continue;
    (decodes(bytes) ? whole : broken) += 1;
  }
  CHECK(whole > 100);
  CHECK(broken > 100);
}

TEST_CASE("absurd extents are refused before memory is taken") {
  const auto error_of = [](const std::string& text) {
    return thrown_by([&] {
             decode_image({reinterpret_cast<const uint8_t*>(text.data()), text.size()}, "a.ppm");
           })
        .message;
  };
  CHECK_THAT(error_of("P6 200000 200000 255 "), Catch::Matchers::ContainsSubstring("200000 x 200000"));
  CHECK_THAT(error_of("P6 0 5 255 "), Catch::Matchers::ContainsSubstring("0 x 5"));
  CHECK_THAT(error_of("P6 99999999999999999999 5 255 "), Catch::Matchers::ContainsSubstring("too large"));
  std::vector<uint8_t> jpeg = encode_jpeg(JCS_RGB, JCS_YCbCr, 3, picture(8, 8).pixels, 8, 8);
  for (size_t i = 0; i + 8 < jpeg.size(); ++i) {
    if (jpeg[i] == 0xFF && jpeg[i + 1] == 0xC0) {  // start of frame: height and width
      for (size_t k = 5; k < 9; ++k) jpeg[i + k] = 0xFE;
      break;
    }
  }
  const auto error = thrown_by([&] { decode_image(jpeg, "a.jpg"); });
  CHECK_THAT(error.message, Catch::Matchers::ContainsSubstring("65278 x 65278"));
}

}  // namespace
}  // namespace radial
