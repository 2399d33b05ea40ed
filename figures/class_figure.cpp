#include "figures/class_figure.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "core/error.h"
#include "io/csv.h"
#include "io/file.h"
#include "io/gnuplot.h"

namespace radial {
namespace {

constexpr size_t most_labelled = 40, most_numbered = 12;  // classes with names; with numbers in the cells
constexpr size_t longest_label = 24;

struct ScoreStyle {
  const char* name;
  const char* colour;
  int point;
};
constexpr ScoreStyle score_styles[] = {{"precision", "#0072B2", 9}, {"recall", "#D55E00", 5}, {"f1", "#222222", 7}};

// The classes that have pictures or answers.
struct ClassTable {
  std::vector<std::string> names;
  std::vector<std::vector<double>> shares;    // of a class's pictures; of no pictures zeros
  std::array<std::vector<double>, 3> scores;  // of each style
  int64_t images = 0;
  size_t left_out = 0;
};

// The counts of confusion.csv, row by row: columns are taken by place, as a class may be called "class".
std::vector<std::vector<double>> read_counts(const std::string& path, const std::vector<std::string>& names) {
  const std::string text = read_text(path);
  std::string_view rest = text;
  std::vector<std::string> header = {"class"}, fields;
  header.insert(header.end(), names.begin(), names.end());
  const auto fits = [&](bool so) {
    check(so, ErrorKind::file_format, "figure: ", path, " does not have the classes of classes.csv beside it");
  };
  fits(detail::take_csv_row(rest, fields) > 0 && fields == header);
  std::vector<std::vector<double>> counts;
  for (const std::string& name : names) {
    fits(detail::take_csv_row(rest, fields) > 0 && fields.size() == header.size() && fields[0] == name);
    std::vector<double>& row = counts.emplace_back(names.size());
    for (size_t k = 0; k < names.size(); ++k) {
      const std::string& field = fields[k + 1];
      const auto [stop, error] = std::from_chars(field.data(), field.data() + field.size(), row[k]);
      check(error == std::errc() && stop == field.data() + field.size(), ErrorKind::file_format, "figure: ", path,
            ": \"", field, "\" is no number");
    }
  }
  return counts;
}

ClassTable read_classes(const std::string& folder) {
  const std::string path = folder + "/confusion.csv";
  const CsvTable classes = CsvTable::read(folder + "/classes.csv");
  const std::vector<std::string>& names = classes.texts("class");
  const size_t n = names.size();
  const std::vector<std::vector<double>> counts = read_counts(path, names);
  const std::vector<double> images = classes.numbers("images");
  std::vector<size_t> kept;
  for (size_t k = 0; k < n; ++k) {
    const bool answered = std::any_of(counts.begin(), counts.end(), [k](const auto& row) { return row[k] > 0; });
    if (images[k] > 0 || answered) kept.push_back(k);
  }
  check(!kept.empty(), ErrorKind::file_format, "figure: ", path, " holds no picture");
  ClassTable table;
  table.left_out = n - kept.size();
  for (const size_t label : kept) {
    table.names.push_back(names[label]);
    table.images += static_cast<int64_t>(images[label]);
    std::vector<double>& row = table.shares.emplace_back();
    for (const size_t answer : kept) row.push_back(images[label] > 0 ? counts[label][answer] / images[label] : 0);
  }
  for (size_t style = 0; style < std::size(score_styles); ++style) {
    const std::vector<double> all = classes.numbers(score_styles[style].name);
    for (const size_t k : kept) table.scores[style].push_back(all[k]);
  }
  return table;
}

std::string label_of(const std::string& name) {
  return gnuplot_title(name.size() <= longest_label ? name : name.substr(0, longest_label - 2) + "..");
}

// "'cat' 0, 'dog' 1"
std::string labels_of(const std::vector<std::string>& names) {
  std::string text;
  for (size_t k = 0; k < names.size(); ++k) text += fmt::format("{}{} {}", k > 0 ? ", " : "", label_of(names[k]), k);
  return text;
}

// The page in pixels: labels, the matrix and its scale, the scores.
struct ClassPage {
  explicit ClassPage(const ClassTable& table) : labelled(table.names.size() <= most_labelled) {
    const auto n = static_cast<double>(table.names.size());
    size_t longest = 4;
    for (const std::string& name : table.names) longest = std::max(longest, std::min(name.size(), longest_label));
    matrix = labelled ? n * std::clamp(480 / n, 17.0, 110.0) : 560;
    left = labelled ? 40 + 7.5 * static_cast<double>(longest) : 85;
    bottom = labelled ? left : 60;
  }
  double height() const { return top + matrix + bottom; }
  double width() const { return left + matrix + gap + scores + 30; }
  // A panel of some width from `x` on.
  std::string margins(double x, double of_width) const {
    return fmt::format(
        "set lmargin at screen {:.4f}; set rmargin at screen {:.4f}; set tmargin at screen {:.4f}; set bmargin at "
        "screen {:.4f}\n",
        x / width(), (x + of_width) / width(), 1 - top / height(), bottom / height());
  }

