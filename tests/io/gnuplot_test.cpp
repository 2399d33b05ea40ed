#include "io/gnuplot.h"

#include <cstdlib>

#include "core/error.h"
#include "tests/catch.h"
#include "tests/io/file_size_limit.h"
#include "tests/io/scratch_folder.h"

using namespace radial;
using Catch::Matchers::ContainsSubstring;

namespace {
bool has_gnuplot() { return std::system("command -v gnuplot > /dev/null 2>&1") == 0; }
}  // namespace

TEST_CASE("gnuplot: a figure becomes SVG and PNG, and its script is kept") {
  if (!has_gnuplot()) {
    WARN("gnuplot is not installed: skipped");
    return;
  }
  const ScratchFolder folder;
  put(folder / "data.csv", "epoch,norm\n1,2\n2,3\n");
  const std::string stem = folder / "it's a figure";
  draw_figure(stem,
              "set datafile separator ','\nset multiplot layout 1,2\nplot 'data.csv' skip 1 with lines\n"
              "plot sin(x)\nunset multiplot");
  CHECK_THAT(content_of(stem + ".svg"), ContainsSubstring("<svg"));
  CHECK(content_of(stem + ".png").substr(1, 3) == "PNG");
  CHECK_THAT(content_of(stem + ".gp"), ContainsSubstring("data.csv"));

  // The script draws again by itself.
  std::filesystem::remove(stem + ".png");
  CHECK(std::system(("cd '" + folder.path().string() + "' && gnuplot \"it's a figure.gp\"").c_str()) == 0);
  CHECK(std::filesystem::exists(stem + ".png"));
}

TEST_CASE("gnuplot: its own words are in the error") {
  if (!has_gnuplot()) {
    WARN("gnuplot is not installed: skipped");
    return;
  }
  const ScratchFolder folder;
  CHECK_THROWS_WITH(draw_figure(folder / "figure", "plot no_such_function(x)"),
                    ContainsSubstring("figure.gp") && ContainsSubstring("no_such_function"));
}

TEST_CASE("gnuplot: no half of a drawing is left where the disk is full, and no folder is taken for one") {
  if (!has_gnuplot()) {
    WARN("gnuplot is not installed: skipped");
    return;
  }
  const ScratchFolder folder;
  std::string message;
  try {
    const FileSizeLimit limit(4096);
    draw_figure(folder / "figure", "plot sin(x)");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::io);
    message = error.what();
  }
  CHECK_THAT(message, ContainsSubstring("drew no ") && ContainsSubstring("figure.svg"));
  CHECK(folder.files() == 1);  // the script

  std::filesystem::create_directory(folder / "figure.png");
  CHECK_THROWS_WITH(draw_figure(folder / "figure", "plot sin(x)"), ContainsSubstring("figure.png is a folder"));
  CHECK(std::filesystem::is_directory(folder / "figure.png"));
}

TEST_CASE("gnuplot: without the program the error says what to install") {
  const ScratchFolder folder;
  const std::string before = std::getenv("PATH");
  setenv("PATH", folder.path().c_str(), 1);
  std::string message;
  try {
    draw_figure(folder / "figure", "plot sin(x)");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    message = error.what();
  }
  setenv("PATH", before.c_str(), 1);
  CHECK_THAT(message, ContainsSubstring("install gnuplot-nox"));
}

TEST_CASE("gnuplot: names are never taken for code or commands") {
  CHECK(gnuplot_quoted("it's \\ {x}_1") == "'it''s \\ {x}_1'");
  CHECK_THROWS_WITH(gnuplot_quoted("a\n!touch b"), ContainsSubstring("end of a line"));
  CHECK(gnuplot_title("a\n!touch b'\xE9") == "'a\uFFFD!touch b''\uFFFD'");
  CHECK(gnuplot_file("<touch b") == "'./<touch b'");
  if (!has_gnuplot()) {
    WARN("gnuplot is not installed: skipped");
    return;
  }
  const ScratchFolder folder;
  for (const char* name : {"<touch pwned;", "|touch pwned;", "-e", "caf\xE9 _{x} \"\\'", "`touch pwned`"}) {
    CAPTURE(name);
    put(folder / (std::string(name) + ".csv"), "1,2\n2,3\n");
    draw_figure(folder / name, "set encoding utf8\nset datafile separator comma\nset key noenhanced\nplot " +
                                   gnuplot_file(std::string(name) + ".csv") + " with lines title " +
                                   gnuplot_title(name));
    CHECK(std::filesystem::exists(folder / (std::string(name) + ".png")));
  }
  CHECK(!std::filesystem::exists(folder / "pwned"));
}
