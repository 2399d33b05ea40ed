// The figure of classes: with names, without them where they are many, and of files that do not fit.
#include "figures/class_figure.h"

#include <fstream>

#include <fmt/format.h>

#include "io/file.h"
#include "tests/catch.h"
#include "tests/io/scratch_folder.h"

using namespace radial;
using Catch::Matchers::ContainsSubstring;

namespace {

// Of `n` classes; the last has neither pictures nor answers.
void write_tables(const std::string& folder, int n, const std::string& first = "class") {
  std::ofstream classes(folder + "/classes.csv"), confusion(folder + "/confusion.csv");
  const auto name = [&](int k) { return k == 0 ? first : fmt::format("class number {}", k); };
  classes << "class,images,top1,precision,recall,f1\n";
  confusion << "class";
  for (int k = 0; k < n; ++k) confusion << ',' << name(k);
  confusion << '\n';
  for (int k = 0; k < n; ++k) {
    const bool empty = k == n - 1;
    classes << name(k) << (empty ? ",0,0,0,0,0\n" : ",10,70,0.5,0.7,0.583\n");
    confusion << name(k);
    for (int j = 0; j < n; ++j) confusion << ',' << (empty ? 0 : j == k ? 7 : j == (k + 1) % (n - 1) ? 3 : 0);
    confusion << '\n';
  }
}

}  // namespace

TEST_CASE("a figure of few classes has their names, one of many has not") {
  const ScratchFolder scratch;
  const int n = GENERATE(3, 13, 41, 42, 300);
  write_tables(scratch / "", n);
  draw_class_figure(scratch / "");
  const std::string svg = read_text(scratch / "classes.svg");
  CAPTURE(n);
  CHECK_THAT(svg, ContainsSubstring(fmt::format("{} pictures of {} classes; 1 without", 10 * (n - 1), n - 1)));
  CHECK((svg.find("class number 1") != std::string::npos) == (n <= 41));
  for (const char* text : {"precision", "recall", "F1"}) CHECK_THAT(svg, ContainsSubstring(text));
  CHECK(read_text(scratch / "classes.png").starts_with("\x89PNG"));
}

TEST_CASE("tables of classes that do not fit each other are refused with the path") {
  const ScratchFolder scratch;
  write_tables(scratch / "", 4);
  std::ofstream(scratch / "confusion.csv") << "class,a\na,1\n";
  CHECK_THROWS_WITH(draw_class_figure(scratch / ""), ContainsSubstring("confusion.csv does not have the classes"));
  write_tables(scratch / "", 1);
  CHECK_THROWS_WITH(draw_class_figure(scratch / ""), ContainsSubstring("holds no picture"));
}
