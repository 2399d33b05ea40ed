// Folders of pictures as parts of larger classes, and groups of pictures that look alike.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "data/image_folder.h"

namespace radial {

// The class of each folder, from a CSV file with the columns folder and class. Classes are numbered as they first come.
// Throws Error(file_format) with the path and the line for a folder that comes twice, or an empty name.
class Superclasses {
 public:
  explicit Superclasses(const std::string& path);

  // The pictures of the folders that the file names, with their larger classes as labels; other folders are left out.
  // Error(dataset) if none is left, or with `all` if a class has no picture.
  ImageFolder of(const ImageFolder& folder, bool all) const;

 private:
  std::string path_;
  std::vector<std::string> classes_;
  std::map<std::string, int32_t> of_folder_;
};

// Which cluster each picture is in, from a CSV file with the columns file and cluster1, cluster2, ... of several
// clusterings. A file is named from the folder of the split: "n02085620/a.jpg".
class Clusters {
 public:
  // Throws Error(file_format) for what is no such file, Error(dataset) if a picture of the folder is not in it.
  Clusters(const std::string& path, const ImageFolder& folder);

  struct Answer {
    int64_t sample = 0;
    bool right = false;
  };
  // Per cent: in each clustering the mean over the cells (class, cluster) of how many of the cell's pictures are right,
  // then the mean over clusterings. Cells of fewer than ten pictures do not count, unless no cell has ten.
  double unbiased_accuracy(const std::vector<Answer>& answers) const;

 private:
  std::vector<std::vector<int64_t>> cell_of_;  // [clustering][sample]
};

}  // namespace radial
