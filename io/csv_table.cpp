#include <algorithm>
#include <charconv>
#include <limits>

#include "core/error.h"
#include "io/csv.h"

namespace radial {

bool detail::split_csv_line(std::string_view line, std::vector<std::string>& fields) {
  fields.assign(1, "");
  bool in_quotes = false;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (in_quotes && c == '"' && i + 1 < line.size() && line[i + 1] == '"') {
      fields.back() += '"';
      ++i;
    } else if (c == '"') {
      in_quotes = !in_quotes;
    } else if (c == ',' && !in_quotes) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return !in_quotes;
}

CsvTable CsvTable::read(const std::string& path) {
  const std::string text = read_text(path);
  CsvTable table;
  table.path_ = path;
  std::vector<std::string> fields;
  size_t number = 0;
  for (size_t begin = 0; begin < text.size();) {
    size_t end = std::min(text.find('\n', begin), text.size());
    std::string_view line(text.data() + begin, end - begin);
    begin = end + 1;
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() && number > 1) continue;
    check(detail::split_csv_line(line, fields), ErrorKind::file_format, "csv: ", path, ":", number,
          ": a quote is not closed in its line");
    if (number == 1) {
      table.names_ = fields;
      table.columns_.resize(fields.size());
      continue;
    }
    check(fields.size() == table.names_.size(), ErrorKind::file_format, "csv: ", path, ":", number, ": the row has ",
          fields.size(), " fields but the header ", table.names_.size());
    for (size_t i = 0; i < fields.size(); ++i) table.columns_[i].push_back(std::move(fields[i]));
    ++table.rows_;
  }
  check(!table.names_.empty(), ErrorKind::file_format, "csv: ", path, ": the file is empty but needs a header line");
  return table;
}

bool CsvTable::has(std::string_view column) const {
  return std::find(names_.begin(), names_.end(), column) != names_.end();
}

const std::vector<std::string>& CsvTable::texts(std::string_view column) const {
  const auto found = std::find(names_.begin(), names_.end(), column);
  if (found == names_.end()) {
    std::string names;
    for (const std::string& name : names_) names += (names.empty() ? "" : ", ") + name;
    fail(ErrorKind::file_format, "csv: ", path_, ": there is no column ", column, " (the columns are ", names, ")");
  }
  return columns_[static_cast<size_t>(found - names_.begin())];
}

std::vector<double> CsvTable::numbers(std::string_view column) const {
  std::vector<double> values;
  values.reserve(rows_);
  for (const std::string& text : texts(column)) {
    double value = std::numeric_limits<double>::quiet_NaN();
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    check(text.empty() || (error == std::errc() && stop == end), ErrorKind::file_format, "csv: ", path_, ": row ",
          values.size() + 1, ", column ", column, ": \"", text, "\" is no number");
    values.push_back(value);
  }
  return values;
}

}  // namespace radial
