#include "figures/toy_figure.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include "figures/toy_style.h"
#include "io/gnuplot.h"

namespace radial {
namespace {

// The loss depends on the direction of w alone, so its contours are rays: wedges of colour from the origin to the
// border of the panel, dark where the loss is high. 45 degrees is a boundary of wedges, so that none goes around a
// corner.
std::string contours(double r) {
  constexpr int wedges = 120;
  constexpr double width = 2 * std::numbers::pi / wedges;
  const auto border = [&](double angle) {
    const double x = std::cos(angle), y = std::sin(angle), scale = r / std::max(std::abs(x), std::abs(y));
    return fmt::format("{:.6g},{:.6g}", scale * x, scale * y);
  };
  std::string code;
  for (int i = 0; i < wedges; ++i) {
    // A little of the next wedge is covered too, against seams, but not around a corner.
    const double overlap = (i + 1) % 30 == 15 ? 0 : 0.2;
    code += fmt::format(
        "set object {} polygon from 0,0 to {} to {} to 0,0 behind fillstyle solid noborder fillcolor rgb "
        "\"{}\"\n",
        i + 1, border(i * width), border((i + 1 + overlap) * width), toy_shade((i + 0.5) * width));
  }
  return code;
}

double radius(const std::vector<ToyRun>& runs, double momentum) {
  double largest = 1;
  for (const ToyRun& run : runs) {
    if (run.momentum != momentum) continue;
    for (const ToyPoint& point : run.points) largest = std::max(largest, std::hypot(point.x, point.y));
  }
  return 1.12 * largest;
}

std::string panel(const std::vector<ToyRun>& runs, double momentum, const std::string& data, size_t number,
                  size_t count) {
  const double r = radius(runs, momentum), width = 1.0 / static_cast<double>(count);
  std::string code = fmt::format(
      "set lmargin at screen {:.4f}; set rmargin at screen {:.4f}\nset xrange [{}:{}]; set yrange [{}:{}]\n"
      "set title \"{{/:Bold momentum {:g}}} (iteration {})\" textcolor rgb \"#111111\" offset 0, char -0.4\n",
      (static_cast<double>(number) + 0.1) * width, (static_cast<double>(number) + 0.97) * width, -r, r, -r, r, momentum,
      runs.front().points.back().iteration);
  code += contours(r);
  std::string separator = "plot ";
  for (const ToyStyle& style : toy_styles) {
    const auto run = std::find_if(runs.begin(), runs.end(), [&](const ToyRun& candidate) {
      return candidate.momentum == momentum && candidate.optimizer == style.optimizer;
    });
    if (run == runs.end()) continue;
    const ToyPoint& last = run->points.back();
    const std::string title = fmt::format("{}: loss {:.4f}, norm {:.2f}", style.label, last.loss, last.norm);
    code += fmt::format(
        "{}{} using ($1 == {} && stringcolumn(2) eq \"{}\" ? $4 : NaN):5 every ::1 with lines linewidth 2.5 "
        "linecolor rgb \"{}\" title {}",
        separator, data, momentum, style.optimizer, style.colour, gnuplot_title(title));
    code += fmt::format(", \\\n     \"-\" using 1:2 with points pointtype 7 pointsize 0.9 linecolor rgb \"{}\" notitle",
                        style.colour);
    separator = ", \\\n     ";
  }
  code +=
      ", \\\n     \"-\" using 1:2 with points pointtype 6 pointsize 1.1 linewidth 2 linecolor rgb \"#222222\" "
      "notitle\n";
  for (const ToyStyle& style : toy_styles) {
    for (const ToyRun& run : runs) {
      if (run.momentum == momentum && run.optimizer == style.optimizer)
        code += fmt::format("{:.9g},{:.9g}\ne\n", run.points.back().x, run.points.back().y);
    }
  }
  return code + "0.001,1\ne\n\n";  // where all begin
}

}  // namespace

void draw_toy_figure(const std::vector<ToyRun>& runs, const std::string& csv, const std::string& stem) {
  const std::vector<double> momenta = momenta_of(runs);
  std::string code = R"(set encoding utf8
set datafile separator comma
set multiplot
set border 0
set tmargin at screen 0.91; set bmargin at screen 0.20
set xtics nomirror scale 0 textcolor rgb "#666666"; set ytics nomirror scale 0 textcolor rgb "#666666"
set key below vertical Left reverse samplen 1.5 noenhanced textcolor rgb "#222222"

)";
  for (size_t i = 0; i < momenta.size(); ++i) code += panel(runs, momenta[i], gnuplot_file(csv), i, momenta.size());
  draw_figure(stem, code + "unset multiplot\n", {420 * static_cast<int>(momenta.size()), 515});
}

}  // namespace radial
