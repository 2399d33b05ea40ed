#include "io/csv.h"

#include <cmath>
#include <limits>

#include "core/error.h"
#include "core/random.h"
#include "tests/catch.h"
#include "tests/io/file_size_limit.h"
#include "tests/io/scratch_folder.h"

using namespace radial;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("csv: header, shortest numbers, empty fields, quoted texts") {
  const ScratchFolder folder;
  {
    CsvWriter csv(folder / "a.csv", {"step", "loss", "layer", "norm"});
    csv.row({1, 0.1, "layer1.0.conv1.weight", std::optional<double>()});
    csv.row({int64_t{2}, std::nan(""), "a,b \"c\"", std::optional<double>(1e-7)});
    csv.row({3, 0.1f, std::string("x"), 1.0});
    csv.flush();
  }
  CHECK(content_of(folder / "a.csv") ==
        "step,loss,layer,norm\n1,0.1,layer1.0.conv1.weight,\n2,,\"a,b \"\"c\"\"\",1e-07\n3,0.1,x,1\n");
}

TEST_CASE("csv: a file goes on with the columns that it has, in its order") {
  const ScratchFolder folder;
  const std::string path = folder / "a.csv", before = "step,norm,loss\n1,2,3\n";
  const std::vector<std::string> known = {"step", "loss", "norm", "added later"};
  FileMark mark{before.size(), 0};
  Checksum checksum;
  checksum.add(before.data(), before.size());
  mark.crc64 = checksum.value();
  for (const bool marked : {true, false}) {
    put(path, before);
    {
      CsvWriter csv = marked ? CsvWriter::resume(path, known, mark) : CsvWriter::resume(path, known, int64_t{1});
      csv.row({2, 5, 4, "x"});
      CHECK_THROWS_WITH(csv.row({2, 5, 4}), ContainsSubstring("a row of 3 fields but there are 4 columns"));
    }
    CHECK(content_of(path) == before + "2,4,5\n");
  }
  for (const char* header : {"step,other\n", "loss,step\n", "step,loss,loss\n", "\n", "step,loss"}) {
    CAPTURE(header);
    put(path, header);
    CHECK_THROWS_WITH(CsvWriter::resume(path, known, int64_t{0}), ContainsSubstring("a.csv: the header is"));
  }
}

TEST_CASE("csv: numbers read back as the same value") {
  const ScratchFolder folder;
  Random random(3, Stream::test);
  std::vector<double> values = {0, -0.0, 5e-324, std::numeric_limits<double>::max(),
                                std::numeric_limits<double>::infinity()};
  for (int i = 0; i < 1000; ++i) values.push_back(random.normal() * std::pow(10, random.uniform(-300, 300)));
  {
    CsvWriter csv(folder / "a.csv", {"step", "value"});
    for (size_t i = 0; i < values.size(); ++i) csv.row({i, values[i]});
  }
  CHECK(CsvTable::read(folder / "a.csv").numbers("value") == values);
}

TEST_CASE("csv: resuming keeps rows up to a step and drops a broken last line") {
  const ScratchFolder folder;
  const std::string path = folder / "a.csv";
  put(path, "step,loss\n1,0.5\n2,0.25\n3,0.125\n3,0.1\n4,0.0");
  {
    CsvWriter csv = CsvWriter::resume(path, {"step", "loss"}, int64_t{2});
    csv.row({3, 0.75});
    csv.flush();
  }
  CHECK(content_of(path) == "step,loss\n1,0.5\n2,0.25\n3,0.75\n");
  { CsvWriter csv = CsvWriter::resume(path, {"step", "loss"}, int64_t{0}); }
  CHECK(content_of(path) == "step,loss\n");

  CHECK_THROWS_WITH(CsvWriter::resume(path, {"step", "norm"}, int64_t{2}),
                    ContainsSubstring("the header is \"step,loss\" but must be \"step,norm\""));
  put(path, "step,loss\nx,0.5\n");
  CHECK_THROWS_WITH(CsvWriter::resume(path, {"step", "loss"}, int64_t{2}),
                    ContainsSubstring("a.csv:2: the row does not begin"));
  CHECK_THROWS_WITH(CsvWriter::resume(folder / "b.csv", {"step"}, int64_t{2}), ContainsSubstring("b.csv is missing"));
}