  bool labelled;
  double matrix, left, bottom;
  static constexpr double top = 70, gap = 110, scores = 330;
};

std::string data_blocks(const ClassTable& table) {
  std::string code = "$shares << END\n";
  for (const std::vector<double>& row : table.shares) {
    for (const double share : row) code += fmt::format("{:.3g} ", share);
    code.back() = '\n';
  }
  code += "END\n$scores << END\n";
  std::array<std::vector<double>, 3> sorted = table.scores;
  if (table.names.size() > most_labelled)
    for (std::vector<double>& scores : sorted) std::sort(scores.begin(), scores.end());
  for (size_t k = 0; k < table.names.size(); ++k)
    code += fmt::format("{} {:.6g} {:.6g} {:.6g}\n", k, sorted[0][k], sorted[1][k], sorted[2][k]);
  return code + "END\n";
}

std::string title(const std::string& text) {
  return fmt::format(
      "set label 1 \"{{/:Bold {}}}\" at graph 0, graph 1 left offset 0, char 1.1 textcolor rgb \"#111111\"\n", text);
}

std::string matrix_code(const ClassTable& table, const ClassPage& page) {
  const size_t n = table.names.size();
  std::string code = page.margins(page.left, page.matrix) + title("Answers, in per cent of each class");
  code +=
      fmt::format("set xrange [-0.5:{0}]; set yrange [{0}:-0.5]; set cbrange [0:1]\n", static_cast<double>(n) - 0.5);
  code += fmt::format(
      "set colorbox vertical user origin {:.4f},{:.4f} size {:.4f},{:.4f} noborder; set cbtics (\"0\" 0, \"50\" 0.5, "
      "\"100\" 1) scale 0\n",
      (page.left + page.matrix + 14) / page.width(), (page.height() - page.top - 140) / page.height(),
      12 / page.width(), 140 / page.height());
  if (page.labelled) {
    code += "set ytics (" + labels_of(table.names) + ") noenhanced scale 0\n";
    code += "set xtics (" + labels_of(table.names) + ") noenhanced scale 0 rotate by 90 right\n";
  } else {
    code += fmt::format("set ytics scale 0; set xtics scale 0; set ylabel \"class\"; set xlabel \"answer\"\n");
  }
  // Single rectangles stay sharp in a browser; of many classes a picture is smaller.
  code += fmt::format("plot $shares matrix with image{} notitle", page.labelled ? " pixels" : "");
  if (n <= most_numbered)
    code +=
        ", \\\n     $shares matrix using 1:2:($3 > 0 ? sprintf(\"%.0f\", 100 * $3) : \"\"):($3 > 0.4 ? 0xFFFFFF : "
        "0x333333) with labels font \",11\" textcolor rgb variable notitle";
  return code + "\nunset colorbox; unset xtics; unset ytics; unset xlabel; unset ylabel\n\n";
}

std::string scores_code(const ClassTable& table, const ClassPage& page) {
  const auto n = static_cast<double>(table.names.size());
  std::string code = page.margins(page.left + page.matrix + ClassPage::gap, ClassPage::scores);
  code +=
      "set key at graph 1, graph 1.01 right bottom horizontal maxrows 1 samplen 0.8 width -2 textcolor rgb "
      "\"#222222\"\n";
  code += "unset label 1\nset xtics 0.2 nomirror out scale 0.5\n";
  std::string separator = "plot ";
  for (size_t style = 0; style < std::size(score_styles); ++style) {
    const ScoreStyle& of = score_styles[style];
    if (page.labelled)
      code += style > 0
                  ? ""
                  : fmt::format(
                        "set xrange [-0.02:1.02]; set yrange [{}:-0.5]; set ytics 1 format \"\" scale 0; set grid x y "
                        "linetype 1 linecolor rgb \"#ECECEC\"\n",
                        n - 0.5);
    else if (style == 0)
      code += fmt::format(
          "set xrange [0:{}]; set yrange [-0.02:1.02]; set xtics autofreq nomirror out scale 0.5; set ytics 0.2 "
          "nomirror "
          "out scale 0.5; set grid y linetype 1 linecolor rgb \"#ECECEC\"\nset xlabel \"classes, from the lowest\"\n",
          n - 1);
    const std::string columns = page.labelled ? fmt::format("{}:1", style + 2) : fmt::format("1:{}", style + 2);
    const std::string how =
        page.labelled ? fmt::format("points pointtype {} pointsize 0.7", of.point) : std::string("lines linewidth 2");
    code += fmt::format("{}$scores using {} with {} linecolor rgb \"{}\" title \"{}\"", separator, columns, how,
                        of.colour, style == 2 ? "F1" : of.name);
    separator = ", \\\n     ";
  }
  return code + "\n";
}

}  // namespace

void draw_class_figure(const std::string& folder) {
  const ClassTable table = read_classes(folder);
  const ClassPage page(table);
  std::string code = "# What an evaluation found of each class.\nset encoding utf8\n" + data_blocks(table) +
                     "set multiplot\nset border linecolor rgb \"#9A9A9A\"; set tics textcolor rgb \"#444444\"\n"
                     "set palette defined (0 '#FFFFFF', 0.03 '#DCE9F5', 0.3 '#7FB2DB', 1 '#0B3C6F')\n";
  std::string note = fmt::format("{} pictures of {} classes", table.images, table.names.size());
  if (table.left_out > 0) note += fmt::format("; {} without pictures and answers are left out", table.left_out);
  code += fmt::format("set label 2 {} at screen {:.4f}, screen {:.4f} left font \",12\" textcolor rgb \"#666666\"\n",
                      gnuplot_title(note), page.left / page.width(), 1 - 18 / page.height());
  code += matrix_code(table, page) + "unset label 2\n" + scores_code(table, page);
  draw_figure(folder + "/classes", code + "unset multiplot\n",
              {static_cast<int>(page.width()), static_cast<int>(page.height())});
}

}  // namespace radial
