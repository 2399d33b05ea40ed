// Whether pictures are still the same: a digest of their contents.
#pragma once

#include <string>
#include <vector>

#include "data/image_folder.h"

namespace radial {

// 16 hexadecimal digits for each class, which change when one of its pictures does: XXH3 (64 bits) of the size and the
// bytes of each, in order. Of a picture of more than 48 KiB the first, middle and last 16 KiB are read: who replaces a
// picture changes those, and all of a large data set would take as long as an epoch. A picture that is gone
// since the folder was listed, or no file any more, is Error(dataset) with the path, other failures are Error(io). The
// same for any number of threads.
std::vector<std::string> fingerprints(const ImageFolder& folder);

}  // namespace radial
