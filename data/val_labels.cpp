#include "data/val_labels.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <system_error>
#include <vector>

#include "core/error.h"
#include "data/folder_scan.h"
#include "data/picture_archive.h"
#include "data/picture_formats.h"
#include "io/csv.h"
#include "io/file.h"
#include "io/utf8.h"

namespace fs = std::filesystem;

namespace radial {
namespace {

struct LabelRow {
  std::string file;  // "" where the order says it
  std::string name;  // of the class, or its number
  size_t line = 0;
};

std::string at_line(const std::string& path, size_t line) { return path + ":" + std::to_string(line) + ": "; }

std::vector<std::string> words_of(std::string_view line, std::string_view between) {
  std::vector<std::string> words;
  while (true) {
    const size_t begin = line.find_first_not_of(between);
    if (begin == std::string_view::npos) return words;
    const size_t end = std::min(line.find_first_of(between, begin), line.size());
    words.emplace_back(line.substr(begin, end - begin));
    line.remove_prefix(end);
  }
}

// The words of each line that has some, with its number.
std::vector<std::pair<size_t, std::vector<std::string>>> read_lines(const std::string& path, std::string_view between) {
  const std::string text = read_text(path);
  std::string_view rest = without_byte_order_mark(text, "dataset: " + path);
  std::vector<std::pair<size_t, std::vector<std::string>>> lines;
  for (size_t number = 1; !rest.empty(); ++number) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    std::vector<std::string> words = words_of(rest.substr(0, end), between);
    if (!words.empty()) lines.emplace_back(number, std::move(words));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  check(!lines.empty(), ErrorKind::file_format, "dataset: ", path, " is empty");
  return lines;
}

constexpr std::string_view label_blanks = " \t\r";

std::vector<LabelRow> rows_of_table(const std::string& path) {
  const CsvTable table = CsvTable::read(path);
  const bool kaggle = table.has("ImageId") && table.has("PredictionString");
  check(kaggle || (table.has("file") && table.has("class")), ErrorKind::file_format, "dataset: ", path,
        " has commas, but in its header neither file,class nor ImageId,PredictionString");
  const std::vector<std::string>&files = table.texts(kaggle ? "ImageId" : "file"),
        &names = table.texts(kaggle ? "PredictionString" : "class");
  std::vector<LabelRow> rows;
  for (size_t i = 0; i < table.rows(); ++i) {
    const std::vector<std::string> words = words_of(names[i], label_blanks);  // of Kaggle's, boxes follow
    check(!files[i].empty() && !words.empty(), ErrorKind::file_format, "dataset: ", at_line(path, table.line(i)),
          "a file or a class is missing");
    rows.push_back({files[i], kaggle ? words[0] : names[i], table.line(i)});
  }
  return rows;
}

std::vector<LabelRow> rows_of_lines(const std::string& path) {
  const auto lines = read_lines(path, label_blanks);
  const size_t count = lines[0].second.size();
  std::vector<LabelRow> rows;
  for (const auto& [number, words] : lines) {
    check(words.size() == count && count <= 2, ErrorKind::file_format, "dataset: ", at_line(path, number),
          "the line has ", words.size(), " words", count <= 2 ? " but the first " + std::to_string(count) : "",
          "; expected are lines CLASS, or NAME CLASS, or a CSV file,class");
    rows.push_back({count == 2 ? words[0] : "", words.back(), number});
  }
  return rows;
}

std::vector<LabelRow> read_rows(const std::string& path) {
  const std::string text = read_text(path);
  const bool commas = text.substr(0, text.find('\n')).find(',') != std::string::npos;
  return commas ? rows_of_table(path) : rows_of_lines(path);
}

std::optional<int64_t> whole_number(const std::string& word) {
  int64_t value = 0;
  const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  return error == std::errc() && stop == word.data() + word.size() ? std::optional(value) : std::nullopt;
}

using ClassMap = std::map<int64_t, std::string>;

ClassMap read_class_map(const std::string& path) {
  ClassMap map;
  for (const auto& [number, words] : read_lines(path, ", \t\r")) {
    const auto first = whole_number(words[0]), second = words.size() > 1 ? whole_number(words[1]) : std::nullopt;
    check(words.size() > 1 && (first || second), ErrorKind::file_format, "dataset: ", at_line(path, number),
          "expected is NUMBER FOLDER, or FOLDER NUMBER");
    const bool added = first ? map.emplace(*first, words[1]).second : map.emplace(*second, words[0]).second;
    check(added, ErrorKind::file_format, "dataset: ", at_line(path, number), "the number comes twice");
  }
  return map;
}

// Pictures by name, with and without ending; those that are alike without it need it.
class PictureNames {
 public:
  explicit PictureNames(const std::vector<std::string>& pictures) {
    for (size_t i = 0; i < pictures.size(); ++i)
      if (const auto [at, added] = by_name_.emplace(fs::path(pictures[i]).stem().string(), i); !added)
        at->second = ambiguous;
    for (size_t i = 0; i < pictures.size(); ++i) by_name_[pictures[i]] = i;
  }

  std::optional<size_t> find(const std::string& name) const {
    for (const std::string& candidate : {name, fs::path(name).filename().string()})
      if (const auto found = by_name_.find(candidate); found != by_name_.end() && found->second != ambiguous)
        return found->second;
    return std::nullopt;
  }

