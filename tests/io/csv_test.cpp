#include "io/csv.h"

#include <cmath>
#include <limits>

#include "core/error.h"
#include "core/random.h"
#include "tests/catch.h"
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
    CsvWriter csv = CsvWriter::resume(path, {"step", "loss"}, 2);
    csv.row({3, 0.75});
    csv.flush();
  }
  CHECK(content_of(path) == "step,loss\n1,0.5\n2,0.25\n3,0.75\n");
  { CsvWriter csv = CsvWriter::resume(path, {"step", "loss"}, 0); }
  CHECK(content_of(path) == "step,loss\n");

  CHECK_THROWS_WITH(CsvWriter::resume(path, {"step", "norm"}, 2),
                    ContainsSubstring("the header is \"step,loss\" but must be \"step,norm\""));
  put(path, "step,loss\nx,0.5\n");
  CHECK_THROWS_WITH(CsvWriter::resume(path, {"step", "loss"}, 2), ContainsSubstring("a.csv:2: the row does not begin"));
  CHECK_THROWS_WITH(CsvWriter::resume(folder / "b.csv", {"step"}, 2), ContainsSubstring("No such file"));
}

TEST_CASE("csv: rows of the wrong length and full disks are errors") {
  const ScratchFolder folder;
  CsvWriter csv(folder / "a.csv", {"step", "loss"});
  CHECK_THROWS_WITH(csv.row({1}), ContainsSubstring("a row of 1 fields but there are 2 columns"));
  CHECK_THROWS_WITH(CsvWriter("/dev/full", {"step"}), ContainsSubstring("write: /dev/full: No space left on device"));
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
