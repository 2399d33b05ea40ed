#include <charconv>
#include <cmath>
#include <utility>

#include "core/error.h"
#include "io/atomic_file.h"
#include "io/csv.h"

namespace radial {

namespace {
constexpr size_t buffer_bytes = 1 << 16;

template <class T>
std::string digits(T value) {
  char text[32];
  const auto [end, error] = std::to_chars(text, text + sizeof text, value);
  return {text, end};
}

std::string joined(const std::vector<std::string>& columns) {
  std::string line;
  for (const std::string& column : columns) line += (line.empty() ? "" : ",") + CsvField(column).text();
  return line + "\n";
}

// The header and those rows whose first column is at most `last`.
std::string kept_part(const std::string& path, const std::string& text, const std::string& header, int64_t last) {
  check(text.starts_with(header), ErrorKind::file_format, "csv: ", path, ": the header is \"",
        text.substr(0, text.find('\n')), "\" but must be \"", header.substr(0, header.size() - 1), "\"");
  std::string kept = header;
  int64_t line = 2;
  size_t end = 0;
  for (size_t begin = header.size(); (end = text.find('\n', begin)) != std::string::npos; begin = end + 1, ++line) {
    int64_t first = 0;
    const char* start = text.data() + begin;
    const auto [stop, error] = std::from_chars(start, text.data() + end, first);
    check(error == std::errc() && (*stop == ',' || *stop == '\n'), ErrorKind::file_format, "csv: ", path, ":", line,
          ": the row does not begin with a whole number");
    if (first <= last) kept.append(text, begin, end + 1 - begin);
  }
  return kept;
}
}  // namespace

std::string shortest(double value) { return digits(value); }

CsvField::CsvField(double value) : text_(std::isnan(value) ? "" : digits(value)) {}
CsvField::CsvField(float value) : text_(std::isnan(value) ? "" : digits(value)) {}
CsvField::CsvField(std::optional<double> value) : CsvField(value.value_or(std::nan(""))) {}

CsvField::CsvField(std::string_view text) : text_(text) {
  if (text.find_first_of(",\"\n\r") == std::string_view::npos) return;
  for (size_t at = 0; (at = text_.find('"', at)) != std::string::npos; at += 2) text_.insert(at, 1, '"');
  text_.insert(0, 1, '"');
  text_ += '"';
}

CsvWriter::CsvWriter(File file, size_t columns) : file_(std::move(file)), columns_(columns) {}

CsvWriter::CsvWriter(const std::string& path, const std::vector<std::string>& columns)
    : CsvWriter(File::create(path), columns.size()) {
  buffer_ = joined(columns);
  flush();
}

CsvWriter CsvWriter::resume(const std::string& path, const std::vector<std::string>& columns, int64_t last) {
  write_atomically(path, kept_part(path, read_text(path), joined(columns), last));
  return {File::append_to(path), columns.size()};
}

CsvWriter::~CsvWriter() {
  try {
    flush();
  } catch (const Error&) {  // whoever needs to know calls flush()
  }
}

void CsvWriter::row(std::span<const CsvField> fields) {
  check(fields.size() == columns_, "csv: ", file_.path(), ": a row of ", fields.size(), " fields but there are ",
        columns_, " columns");
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) buffer_ += ',';
    buffer_ += fields[i].text();
  }
  buffer_ += '\n';
  if (buffer_.size() > buffer_bytes) flush();
}

void CsvWriter::flush() {
  // Emptied first: after a failure nothing is written twice, and only the last line can be broken.
  const std::string rows = std::exchange(buffer_, {});
  if (!rows.empty()) file_.write(rows);
}

}  // namespace radial
