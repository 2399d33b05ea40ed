#include <algorithm>
#include <charconv>
#include <cmath>
#include <exception>
#include <filesystem>
#include <numeric>
#include <string_view>
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

std::string header_line(const std::vector<std::string>& columns) {
  return csv_line(std::vector<CsvField>(columns.begin(), columns.end()));
}

// Where the columns of a file, which begins with `text`, are among those that are known. It may lack some: a version
// that did not know them began it.
std::vector<size_t> places_of(const std::string& path, std::string_view text, const std::vector<std::string>& known) {
  const std::string_view header = text.substr(0, text.find('\n'));
  std::vector<std::string> fields;
  std::string_view rest = header;
  detail::take_csv_row(rest, fields);
  std::vector<size_t> places;
  for (const std::string& field : fields) {
    const auto place = static_cast<size_t>(std::find(known.begin(), known.end(), field) - known.begin());
    const bool again = std::find(places.begin(), places.end(), place) != places.end();
    if (place < known.size() && !again) places.push_back(place);
  }
  const std::string all = header_line(known);
  check(places.size() == fields.size() && places.front() == 0 && header.size() < text.size(), ErrorKind::file_format,
        "csv: ", path, ": the header is \"", header, "\" but must be \"", all.substr(0, all.size() - 1),
        "\", or a part of it");
  return places;
}

// Whether the keys of a file, from row to row, leave none out.
class Keys {
 public:
  Keys(const std::string& path, bool every_nth) : path_(path), every_nth_(every_nth) {}

  void add(int64_t key, int64_t line) {
    if (rows_++ == 0 && every_nth_) stride_ = std::max<int64_t>(key, 1);
    if (key == key_ && rows_ > 1) return;
    const bool next = rows_ == 1 ? key == stride_ || key == 0 : key == key_ + stride_;
    check(next, ErrorKind::file_format, "csv: ", path_, ":", line, ": the row is of ", key, " but ",
          rows_ == 1 ? "the first is" : "that before is", " of ", rows_ == 1 ? stride_ : key_,
          ": rows between are missing");
    key_ = key;
  }
  void end(int64_t last) const {
    check(key_ > last - stride_ || last <= 0 || (rows_ == 0 && every_nth_), ErrorKind::file_format, "csv: ", path_,
          ": the last row is of ", key_, " but rows up to ", last, " are expected: some are missing");
  }

 private:
  const std::string& path_;
  const bool every_nth_;
  int64_t stride_ = 1, key_ = 0, rows_ = 0;
};

// The header and those rows whose first column is at most `last`.
std::string kept_part(const std::string& path, const std::string& text, int64_t last, bool every_nth) {
  std::string kept = text.substr(0, text.find('\n') + 1);
  Keys keys(path, every_nth);
  int64_t line = 2;
  size_t end = 0;
  for (size_t begin = kept.size(); (end = text.find('\n', begin)) != std::string::npos; begin = end + 1, ++line) {
    int64_t first = 0;
    const char* start = text.data() + begin;
    const auto [stop, error] = std::from_chars(start, text.data() + end, first);
    check(error == std::errc() && (*stop == ',' || *stop == '\n'), ErrorKind::file_format, "csv: ", path, ":", line,
          ": the row does not begin with a whole number");
    if (first > last) continue;
    keys.add(first, line);
    kept.append(text, begin, end + 1 - begin);
  }
  keys.end(last);
  return kept;
}

void check_is_there(const std::string& path) {
  check(std::filesystem::exists(path), ErrorKind::file_format, "csv: ", path,
        " is missing, but the checkpoint relies on its rows");
}

// The header and what follows it, up to the first 64 KiB.
std::string beginning_of(const std::string& path) {
  check_is_there(path);
  File file = File::open(path);
  file.expect_regular();
  std::string text(buffer_bytes, '\0');
  text.resize(file.read(text.data(), text.size()));
  return text;
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

std::string csv_line(std::span<const CsvField> fields) {
  std::string line;
  for (const CsvField& field : fields) line += (&field == fields.data() ? "" : ",") + field.text();
  return line + "\n";
}

CsvWriter::CsvWriter(MarkedFile file, size_t columns, std::vector<size_t> written)
    : file_(std::move(file)), columns_(columns), written_(std::move(written)) {}

CsvWriter::CsvWriter(const std::string& path, const std::vector<std::string>& columns)
    : CsvWriter(MarkedFile(File::create(path)), columns.size(), std::vector<size_t>(columns.size())) {
  std::iota(written_.begin(), written_.end(), size_t{0});
  file_.add(header_line(columns));
  flush();
}

CsvWriter CsvWriter::resume(const std::string& path, const std::vector<std::string>& columns, const FileMark& mark) {
  const std::string beginning = beginning_of(path);
  check(mark.bytes > 0, ErrorKind::file_format, "csv: ", path, ": the checkpoint does not know its header");
  check(!beginning.empty(), ErrorKind::file_format, "csv: ", path, ": it has 0 bytes but the checkpoint relies on ",
        mark.bytes, ": its last rows are missing");
  std::vector<size_t> places = places_of(path, std::string_view(beginning).substr(0, mark.bytes), columns);
  return {MarkedFile::resume(path, mark, {}), columns.size(), std::move(places)};
}

CsvWriter CsvWriter::resume(const std::string& path, const std::vector<std::string>& columns, int64_t last,
                            bool every_nth) {
  check_is_there(path);
  const std::string text = read_text(path);
  std::vector<size_t> places = places_of(path, text, columns);
  const std::string kept = kept_part(path, text, last, every_nth);
  write_atomically(path, kept);
  return {MarkedFile::resume(path, kept), columns.size(), std::move(places)};
}

CsvWriter::~CsvWriter() {
  try {
    flush();
  } catch (const std::exception&) {  // whoever needs to know calls flush()
  }
}

void CsvWriter::row(std::span<const CsvField> fields) {
  check(fields.size() == columns_, "csv: ", file_.path(), ": a row of ", fields.size(), " fields but there are ",
        columns_, " columns");
  for (size_t i = 0; i < written_.size(); ++i) {
    if (i > 0) file_.add(",");
    file_.add(fields[written_[i]].text());
  }
  file_.add("\n");
}

}  // namespace radial
