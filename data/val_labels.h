// Pictures of all classes in one folder, their classes in a file: ImageNet's validation set as it is shipped.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "data/image_folder.h"

namespace radial {

// Of an archive that holds a single folder of pictures, as `tar cf val.tar val` makes it, that folder; else `root`.
std::filesystem::path flat_folder_of(const std::filesystem::path& root);

// The pictures in `root`, all of one class with the folder's name. Throws Error(dataset) where there is none, or one
// that cannot be used, unless those are left out.
ImageFolder open_flat_folder(const std::filesystem::path& root, OnBadSample on_bad = OnBadSample::error);

// The pictures in `root` as if each lay in the folder of its class. `labels` is a file of one of these forms:
//   file,class                     CSV with this header; or Kaggle's ImageId,PredictionString, of which the first word
//   NAME CLASS                     a line a picture, without header
//   CLASS                          a line a picture, in the order of sorted names
// A picture is named with or without a path before it and its ending. A class is the name of
// a folder; with a class map, a file of lines "NUMBER FOLDER ..." or "FOLDER NUMBER ...", it is one of these numbers.
// `classes`: those of train, sorted, each of which must have a picture; none: those that the file names.
// Throws Error(file_format) with path and line for what has none of these forms and for pictures that come twice,
// Error(dataset) for classes that are none, for pictures that are not there, for those that no line names, and where
// there are folders in `root`.
ImageFolder open_labelled_folder(const std::filesystem::path& root, const std::string& labels,
                                 const std::string& class_map, std::span<const std::string> classes,
                                 OnBadSample on_bad = OnBadSample::error);

}  // namespace radial
