// The gnuplot code of the three panels, and their data.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <limits>
#include <set>

#include <fmt/format.h>

#include "core/error.h"
#include "figures/training_figure.h"
#include "io/csv.h"
#include "io/folder.h"
#include "io/gnuplot.h"

namespace radial {
namespace {

namespace fs = std::filesystem;
using Curves = std::span<const Curve>;

struct Panel {
  std::string title;
  std::string column;  // as in published tables
  std::function<const std::vector<double>&(const Curve&)> values;
  bool steps = false;  // may span decades; the drops of the learning rate are written here
};

std::string title_of(const std::string& result) {
  if (result == "top1") return "Top-1 accuracy (%)";
  if (result == "top5") return "Top-5 accuracy (%)";
  std::string title = result;  // in which gnuplot would take _ for a subscript
  std::replace(title.begin(), title.end(), '_', ' ');
  return title;
}

std::vector<Panel> panels_of(Curves curves) {
  std::vector<Panel> panels = {{"Weight norm", "norm", &Curve::norm},
                               {"Effective step size", "effstep", &Curve::effective_step, true}};
  std::set<std::string> results;
  for (const Curve& curve : curves)
    for (const auto& [name, values] : curve.results) results.insert(name);
  for (const std::string& name : results)
    panels.push_back({title_of(name), name, [name](const Curve& curve) -> const std::vector<double>& {
                        static const std::vector<double> none;
                        const auto found = curve.results.find(name);
                        return found == curve.results.end() ? none : found->second;
                      }});
  const auto has_values = [&](const Panel& panel) {
    return std::any_of(curves.begin(), curves.end(), [&](const Curve& curve) {
      const std::vector<double>& values = panel.values(curve);
      return std::any_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); });
    });
  };
  std::erase_if(panels, [&](const Panel& panel) { return !has_values(panel); });
  return panels;
}

// All curves in one table, an epoch a row: what the script draws, and a published table for the next figure.
void write_data(Curves curves, const std::vector<Panel>& panels, const std::string& path) {
  std::vector<std::string> columns = {"epoch"};
  for (const Panel& panel : panels)
    for (const Curve& curve : curves)
      columns.push_back(fmt::format("{}_{}{}", panel.column, curve.name, curve.published ? " (published)" : ""));
  std::set<double> epochs;
  for (const Curve& curve : curves) epochs.insert(curve.epoch.begin(), curve.epoch.end());

  CsvWriter writer(path, columns);
  for (const double epoch : epochs) {
    std::vector<CsvField> row = {epoch};
    for (const Panel& panel : panels)
      for (const Curve& curve : curves) {
        const auto at = std::find(curve.epoch.begin(), curve.epoch.end(), epoch) - curve.epoch.begin();
        const std::vector<double>& values = panel.values(curve);
        row.emplace_back(at < std::ssize(values) ? values[static_cast<size_t>(at)] : std::nan(""));
      }
    writer.row(row);
  }
  writer.sync();
}

bool has_published(Curves curves) {
  return std::any_of(curves.begin(), curves.end(), [](const Curve& curve) { return curve.published; });
}

double last_epoch(Curves curves, bool published) {
  double last = 1;
  for (const Curve& curve : curves) {
    if (curve.published != published) continue;
    last = std::max(last, curve.epochs);
    if (!curve.epoch.empty()) last = std::max(last, curve.epoch.back());
  }
  return last;
}

bool spans_decades(Curves curves, const Panel& panel) {
  double low = std::numeric_limits<double>::infinity(), high = 0;
  for (const Curve& curve : curves)
    for (const double value : panel.values(curve))
      if (value > 0) low = std::min(low, value), high = std::max(high, value);
  return high > 30 * low;
}

// Values that agree in their first digits would have ticks that look alike, or do not fit beside the panel: they are
// shown as what they are beside their size, nearly the same.
std::string value_range(Curves curves, const Panel& panel) {
  constexpr double least = 1e-3;  // of what is shown, beside the largest value
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const Curve& curve : curves)
    for (const double value : panel.values(curve))
      if (std::isfinite(value)) low = std::min(low, value), high = std::max(high, value);
  const double shown = least * std::max(std::abs(low), std::abs(high));
  if (high - low >= shown) return "set yrange [*:*]\n";
  const double middle = low + (high - low) / 2;
  return fmt::format("set yrange [{}:{}]\n", middle - shown / 2, middle + shown / 2);
}

