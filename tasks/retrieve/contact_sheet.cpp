#include "tasks/retrieve/contact_sheet.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "core/error.h"
#include "data/image.h"
#include "data/resize.h"

namespace radial {
namespace {

constexpr int thumbnail = 112, frame = 4, space = 6, gap = 24;  // pixels
constexpr int cell = thumbnail + 2 * frame + space;

using Colour = std::array<uint8_t, 3>;

void fill(Image& sheet, int x, int y, int width, int height, const Colour& colour) {
  for (int row = y; row < y + height; ++row)
    for (int column = x; column < x + width; ++column)
      std::copy(colour.begin(), colour.end(), sheet.row(row) + 3 * column);
}

// The whole picture, in the middle of the square at (x, y).
void place_picture(Image& sheet, int x, int y, const std::filesystem::path& file) {
  const Image image = read_image(file);
  const double shrink = thumbnail / static_cast<double>(std::max(image.width, image.height));
  const auto side = [&](int length) {
    return std::clamp(static_cast<int>(std::lround(length * shrink)), 1, thumbnail);
  };
  const Image small = resize_image(image, side(image.width), side(image.height));
  const int left = x + (thumbnail - small.width) / 2, top = y + (thumbnail - small.height) / 2;
  for (int row = 0; row < small.height; ++row)
    std::copy_n(small.row(row), small.row_bytes(), sheet.row(top + row) + size_t{3} * static_cast<size_t>(left));
}

}  // namespace

void write_contact_sheet(std::span<const SheetRow> rows, const std::filesystem::path& path) {
  check(!rows.empty(), ErrorKind::dataset, "predict: there is no picture for the sheet ", path.string());
  size_t columns = 0;
  for (const SheetRow& row : rows) columns = std::max(columns, row.nearest.size());
  Image sheet;
  sheet.resize(space + cell * (1 + static_cast<int>(columns)) + gap, space + cell * static_cast<int>(rows.size()));
  std::fill(sheet.pixels.begin(), sheet.pixels.end(), uint8_t{255});
  constexpr Colour green = {0, 158, 115}, red = {213, 94, 0};  // told apart by the colour-blind, too
  int y = space;
  for (const SheetRow& row : rows) {
    place_picture(sheet, space + frame, y + frame, row.asked);
    int x = space + cell + gap;
    for (const SheetRow::Found& found : row.nearest) {
      if (found.frame != Frame::none)
        fill(sheet, x, y, thumbnail + 2 * frame, thumbnail + 2 * frame, found.frame == Frame::right ? green : red);
      place_picture(sheet, x + frame, y + frame, found.file);
      x += cell;
    }
    y += cell;
  }
  write_png(path, sheet);
}

}  // namespace radial