TEST_CASE("csv: a file goes on from a mark, which knows what came before") {
  const ScratchFolder folder;
  const std::string path = folder / "a.csv";
  const std::vector<std::string> columns = {"step", "loss"};
  FileMark mark;
  {
    CsvWriter csv(path, columns);
    csv.row({1, 0.5});
    csv.row({2, 0.25});
    mark = csv.sync();
    csv.row({3, 0.125});
  }
  const std::string whole = content_of(path);
  REQUIRE(whole == "step,loss\n1,0.5\n2,0.25\n3,0.125\n");
  SECTION("later rows, whole or torn, are cut off") {
    put(path, whole + "4,0.0");
    CsvWriter csv = CsvWriter::resume(path, columns, mark);
    CHECK(content_of(path) == "step,loss\n1,0.5\n2,0.25\n");
    csv.row({3, 0.75});
    const FileMark next = csv.sync();
    CHECK(content_of(path) == "step,loss\n1,0.5\n2,0.25\n3,0.75\n");
    CsvWriter again = CsvWriter::resume(path, columns, next);
    CHECK(content_of(path) == "step,loss\n1,0.5\n2,0.25\n3,0.75\n");
  }
  SECTION("rows that are missing") {
    put(path, "step,loss\n1,0.5\n");
    CHECK_THROWS_WITH(CsvWriter::resume(path, columns, mark),
                      ContainsSubstring("a.csv: it has 16 bytes but the checkpoint relies on 23"));
    put(path, "");
    CHECK_THROWS_WITH(CsvWriter::resume(path, columns, mark), ContainsSubstring("its last rows are missing"));
  }
  SECTION("rows that are others") {
    put(path, "step,loss\n1,0.5\n2,0.75\n3,0.125\n");
    CHECK_THROWS_WITH(CsvWriter::resume(path, columns, mark), ContainsSubstring("rows were changed"));
    CHECK(content_of(path).size() == whole.size());  // nothing is cut off then
  }
  SECTION("other columns") {
    CHECK_THROWS_WITH(CsvWriter::resume(path, {"step", "norm"}, mark), ContainsSubstring("but must be \"step,norm\""));
  }
}

TEST_CASE("csv: without a mark, rows that are left out are noticed") {
  const ScratchFolder folder;
  const std::string path = folder / "a.csv";
  const auto resume = [&](const std::string& rows, int64_t last, bool every_nth = false) {
    put(path, "epoch,x\n" + rows);
    CsvWriter::resume(path, {"epoch", "x"}, last, every_nth);
  };
  CHECK_NOTHROW(resume("1,a\n2,b\n3,c\n", 3));
  CHECK_NOTHROW(resume("0,a\n1,b\n2,c\n9,d\n", 2));
  CHECK_NOTHROW(resume("", 0));
  CHECK_NOTHROW(resume("4,a\n4,b\n8,a\n8,b\n", 11, true));
  CHECK_NOTHROW(resume("", 11, true));  // layers that are not recorded
  CHECK_THROWS_WITH(resume("1,a\n3,c\n", 3), ContainsSubstring("a.csv:3: the row is of 3 but that before is of 1"));
  CHECK_THROWS_WITH(resume("1,a\n2,b\n", 3), ContainsSubstring("the last row is of 2 but rows up to 3"));
  CHECK_THROWS_WITH(resume("2,a\n3,b\n", 3), ContainsSubstring("a.csv:2"));
  CHECK_THROWS_WITH(resume("", 3), ContainsSubstring("rows up to 3"));
  CHECK_THROWS_WITH(resume("4,a\n12,a\n", 13, true), ContainsSubstring("the row is of 12"));
  CHECK_THROWS_WITH(resume("4,a\n", 8, true), ContainsSubstring("the last row is of 4"));
}

TEST_CASE("csv: rows that do not fit the disk are written, whole, when there is room") {
  const ScratchFolder folder;
  const std::string path = folder / "a.csv";
  CsvWriter csv(path, {"step", "text"});
  const std::string text(3000, 'x');
  for (int step = 1; step <= 3; ++step) csv.row({step, text});
  std::string message;
  try {
    const FileSizeLimit limit(4096);
    csv.flush();
  } catch (const Error& error) {
    message = error.what();
  }
  const std::string torn = content_of(path);
  CHECK_THAT(message, ContainsSubstring("a.csv: File too large"));
  CHECK(torn.size() == 4096);
  csv.row({4, text});
  const FileMark mark = csv.sync();
  CHECK(CsvTable::read(path).numbers("step") == std::vector<double>{1, 2, 3, 4});
  CHECK(mark.bytes == content_of(path).size());
  CHECK_NOTHROW(CsvWriter::resume(path, {"step", "text"}, mark));
}