// Where the learning rate drops after epochs at one rate: (first epoch at the new rate, new rate / old rate).
std::set<std::pair<double, double>> lr_drops(Curves curves) {
  std::set<std::pair<double, double>> drops;
  for (const Curve& curve : curves)
    for (size_t e = 2; e < curve.lr.size(); ++e)
      if (curve.lr[e - 2] == curve.lr[e - 1] && curve.lr[e] < 0.6 * curve.lr[e - 1])
        drops.insert({curve.epoch[e], std::round(1e4 * curve.lr[e] / curve.lr[e - 1]) / 1e4});
  return drops;
}

// The page from top to bottom in pixels: legend, titles, panels, axis.
struct Page {
  Page(Curves curves, size_t panels) : slot(1 / static_cast<double>(panels)), width(400 * static_cast<int>(panels)) {
    size_t longest = 20;
    for (const Curve& curve : curves) longest = std::max(longest, curve.name.size());
    const size_t entries = curves.size() + (has_published(curves) ? 1 : 0);
    const size_t entries_a_row = std::max<size_t>(1, static_cast<size_t>(width) / (longest * 8 + 60));
    legend = 22 * static_cast<double>((entries + entries_a_row - 1) / entries_a_row);
    // Short runs beside long published curves: those get an axis of their own above the panel.
    published_axis = has_published(curves) && last_epoch(curves, true) > 1.5 * last_epoch(curves, false);
    titles = published_axis ? 74 : 56;
  }
  double height() const { return legend + titles + panel + axis; }

  double slot;  // of a panel, as a share of the width
  int width;
  bool published_axis;
  double legend, titles;
  static constexpr double panel = 260, axis = 60;
};

// A plot of nothing over the whole page: its key is the legend of all panels.
std::string legend(Curves curves, const Page& page) {
  std::string code = R"(set lmargin at screen 0.02; set rmargin at screen 0.99
set bmargin at screen 0.1; set tmargin at screen 0.9
unset border; unset tics; set xrange [0:1]; set yrange [0:1]
set key at screen 0.042, screen 0.985 left top horizontal Left reverse samplen 2 width 3 noenhanced textcolor rgb "#222222"
plot NaN notitle)";
  const auto entry = [&](double width, const std::string& colour, const std::string& name) {
    code += fmt::format(", \\\n  keyentry with lines linewidth {} linecolor rgb \"{}\" title {}", width, colour,
                        gnuplot_title(name));
  };
  for (const Curve& curve : curves)
    if (!curve.published) entry(3, curve.colour, curve.name);
  if (has_published(curves)) entry(1, "#666666", page.published_axis ? "published (upper axis)" : "published");
  return code + "\nunset key\n\n";
}

std::string axes(Curves curves, const Page& page) {
  std::string code = R"(set border 3 linecolor rgb "#9A9A9A" linewidth 1
set tics nomirror out scale 0.5 textcolor rgb "#444444"
set xtics nomirror; set ytics nomirror
set grid noxtics ytics linetype 1 linecolor rgb "#ECECEC" linewidth 1
set xlabel "epoch" textcolor rgb "#444444" offset 0, char 0.3
)";
  const double own = last_epoch(curves, false), published = last_epoch(curves, true);
  code += fmt::format("set xrange [0:{}]\n", page.published_axis ? own : std::max(own, published));
  if (own <= 5) code += "set xtics 1\n";
  if (page.published_axis)
    code +=
        fmt::format("set x2range [0:{}]; set x2tics out scale 0.5 font \",11\" textcolor rgb \"#999999\"\n", published);
  code += fmt::format("set tmargin at screen {:.4f}; set bmargin at screen {:.4f}\n",
                      1 - (page.legend + page.titles) / page.height(), Page::axis / page.height());
  int number = 1;
  for (const auto& [epoch, ratio] : lr_drops(curves))
    code += fmt::format(
        "set arrow {0} from {1}, graph 0 to {1}, graph 1 nohead back linecolor rgb \"#D8D8D8\" linewidth 1\n", number++,
        epoch - 0.5);
  return code + '\n';
}