 private:
  static constexpr size_t ambiguous = static_cast<size_t>(-1);
  std::map<std::string, size_t> by_name_;
};

// The row of each picture; null for those that have none.
std::vector<const LabelRow*> match_rows(const std::vector<LabelRow>& rows, const std::vector<std::string>& pictures,
                                        const std::string& path, const ImageFolder& folder) {
  std::vector<const LabelRow*> row_of(pictures.size());
  if (rows[0].file.empty()) {  // in the order of names, which a picture that is left out would move
    check(rows.size() == pictures.size() && folder.unusable.empty(), ErrorKind::dataset, "dataset: ", path, " has ",
          rows.size(), " classes, one a line, but ", folder.root.string(), " ", pictures.size(), " pictures",
          folder.unusable.empty() ? "" : " beside some that cannot be used, so that it is not known which is whose");
    for (size_t i = 0; i < rows.size(); ++i) row_of[i] = &rows[i];
    return row_of;
  }
  const PictureNames names(pictures);
  for (const LabelRow& row : rows) {
    const auto found = names.find(row.file);
    check(found || !folder.unusable.empty(), ErrorKind::dataset, "dataset: ", at_line(path, row.line), "there is no ",
          row.file, " in ", folder.root.string(), ", or there are several");
    if (!found) continue;  // one of those that cannot be used
    check(row_of[*found] == nullptr, ErrorKind::file_format, "dataset: ", at_line(path, row.line), row.file,
          " comes twice");
    row_of[*found] = &row;
  }
  const auto lacking = std::find(row_of.begin(), row_of.end(), nullptr);
  if (lacking != row_of.end())
    fail(ErrorKind::dataset, "dataset: ", path, " does not say the class of ",
         (folder.root / pictures[static_cast<size_t>(lacking - row_of.begin())]).string(), " (of ",
         std::count(row_of.begin(), row_of.end(), nullptr), " pictures in all)");
  return row_of;
}

}  // namespace

fs::path flat_folder_of(const fs::path& root) {
  const auto place = place_in_archive(root);
  if (!place || !place->is_folder()) return root;
  const PictureArchive::Listing here = place->archive->list(place->name);
  if (here.folders.size() != 1 || !here.files.empty()) return root;
  const fs::path below = root / here.folders[0];
  return contents_of(below) == Contents::files ? below : root;
}

ImageFolder open_flat_folder(const fs::path& root, OnBadSample on_bad) {
  ImageFolder folder{
      .root = root, .classes = {root.filename().string()}, .samples = {}, .unusable = {}, .from_root = true};
  for (const std::string& file : list_pictures(root.parent_path(), folder.classes[0], folder.unusable))
    folder.samples.push_back({file, 0});
  check(folder.unusable.empty() || on_bad == OnBadSample::skip, ErrorKind::dataset, "dataset: ", root.string(), ": ",
        folder.unusable.empty() ? "" : summary(folder.unusable), " (", readable_formats(),
        " are read; --on-bad-image skip leaves such files out)");
  check(!folder.samples.empty(), ErrorKind::dataset, "dataset: ", root.string(), " holds no pictures");
  return folder;
}

ImageFolder open_labelled_folder(const fs::path& root, const std::string& labels, const std::string& class_map,
                                 std::span<const std::string> classes, OnBadSample on_bad) {
  check(is_picture_folder(root), ErrorKind::dataset, "dataset: there is no folder ", root.string(), ", whose pictures ",
        labels, " sorts into classes");
  check(contents_of(root) != Contents::folders, ErrorKind::dataset, "dataset: ", root.string(),
        " holds folders but pictures alone are ", "expected, which ", labels, " sorts into classes");
  ImageFolder folder = open_flat_folder(root, on_bad);
  std::vector<std::string> pictures;
  for (const ImageFolder::Sample& sample : folder.samples) pictures.push_back(sample.file);
  folder.samples.clear();
  std::vector<LabelRow> rows = read_rows(labels);
  check(!rows.empty(), ErrorKind::file_format, "dataset: ", labels, " has no row");
  if (!class_map.empty()) {
    const ClassMap map = read_class_map(class_map);
    for (LabelRow& row : rows) {
      const auto number = whole_number(row.name);
      const auto found = number ? map.find(*number) : map.end();
      check(found != map.end(), ErrorKind::dataset, "dataset: ", at_line(labels, row.line), "the class ", row.name,
            " is no number of ", class_map);
      row.name = found->second;
    }
  }
  if (classes.empty()) {
    std::set<std::string> names;
    for (const LabelRow& row : rows) names.insert(row.name);
    folder.classes.assign(names.begin(), names.end());
  } else {
    folder.classes.assign(classes.begin(), classes.end());
  }
  const std::vector<const LabelRow*> row_of = match_rows(rows, pictures, labels, folder);
  for (size_t i = 0; i < pictures.size(); ++i) {
    const LabelRow& row = *row_of[i];
    const auto found = std::lower_bound(folder.classes.begin(), folder.classes.end(), row.name);
    check(found != folder.classes.end() && *found == row.name, ErrorKind::dataset,
          "dataset: ", at_line(labels, row.line), "there is no class ", row.name, " among the training pictures",
          class_map.empty() && whole_number(row.name) ? "; --class-map FILE says which folder a number is" : "");
    folder.samples.push_back({pictures[i], static_cast<int32_t>(found - folder.classes.begin())});
  }
  // The order that they would have in folders of their classes.
  std::stable_sort(folder.samples.begin(), folder.samples.end(),
                   [](const auto& a, const auto& b) { return a.label < b.label; });
  const std::vector<int64_t> counts = folder.class_counts();
  const auto empty = std::find(counts.begin(), counts.end(), 0);
  check(empty == counts.end() || on_bad == OnBadSample::skip, ErrorKind::dataset, "dataset: ", labels,
        " names no picture of the class ",
        empty == counts.end() ? "" : folder.classes[static_cast<size_t>(empty - counts.begin())]);
  return folder;
}

}  // namespace radial
