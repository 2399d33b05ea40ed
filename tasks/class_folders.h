// Data sets with a folder for each class: what a run remembers of one, and labels by name. For any task.
#pragma once

#include <span>
#include <string>

#include "data/image_folder.h"

namespace radial {

// JSON: folders, classes and counts; a hash of the names of all files; a fingerprint of the contents of each class, for
// which all pictures are opened.
std::string describe_class_folders(const Dataset& dataset);

// The same of any folders, each of which has its own classes; `path` is what was asked for.
struct NamedFolder {
  std::string name;  // "train", "val", "gallery"
  const ImageFolder* folder = nullptr;
};
std::string describe_class_folders(const std::string& path, std::span<const NamedFolder> folders);

// Throws Error(dataset) unless `now` describes the same pictures as `before`, the text of the file `path`, wherever
// they lie: names and contents, or names alone if the run is of a version that knew no contents. Error(file_format)
// with the path if the text is no such description.
void check_same_class_folders(const std::string& before, const std::string& path, const std::string& now);

// The labels of a folder count its own classes; where the outputs of a network have names, they decide. Throws
// Error(dataset) if the network has no output for a class.
void match_labels(ImageFolder& folder, int outputs, std::span<const std::string> names);

}  // namespace radial
