#include "figures/toy3d_figure.h"

#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include "io/gnuplot.h"

namespace radial {
namespace {

struct SphereStyle {
  const char* optimizer;
  const char* label;
  const char* colour;
};
constexpr SphereStyle sphere_styles[] = {{"momentum", "GD + momentum", "#FF9500"},
                                         {"momentum+l2", "GD + momentum, weight decay", "#0072B2"},
                                         {"sgdp", "with projection", "#2CA02C"}};

const SphereStyle& style_of(const std::string& optimizer) {
  for (const SphereStyle& style : sphere_styles)
    if (optimizer == style.optimizer) return style;
  return sphere_styles[0];
}

struct Seen {
  double x, y, depth;  // of a point of the unit sphere; depth above 0: on the side that is seen
};

// In parallel projection, from azimuth -10 and elevation 25 degrees.
Seen seen(double azimuth, double elevation) {
  constexpr double a = -10 * std::numbers::pi / 180, e = 25 * std::numbers::pi / 180;
  const double x = std::cos(elevation) * std::cos(azimuth), y = std::cos(elevation) * std::sin(azimuth),
               z = std::sin(elevation);
  const double forward = x * std::cos(a) + y * std::sin(a);
  return {y * std::cos(a) - x * std::sin(a), z * std::cos(e) - forward * std::sin(e),
          forward * std::cos(e) + z * std::sin(e)};
}

// A line on the sphere, from t = 0 to 1; broken where it goes behind.
template <class Place>
std::string line_on_sphere(int pieces, Place&& place) {
  std::string rows;
  for (int i = 0; i <= pieces; ++i) {
    const auto [azimuth, elevation] = place(static_cast<double>(i) / pieces);
    const Seen at = seen(azimuth, elevation);
    rows += at.depth >= 0 ? fmt::format("{:.4f},{:.4f}\n", at.x, at.y) : "\n";
  }
  return rows + "\n";
}

std::string graticule() {
  constexpr double pi = std::numbers::pi;
  std::string rows;
  for (int degrees = -180; degrees < 180; degrees += 30)
    rows += line_on_sphere(36, [&](double t) { return std::pair(degrees * pi / 180, (t - 0.5) * pi); });
  for (int degrees = -60; degrees <= 60; degrees += 30)
    rows += line_on_sphere(72, [&](double t) { return std::pair(2 * pi * t, degrees * pi / 180); });
  return rows;
}

// phi = psi^2
std::string valley() {
  return line_on_sphere(120, [](double t) {
    const double psi = -1.5 + 3 * t;
    return std::pair(psi / 1.5, psi * psi / 1.5);
  });
}

std::string path(const SphereRun& run) {
  std::string rows;
  for (const SpherePoint& p : run.points) {
    const Seen at = seen(p.psi / 1.5, p.phi / 1.5);
    rows += fmt::format("{:.4f},{:.4f}\n", at.x, at.y);
  }
  return rows;
}

std::string sphere_panel(const SphereRun& run, size_t number, double width) {
  const SphereStyle& style = style_of(run.optimizer);
  const Seen goal = seen(1 / 1.5, 1 / 1.5), start = seen(-2 / 1.5, 2 / 1.5);
  std::string code = fmt::format(
      "set lmargin at screen {:.4f}; set rmargin at screen {:.4f}\n"
      "set title \"{{/:Bold {}}}\" textcolor rgb \"{}\" offset 0, char -0.3\n"
      "set label 1 \"norm {:.2f}, psi {:.2f}, phi {:.2f}\" at 0,-1.14 center textcolor rgb \"#444444\"\n",
      static_cast<double>(number) * width + 0.01, static_cast<double>(number + 1) * width - 0.01, style.label,
      style.colour, run.points.back().norm, run.points.back().psi, run.points.back().phi);
  code += fmt::format(
      "plot \"-\" using 1:2 with lines linewidth 0.7 linecolor rgb \"#C4CAD2\" notitle, \\\n"
      "     \"-\" using 1:2 with lines linewidth 1.6 dashtype 2 linecolor rgb \"#8A929C\" notitle, \\\n"
      "     \"-\" using 1:2 with linespoints pointtype 7 pointsize 0.28 linewidth 1.1 linecolor rgb \"{}\" notitle, "
      "\\\n"
      "     \"-\" using 1:2 with points pointtype 6 pointsize 1.1 linewidth 2 linecolor rgb \"#222222\" notitle, \\\n"
      "     \"-\" using 1:2 with points pointtype 3 pointsize 1.6 linewidth 2 linecolor rgb \"#222222\" notitle\n",
      style.colour);
  return code + graticule() + "e\n" + valley() + "e\n" + path(run) + "e\n" +
         fmt::format("{:.4f},{:.4f}\ne\n{:.4f},{:.4f}\ne\n\n", start.x, start.y, goal.x, goal.y);
}

std::string norm_panel(const std::vector<SphereRun>& runs, const std::string& csv, double left) {
  std::string code = fmt::format(
      "unset object 1; unset label 1; set size noratio\nset lmargin at screen {:.4f}; set rmargin at screen 0.985\n"
      "set bmargin at screen 0.13\nset title \"{{/:Bold Norm}}\" textcolor rgb \"#111111\" offset 0, char -0.3\n"
      "set border 3 linecolor rgb \"#888888\"; set grid linecolor rgb \"#E4E4E4\"\n"
      "set xtics nomirror textcolor rgb \"#666666\"; set ytics nomirror textcolor rgb \"#666666\"\n"
      "set xrange [0:200]; set yrange [0:*]; set xlabel \"iteration\" textcolor rgb \"#666666\"\n",
      left + 0.045);
  std::string separator = "plot ";
  for (const SphereRun& run : runs) {
    const SphereStyle& style = style_of(run.optimizer);
    code += fmt::format(
        "{}{} using (stringcolumn(1) eq \"{}\" ? $2 : NaN):8 every ::1 with lines linewidth 2.2 linecolor rgb \"{}\"",
        separator, csv, run.optimizer, style.colour);
    separator = ", \\\n     ";
  }
  return code + "\n";
}

}  // namespace

void draw_toy3d_figure(const std::vector<SphereRun>& runs, const std::string& csv, const std::string& stem) {
  const double width = 1.0 / static_cast<double>(runs.size() + 1);
  std::string code = R"(set encoding utf8
set datafile separator comma
set multiplot
unset border; unset xtics; unset ytics; unset key
set tmargin at screen 0.90; set bmargin at screen 0.06
set size ratio -1
set xrange [-1.06:1.06]; set yrange [-1.2:1.06]
set object 1 circle at 0,0 size 1 behind fillstyle solid border linecolor rgb "#9AA3AD" fillcolor rgb "#F4F6F9"

)";
  for (size_t i = 0; i < runs.size(); ++i) code += sphere_panel(runs[i], i, width);
  code += norm_panel(runs, gnuplot_file(csv), static_cast<double>(runs.size()) * width);
  draw_figure(stem, code + "unset multiplot\n", {330 * static_cast<int>(runs.size() + 1), 380});
}

}  // namespace radial
