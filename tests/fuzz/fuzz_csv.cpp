// CSV tables; what is written of one reads back as it was.
#include "io/csv.h"
#include "tests/fuzz/memory_file.h"
#include "tests/fuzz/target.h"

using namespace radial;

namespace {

std::string row_of(const std::vector<std::string>& fields) {
  std::string row;
  for (const std::string& field : fields) row += (&field == fields.data() ? "" : ",") + CsvField(field).text();
  return row + "\n";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static MemoryFile file;
  file.put(data, size);
  may_refuse({ErrorKind::file_format}, [] {
    const CsvTable table = CsvTable::read(file.path());
    for (const std::string& name : table.columns())
      require(table.texts(name).size() == table.rows(), "columns are full");
    may_refuse({ErrorKind::file_format}, [&] { table.numbers(table.columns().front()); });
  });
  std::vector<std::string> fields, again;
  for (std::string_view rest = text_of(data, size); !rest.empty() && detail::take_csv_row(rest, fields) > 0;) {
    const std::string row = row_of(fields);
    std::string_view text = row;
    require(detail::take_csv_row(text, again) > 0 && text.empty() && again == fields, "a row reads back");
  }
  return 0;
}
