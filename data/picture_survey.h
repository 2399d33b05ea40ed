// Every picture of a folder, read once: what is wrong with some, and which are the same.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/image_folder.h"

namespace radial {

struct PictureFacts {
  std::string error;  // why it cannot be read; "" for a whole picture, and then:
  int width = 0, height = 0;
  bool grey = false;    // all pixels have r = g = b
  bool cmyk = false;    // a JPEG of four colours, converted without a colour profile
  uint64_t pixels = 0;  // XXH3 of size and pixels: equal for equal pictures, whatever their files
};

// Of each sample, in order; the same for any number of threads. Throws only where memory runs out.
std::vector<PictureFacts> survey(const ImageFolder& folder);

}  // namespace radial