// Says at each drop of the learning rate what it is multiplied by; beyond a few the text would only be in the way.
std::string lr_labels(Curves curves) {
  const auto drops = lr_drops(curves);
  std::string code;
  int number = 2;
  if (drops.size() <= 4)
    for (const auto& [epoch, ratio] : drops)
      code += fmt::format(
          "set label {} \"lr × {:g}\" at {}, graph 1 left offset char 0.4, char -0.6 "
          "font \",11\" textcolor rgb \"#888888\"\n",
          number++, ratio, epoch - 0.5);
  return code;
}

std::string line_style(const Curve& curve, bool own_axis) {
  if (curve.published)
    return fmt::format("{}with lines linewidth 1 linecolor rgb \"{}\"", own_axis ? "axes x2y1 " : "", curve.colour);
  const bool points = curve.epoch.size() <= 30;
  return fmt::format("with {} linewidth 2.5 linecolor rgb \"{}\"",
                     points ? "linespoints pointtype 7 pointsize 0.45" : "lines", curve.colour);
}

std::string panel_code(Curves curves, const std::vector<Panel>& panels, size_t number, const std::string& data,
                       const Page& page) {
  const Panel& panel = panels[number];
  const double left = page.slot * (static_cast<double>(number) + 0.175);
  std::string code =
      fmt::format("set lmargin at screen {:.4f}; set rmargin at screen {:.4f}\n", left, left + 0.785 * page.slot);
  code += fmt::format(
      "set label 1 \"{{/:Bold {}}}\" at graph 0, graph 1 left offset 0, char {} "
      "textcolor rgb \"#111111\"\n",
      panel.title, page.published_axis ? 2.7 : 1.1);
  if (panel.steps) code += lr_labels(curves);
  code += panel.steps && spans_decades(curves, panel) ? "set logscale y; set format y \"10^{%T}\"\n"
                                                      : "unset logscale y; set format y \"%g\"\n";
  code += value_range(curves, panel);
  // The header takes as many lines more as there are ends of lines in the runs' names.
  int64_t header = 1;
  for (const Curve& curve : curves)
    header += std::ssize(panels) * std::count(curve.name.begin(), curve.name.end(), '\n');
  std::string separator = "plot ";
  for (const bool published : {true, false})  // the runs over the published curves
    for (size_t c = 0; c < curves.size(); ++c) {
      if (curves[c].published != published) continue;
      code += fmt::format("{}{} using 1:{} skip {} {} notitle", separator, data, 2 + number * curves.size() + c, header,
                          line_style(curves[c], page.published_axis));
      separator = ", \\\n     ";
    }
  if (panel.steps)
    for (size_t i = 0; i < lr_drops(curves).size(); ++i) code += fmt::format("\nunset label {}", i + 2);
  return code + "\n\n";
}

}  // namespace

void draw_training_figure(std::span<const Curve> curves, const std::string& stem) {
  check(std::any_of(curves.begin(), curves.end(), [](const Curve& curve) { return !curve.epoch.empty(); }),
        ErrorKind::file_format, "figure: no run has finished an epoch, but one is needed to draw");
  if (const fs::path folder = fs::path(stem).parent_path(); !folder.empty()) make_folders(folder.string());
  const std::vector<Panel> panels = panels_of(curves);
  check(!panels.empty(), ErrorKind::file_format, "figure: there is no number to draw");
  write_data(curves, panels, stem + ".csv");

  const Page page(curves, panels.size());
  const std::string data = gnuplot_file(fs::path(stem).filename().string() + ".csv");
  std::string code =
      "# Figure 3 of the paper: norm, effective step and results against epoch.\n"
      "set encoding utf8\nset datafile separator comma\nset datafile missing \"\"\nset multiplot\n\n" +
      legend(curves, page) + axes(curves, page);
  for (size_t number = 0; number < panels.size(); ++number) code += panel_code(curves, panels, number, data, page);
  draw_figure(stem, code + "unset multiplot\n", {page.width, static_cast<int>(page.height())});
}

}  // namespace radial
