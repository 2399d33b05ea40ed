#include "tasks/rebias/groups.h"

#include <algorithm>
#include <set>

#include "core/error.h"
#include "core/joined.h"
#include "io/csv.h"

namespace radial {

Superclasses::Superclasses(const std::string& path) : path_(path) {
  const CsvTable table = CsvTable::read(path);
  const std::vector<std::string>&folders = table.texts("folder"), &classes = table.texts("class");
  for (size_t i = 0; i < table.rows(); ++i) {
    check(!folders[i].empty() && !classes[i].empty(), ErrorKind::file_format, path, ": row ", i + 1,
          " lacks a folder or a class");
    auto at = std::find(classes_.begin(), classes_.end(), classes[i]);
    if (at == classes_.end()) at = classes_.insert(at, classes[i]);
    check(of_folder_.emplace(folders[i], static_cast<int32_t>(at - classes_.begin())).second, ErrorKind::file_format,
          path, ": row ", i + 1, ": the folder ", folders[i], " comes twice");
  }
  check(!classes_.empty(), ErrorKind::file_format, path, ": there is no row");
}

ImageFolder Superclasses::of(const ImageFolder& folder, bool all) const {
  ImageFolder larger{.root = folder.root, .classes = classes_, .samples = {}, .unusable = folder.unusable};
  larger.from_root = true;
  for (const ImageFolder::Sample& sample : folder.samples) {
    const std::string& name = folder.classes[static_cast<size_t>(sample.label)];
    if (const auto found = of_folder_.find(name); found != of_folder_.end())
      larger.samples.push_back({name + "/" + sample.file, found->second});
  }
  std::stable_sort(larger.samples.begin(), larger.samples.end(),
                   [](const auto& a, const auto& b) { return a.label < b.label; });
  check(!larger.samples.empty(), ErrorKind::dataset, "superclasses: none of the folders that ", path_, " names is in ",
        folder.root.string());
  const std::vector<int64_t> counts = larger.class_counts();
  for (size_t label = 0; all && label < counts.size(); ++label)
    check(counts[label] > 0, ErrorKind::dataset, "superclasses: ", folder.root.string(), " has no folder of the class ",
          classes_[label], " (", path_, ")");
  return larger;
}

Clusters::Clusters(const std::string& path, const ImageFolder& folder) {
  const CsvTable table = CsvTable::read(path);
  std::map<std::string, size_t> row_of;
  const std::vector<std::string>& files = table.texts("file");
  for (size_t i = 0; i < files.size(); ++i) row_of.emplace(files[i], i);
  std::vector<std::vector<std::string>> clusterings;
  for (int k = 1; table.has("cluster" + std::to_string(k)); ++k)
    clusterings.push_back(table.texts("cluster" + std::to_string(k)));
  check(!clusterings.empty(), ErrorKind::file_format, path, ": there is no column cluster1");
  cell_of_.resize(clusterings.size());
  std::vector<std::map<std::pair<int32_t, std::string>, int64_t>> numbers(clusterings.size());
  for (int64_t i = 0; i < folder.size(); ++i) {
    const std::string file = folder.path(i).lexically_relative(folder.root).generic_string();
    const auto found = row_of.find(file);
    check(found != row_of.end(), ErrorKind::dataset, "clusters: ", path, " does not name ", file, " of ",
          folder.root.string());
    for (size_t k = 0; k < clusterings.size(); ++k) {
      const std::pair cell(folder.samples[static_cast<size_t>(i)].label, clusterings[k][found->second]);
      cell_of_[k].push_back(numbers[k].emplace(cell, std::ssize(numbers[k])).first->second);
    }
  }
}

double Clusters::unbiased_accuracy(const std::vector<Answer>& answers) const {
  constexpr int64_t enough = 10;
  double sum = 0;
  for (const std::vector<int64_t>& cells : cell_of_) {
    std::map<int64_t, std::pair<int64_t, int64_t>> counts;  // cell -> right, all
    for (const Answer& answer : answers) {
      auto& [right, all] = counts[cells.at(static_cast<size_t>(answer.sample))];
      right += answer.right ? 1 : 0;
      ++all;
    }
    const bool some =
        std::any_of(counts.begin(), counts.end(), [](const auto& cell) { return cell.second.second >= enough; });
    double accuracies = 0;
    int64_t counted = 0;
    for (const auto& cell : counts) {
      if (some && cell.second.second < enough) continue;
      accuracies += static_cast<double>(cell.second.first) / static_cast<double>(cell.second.second);
      ++counted;
    }
    if (counted > 0) sum += 100 * accuracies / static_cast<double>(counted);
  }
  return sum / static_cast<double>(cell_of_.size());
}

}  // namespace radial
