// One folder of classes as a data set: some pictures of each class to train on, the others to evaluate.
#pragma once

#include <cstdint>
#include <filesystem>

#include "data/image_folder.h"

namespace radial {

// DATA/<class>/*, of which a share in (0, 1) becomes val: of a class of n pictures the whole number nearest to share n,
// but at least 1 and at most n - 1. Which ones follows from the seed and the names of class and file alone: neither
// from the other classes nor from the machine; and where pictures are added, few others change sides. What could not be
// used is listed in `train`. Throws Error(usage) if DATA holds train, val or test and is split already, Error(dataset)
// for classes of a single picture, which cannot be on both sides; else as open_image_folder().
Dataset split_dataset(const std::filesystem::path& data, double share, uint64_t seed,
                      OnBadSample on_bad = OnBadSample::error);

// Whether DATA holds a folder train, val or test, or an archive of that name.
bool is_split(const std::filesystem::path& data);

}  // namespace radial
