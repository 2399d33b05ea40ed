// The pictures of a retrieval: classes to train on, and others whose pictures are searched.
#pragma once

#include <filesystem>
#include <string>

#include "data/image_folder.h"

namespace radial {

// Layouts of DATA:
//   DATA/train/<class>/*, DATA/val/<class>/*                         each picture of val is searched among the others
//   DATA/train/<class>/*, DATA/query/<class>/*, DATA/gallery/<class>/*  those of query are searched in the gallery
//   DATA/<class>/* with class_split F in (0, 1)    of the sorted classes the first share F trains, the others are val
// The classes of train and of the others may differ, and should.
struct RetrievalFolders {
  ImageFolder train;
  ImageFolder gallery;  // or val
  ImageFolder query;    // of the second layout, with the gallery's labels (its classes stand first); else empty

  bool has_query() const { return query.size() > 0; }
};

// Throw Error(dataset) that says what is missing, Error(usage) for a class_split of DATA with train/.
RetrievalFolders open_retrieval(const std::filesystem::path& data, double class_split, OnBadSample on_bad);
// The same without train/, of which it may have none.
RetrievalFolders open_searched(const std::filesystem::path& data, double class_split, OnBadSample on_bad);
// The pictures that are searched: gallery/, val/ (or test/), what class_split leaves, or all of DATA/<class>/*.
ImageFolder open_gallery(const std::filesystem::path& data, double class_split, OnBadSample on_bad);

}  // namespace radial
