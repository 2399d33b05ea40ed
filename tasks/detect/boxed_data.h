// What a run remembers of pictures with boxes.
#pragma once

#include <string>

#include "data/boxed_pictures.h"

namespace radial {

// JSON: folders, classes and counts; a hash of names and boxes and a fingerprint of the pictures of each split, for
// which all of them are opened.
std::string describe_boxed_data(const BoxedPictures& train, const BoxedPictures& val);

// Throws Error(dataset) unless `now` describes the same pictures and boxes as `before`, the text of the file `path`,
// wherever they lie; Error(file_format) with the path if that is no such description.
void check_same_boxed_data(const std::string& before, const std::string& path, const std::string& now);

}  // namespace radial
