// Lists of sounds: a folder for each class, a table of tags, or names that say what a sound is.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/bad_sample.h"
#include "data/image_folder.h"

namespace radial {

// One split.
struct SoundList {
  struct Item {
    std::string file;  // relative to root
    int32_t label = 0;
    std::vector<float> tags = {};  // 0 or 1 for each class, where a sound may have several
  };
  std::filesystem::path root;
  std::vector<std::string> classes = {};  // or tags
  bool tagged = false;
  std::string table = {};  // of tags, relative to root
  std::vector<Item> items = {};
  std::vector<BadSample::Entry> unusable = {};

  int64_t size() const { return static_cast<int64_t>(items.size()); }
  std::filesystem::path path(int64_t item) const { return root / items[static_cast<size_t>(item)].file; }
  ImageFolder files() const;  // and the table, without classes: to know them again (data/fingerprint.h)
};

struct SoundLists {
  SoundList train, val;  // with the same classes, in the same order
};

// Layouts of DATA, of which the first that fits counts:
//   DATA/train.csv, DATA/val.csv        a column `file` (relative to DATA) and a column of 0 and 1 for each tag
//   DATA/train/<class>/*, DATA/val/<class>/*  (or test for val)
//   DATA/<class>_<speaker>_<k>.*        k below 5 is val (also in DATA/recordings)
// Classes and files are sorted by name. Throw Error(dataset) that says what is missing, or is not as it should be.
SoundLists open_sounds(const std::filesystem::path& data, OnBadSample on_bad);
SoundList open_sound_split(const std::filesystem::path& data, const std::string& split, OnBadSample on_bad);

}  // namespace radial