TEST_CASE("csv: rows of the wrong length and full disks are errors") {
  const ScratchFolder folder;
  CsvWriter csv(folder / "a.csv", {"step", "loss"});
  CHECK_THROWS_WITH(csv.row({1}), ContainsSubstring("a row of 1 fields but there are 2 columns"));
  CHECK_THROWS_WITH(CsvWriter("/dev/full", {"step"}), ContainsSubstring("write: /dev/full: No space left on device"));
}

TEST_CASE("csv: a file that is removed or renamed while it is written is an error at the next sync") {
  const ScratchFolder folder;
  const std::string path = folder / "a.csv";
  CsvWriter csv(path, {"step"});
  csv.row({1});
  csv.sync();
  if (GENERATE(true, false))
    std::filesystem::remove(path);
  else
    std::filesystem::rename(path, folder / "b.csv");
  csv.row({2});
  CHECK_THROWS_WITH(csv.sync(), ContainsSubstring(path + " was removed or renamed while it was written"));
}

TEST_CASE("csv: a table is read by column names") {
  const ScratchFolder folder;
  const std::string path = folder / "a.csv";
  put(path, "epoch,norm,layer\r\n1,1.5,\"a,\"\"b\"\"\"\r\n2,,c\r\n");
  const CsvTable table = CsvTable::read(path);
  CHECK(table.rows() == 2);
  CHECK(table.columns() == std::vector<std::string>{"epoch", "norm", "layer"});
  CHECK(table.texts("layer") == std::vector<std::string>{"a,\"b\"", "c"});
  CHECK(table.numbers("epoch") == std::vector<double>{1, 2});
  CHECK(table.numbers("norm")[0] == 1.5);
  CHECK(table.numbers({"epoch", "epoch"}) == std::vector<double>{1, 1, 2, 2});
  CHECK(std::isnan(table.numbers("norm")[1]));
  CHECK(table.has("norm"));
  CHECK(!table.has("loss"));
  CHECK_THROWS_WITH(table.numbers("loss"), ContainsSubstring("no column loss (the columns are epoch, norm, layer)"));
  CHECK_THROWS_WITH(table.numbers("layer"), ContainsSubstring("row 1, column layer: \"a,\"b\"\" is no number"));
}

TEST_CASE("csv: malformed tables say where") {
  const ScratchFolder folder;
  const std::string path = folder / "a.csv";
  put(path, "");
  CHECK_THROWS_WITH(CsvTable::read(path), ContainsSubstring("the file is empty"));
  put(path, "a,b\n1,2\n1\n");
  CHECK_THROWS_WITH(CsvTable::read(path), ContainsSubstring("a.csv:3: the row has 1 fields but the header 2"));
  put(path, "a\n\"x\n");
  CHECK_THROWS_WITH(CsvTable::read(path), ContainsSubstring("a.csv:2: a quote is not closed"));
}

TEST_CASE("csv: names of every kind come back") {
  const ScratchFolder folder;
  const std::vector<std::string> names = {"caf\xE9",
                                          "a,b",
                                          "\"",
                                          "a\nb",
                                          "a\r\nb",
                                          "\r",
                                          "",
                                          "\t ",
                                          "'",
                                          "\xEF\xBB\xBF",
                                          "#x",
                                          "=1+1",
                                          std::string(5000, ',')};
  {
    CsvWriter csv(folder / "a.csv", {"name\n1", "n"});
    for (size_t i = 0; i < names.size(); ++i) csv.row({names[i], i});
  }
  const CsvTable table = CsvTable::read(folder / "a.csv");
  CHECK(table.columns() == std::vector<std::string>{"name\n1", "n"});
  CHECK(table.texts("name\n1") == names);
}

TEST_CASE("csv: a byte order mark is no part of the first column's name") {
  const ScratchFolder folder;
  put(folder / "a.csv",
      "\xEF\xBB\xBF"
      "epoch,norm\n1,2\n");
  CHECK(CsvTable::read(folder / "a.csv").numbers("epoch") == std::vector<double>{1});
  put(folder / "a.csv", "\xEF\xBB\xBF");
  CHECK_THROWS_WITH(CsvTable::read(folder / "a.csv"), ContainsSubstring("the file is empty"));
  put(folder / "a.csv", std::string("\xFF\xFE"
                                    "e\0p\0",
                                    6));
  CHECK_THROWS_WITH(CsvTable::read(folder / "a.csv"), ContainsSubstring("a.csv: the text is UTF-16"));
}
