// Letters have their patterns in any size, and stay within the picture.
#include "data/letters.h"

#include "tests/data/fixtures.h"

namespace radial {
namespace {

// "#" where a pixel was painted, a line a row.
std::string painted(const Image& image) {
  std::string text;
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) text += image.row(y)[3 * x] == 7 ? '#' : '.';
    text += '\n';
  }
  return text;
}

Image written(int width, int height, int x, int y, const std::string& text, int scale) {
  Image image;
  image.resize(width, height);
  std::fill(image.pixels.begin(), image.pixels.end(), uint8_t{0});
  draw_letters(image, x, y, text, {7, 8, 9}, scale);
  return image;
}

TEST_CASE("letters stand on a line, some reach below it") {
  CHECK(painted(written(12, 10, 0, 0, "Ag", 1)) ==
        "............\n"
        "..#.........\n"
        "..#.........\n"
        ".#.#...####.\n"
        ".#.#..#...#.\n"
        "#####.#...#.\n"
        "#...#.#...#.\n"
        "#...#..####.\n"
        "..........#.\n"
        ".......###..\n");
}

TEST_CASE("letters grow, are cut off at the edges, and stand for what has no letter") {
  const Image small = written(12, 10, 0, 0, "Ag", 1), large = written(36, 30, 0, 0, "Ag", 3);
  for (int y = 0; y < 30; ++y)
    for (int x = 0; x < 36; ++x) CHECK(large.row(y)[3 * x + 2] == small.row(y / 3)[3 * (x / 3) + 2]);
  const Image part = written(12, 10, -3, -2, "Ag", 1);
  for (int y = 0; y < 8; ++y)
    for (int x = 0; x < 9; ++x) CHECK(part.row(y)[3 * x] == small.row(y + 2)[3 * (x + 3)]);
  CHECK(written(5, 5, 50, -70, "outside", 2).pixels == std::vector<uint8_t>(75));
  CHECK(letters_in("für 日本") == 6);
  CHECK(painted(written(24, 10, 0, 0, "ü日\n~", 1)) == painted(written(24, 10, 0, 0, "???~", 1)));
}

}  // namespace
}  // namespace radial
