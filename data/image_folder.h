// Pictures sorted into folders by class: DATA/train/<class>/* and DATA/val/<class>/*, as for torchvision's ImageFolder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/bad_sample.h"

namespace radial {

// One split. Classes are sorted by name, the pictures of a class by folder and name, all in byte order, so that the
// label of a class is its place and the list is the same on each machine.
struct ImageFolder {
  struct Sample {
    std::string file;  // relative to the folder of the class
    int32_t label = 0;
  };

  std::filesystem::path root;  // holds the folders of the classes
  std::vector<std::string> classes;
  std::vector<Sample> samples;
  std::vector<BadSample::Entry> unusable;  // what could be a picture but is left out, in no sample
  bool from_root = false;                  // files are relative to `root`: a class has several folders

  int64_t size() const { return static_cast<int64_t>(samples.size()); }
  std::filesystem::path path(int64_t index) const;
  std::vector<int64_t> class_counts() const;  // pictures of each class
  std::vector<int32_t> labels() const;        // of the samples, in their order
};

// Both splits, with the same classes.
struct Dataset {
  ImageFolder train;
  ImageFolder val;

  // 16 hexadecimal digits that change when a class or file is added, removed or renamed (FNV-1a of the sorted lists).
  std::string hash() const;
};

// Wherever a folder is expected, an archive or a folder in one will do (data/picture_archive.h). Where an archive holds
// a single folder with folders in it, as `tar cf pictures.tar pictures` makes it, that one is meant.

// The folder of DATA of that name, DATA/train say, or instead of it DATA/train.tar, DATA/train.zip or, as ImageNet is
// shipped, DATA/ILSVRC2012_img_train.tar; nothing if there is none. Throws Error(io) where the system does not let it
// be known.
std::optional<std::filesystem::path> folder_of_data(const std::filesystem::path& data, const std::string& name);

// Pictures are files with the extensions of picture_formats.h, in upper or lower case, in the folder of a class or
// deeper; names that begin with a dot are passed over, and so are files with other names. What could be a picture but
// cannot be read (formats that are known but not read, links that lead nowhere, files and folders without permission,
// pipes) is an Error(dataset) with their number and the first path, or with OnBadSample::skip listed as unusable. All
// throw Error(dataset) that says what is missing: a folder, classes, the pictures of a class; and Error(io) where the
// system fails.
ImageFolder open_image_folder(const std::filesystem::path& root, OnBadSample on_bad = OnBadSample::error);

// One split of DATA: "train", or "val", for which "test" is taken where there is no val.
ImageFolder open_split(const std::filesystem::path& data, const std::string& split,
                       OnBadSample on_bad = OnBadSample::error);

// Both; the classes of train and val must be the same.
Dataset open_dataset(const std::filesystem::path& data, OnBadSample on_bad = OnBadSample::error);

}  // namespace radial
