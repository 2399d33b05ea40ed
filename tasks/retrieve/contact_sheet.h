// A picture of pictures: what was asked for, and what was found.
#pragma once

#include <filesystem>
#include <span>
#include <vector>

namespace radial {

enum class Frame { none, right, wrong };  // none, green, red

struct SheetRow {
  struct Found {
    std::filesystem::path file;
    Frame frame = Frame::none;
  };
  std::filesystem::path asked;
  std::vector<Found> nearest;
};

// A PNG with a row each: the picture that was asked for, a gap, what was found from left to right; squares of 112
// pixels, each picture whole. Throws what reading a picture and writing a file throw.
void write_contact_sheet(std::span<const SheetRow> rows, const std::filesystem::path& path);

}  // namespace radial
