#include <algorithm>
#include <charconv>
#include <limits>

#include "core/error.h"
#include "io/csv.h"
#include "io/utf8.h"

namespace radial {

size_t detail::take_csv_row(std::string_view& text, std::vector<std::string>& fields) {
  fields.assign(1, "");
  bool in_quotes = false;
  size_t lines = 1, i = 0;
  for (; i < text.size() && (in_quotes || text[i] != '\n'); ++i) {
    const char c = text[i];
    if (c == '\n') ++lines;
    if (in_quotes && c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
      fields.back() += '"';
      ++i;
    } else if (c == '"') {
      in_quotes = !in_quotes;
    } else if (c == ',' && !in_quotes) {
      fields.emplace_back();
    } else if (in_quotes || c != '\r' ||
               (i + 1 < text.size() && text[i + 1] != '\n')) {  // not the end of a line of DOS
      fields.back() += c;
    }
  }
  text.remove_prefix(std::min(i + 1, text.size()));
  return in_quotes ? 0 : lines;
}

CsvTable CsvTable::read(const std::string& path) {
  const std::string text = read_text(path);
  CsvTable table;
  table.path_ = path;
  std::vector<std::string> fields;
  size_t number = 1, lines = 0;
  for (std::string_view rest = without_byte_order_mark(text, "csv: " + path); !rest.empty(); number += lines) {
    lines = detail::take_csv_row(rest, fields);
    check(lines > 0, ErrorKind::file_format, "csv: ", path, ":", number, ": a quote is not closed");
    if (number == 1) {
      table.names_ = fields;
      table.columns_.resize(fields.size());
      continue;
    }
    if (fields.size() == 1 && fields[0].empty()) continue;
    check(fields.size() == table.names_.size(), ErrorKind::file_format, "csv: ", path, ":", number, ": the row has ",
          fields.size(), " fields but the header ", table.names_.size());
    for (size_t i = 0; i < fields.size(); ++i) table.columns_[i].push_back(std::move(fields[i]));
    table.lines_.push_back(number);
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

std::vector<double> CsvTable::numbers(std::initializer_list<std::string_view> columns) const {
  std::vector<double> values(rows_ * columns.size());
  size_t place = 0;
  for (const std::string_view column : columns) {
    const std::vector<double> of_column = numbers(column);
    for (size_t row = 0; row < rows_; ++row) values[row * columns.size() + place] = of_column[row];
    ++place;
  }
  return values;
}

}  // namespace radial
