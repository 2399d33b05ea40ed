// Whether pictures are still the same: a digest of their contents.
#pragma once

#include <string>
#include <vector>

#include "data/image_folder.h"

namespace radial {

// 16 hexadecimal digits for each class, which change when one of its pictures does: XXH3 (64 bits) of the size and the
// bytes of each, in order. Of a picture of more than 48 KiB the first, middle and last 16 KiB are read: who replaces a
// picture changes those, and all of a large data set would take as long as an epoch. What cannot be opened (a link that
// leads nowhere, no permission) counts as a picture of its own kind: the loader says what to do about it. Other
// failures, which may pass, are Error(io) with the path. The same for any number of threads.
std::vector<std::string> fingerprints(const ImageFolder& folder);

}  // namespace radial
