// CSV files with a header line, comma, "." as decimal point and shortest digits that read back as the same value.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/marked_file.h"

namespace radial {

// One value of a row. NaN and nullopt become an empty field; texts are quoted where they must be.
class CsvField {
 public:
  CsvField(double value);
  CsvField(float value);
  CsvField(std::optional<double> value);
  template <std::integral T>
  CsvField(T value) : text_(std::to_string(value)) {}
  CsvField(std::string_view text);
  CsvField(const char* text) : CsvField(std::string_view(text)) {}
  CsvField(const std::string& text) : CsvField(std::string_view(text)) {}
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// A line of a file that is made in memory: the fields between commas, and the end of the line.
std::string csv_line(std::span<const CsvField> fields);
inline std::string csv_line(std::initializer_list<CsvField> fields) {
  return csv_line(std::span(fields.begin(), fields.size()));
}

// Appends rows. They are buffered until flush() or sync(), whose failures are Error(io) with the path; rows that could
// not be written stay, whole, for the next call. sync() fails, too, if the file has lost its name. The destructor
// flushes as well, but cannot report a failure.
class CsvWriter {
 public:
  // A new file with this header; replaces one that exists.
  CsvWriter(const std::string& path, const std::vector<std::string>& columns);
  // Goes on with a file as it was at `mark`: what was written later is cut off. Where the file has only some of the
  // columns, rows leave the others out. Throws Error(file_format) if it has other columns or lacks the first, or if
  // rows from before the mark are missing or changed.
  static CsvWriter resume(const std::string& path, const std::vector<std::string>& columns, const FileMark& mark);
  // The same without a mark: keeps the rows whose first column, the key, is at most `last` (and drops a line cut off by
  // a crash). Keys are 1, 2, 3 ... (or 0, 1, 2 ...), or n, 2n, 3n ... if `every_nth`, each for any number of rows:
  // Error(file_format) if some up to `last` are missing.
  static CsvWriter resume(const std::string& path, const std::vector<std::string>& columns, int64_t last,
                          bool every_nth = false);
  ~CsvWriter();
  CsvWriter(CsvWriter&&) noexcept = default;
  CsvWriter& operator=(CsvWriter&&) = delete;

  void row(std::span<const CsvField> fields);  // throws unless there is one field a column
  void row(std::initializer_list<CsvField> fields) { row(std::span(fields.begin(), fields.size())); }
  size_t buffered() const { return file_.buffered(); }  // bytes
  void flush() { file_.flush(); }
  FileMark sync() { return file_.sync({}); }  // flushes and waits until all is on the disk; the mark of now

 private:
  CsvWriter(MarkedFile file, size_t columns, std::vector<size_t> written);

  MarkedFile file_;
  size_t columns_ = 0;           // of a row that is given
  std::vector<size_t> written_;  // those of them that the file has
};

// A CSV file in memory, column by column.
class CsvTable {
 public:
  // A byte order mark is passed over, and so are empty lines. Throws Error(file_format) with path and line if a row has
  // another number of fields than the header.
  static CsvTable read(const std::string& path);

  size_t rows() const { return rows_; }
  const std::vector<std::string>& columns() const { return names_; }
  bool has(std::string_view column) const;
  // A column, found by name: Error(file_format) with path, name and, for numbers, line if it is not there or not
  // a number. Empty fields are NaN.
  const std::vector<std::string>& texts(std::string_view column) const;
  std::vector<double> numbers(std::string_view column) const;
  // Several, row after row, as a tensor [rows, columns] has them.
  std::vector<double> numbers(std::initializer_list<std::string_view> columns) const;
  size_t line(size_t row) const { return lines_[row]; }  // of the file, from 1, where a row begins

 private:
  std::string path_;
  std::vector<size_t> lines_;
  size_t rows_ = 0;
  std::vector<std::string> names_;
  std::vector<std::vector<std::string>> columns_;
};

// Shortest text that reads back as the same value; "inf", "-inf", "nan" for the others.
std::string shortest(double value);

namespace detail {
// Takes the next row from the front of `text`, with quoted fields, which may hold ends of lines, unpacked. Returns how
// many lines it took; 0 if a quote is not closed.
size_t take_csv_row(std::string_view& text, std::vector<std::string>& fields);
}  // namespace detail

}  // namespace radial
