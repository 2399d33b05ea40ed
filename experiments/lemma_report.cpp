// What the lemma's runs show: a table, JSON, a CSV file and a figure.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "experiments/lemma.h"
#include "io/csv.h"
#include "io/gnuplot.h"

namespace radial {

nlohmann::ordered_json lemma_json(const std::vector<LemmaRow>& rows, double momentum, int64_t steps) {
  nlohmann::ordered_json json = {{"steps", steps}, {"corollary_ratio", corollary_ratio(momentum, steps)}};
  for (const LemmaRow& row : rows)
    json["runs"].push_back({{"run", row.run},
                            {"eps", row.eps},
                            {"recursion_error", row.recursion},
                            {"lemma_error", row.lemma},
                            {"radial_gradient_median", row.radial_gradient},
                            {"radial_gradient_largest", row.largest_radial_gradient},
                            {"growth", row.growth},
                            {"growth_by_steps", row.growth_by_steps}});
  return json;
}

std::string lemma_table(const std::vector<LemmaRow>& rows, double momentum, int64_t steps) {
  std::string text = fmt::format("{:<14} {:>7}   {:>20}   {:>21}   {:>26}\n", "", "", "largest error of |w|^2",
                                 "|w.g| / (|w| |g|)", "|w_T|^2 - |w_0|^2 (median)");
  text += fmt::format("{:<14} {:>7}   {:>11} {:>10}   {:>10} {:>10}   {:>11} {:>14}\n", "", "eps", "recursion", "lemma",
                      "median", "largest", "", "by squared steps");
  for (const LemmaRow& row : rows)
    text += fmt::format("{:<14} {:>7.0e}   {:>11.1e} {:>10.1e}   {:>10.1e} {:>10.1e}   {:>11.3g} {:>14.3g}\n", row.run,
                        row.eps, row.recursion, row.lemma, row.radial_gradient, row.largest_radial_gradient, row.growth,
                        row.growth_by_steps);
  return text +
         fmt::format(
             "\nIf all steps were equally long, the last column would be {:.3g} with momentum {:g} after {} steps "
             "(the paper's corollary).\n",
             corollary_ratio(momentum, steps), momentum, steps);
}

namespace {

std::vector<std::string> layers_of(const LemmaRun& run) {
  std::vector<std::string> layers;
  for (const GrowthPoint& point : run.points)
    if (point.step == 0) layers.push_back(point.name);
  return layers;
}

}  // namespace

// A layer after the other: gnuplot draws lines through neighbouring rows.
void write_lemma_csv(const std::vector<LemmaRun>& runs, const std::string& path) {
  CsvWriter csv(path, {"run", "step", "layer", "measured", "recursion", "lemma", "radial_gradient", "step_square"});
  for (const LemmaRun& run : runs)
    for (const std::string& layer : layers_of(run))
      for (const GrowthPoint& p : run.points)
        if (p.name == layer)
          csv.row({run.name, p.step, p.name, p.measured, p.recursion, p.lemma, p.radial_gradient, p.step_square});
  csv.sync();
}

namespace {

// A line for each layer of a run, of a gnuplot expression in the columns of the CSV file.
std::string lines(const LemmaRun& run, const std::string& csv, const char* expression, const char* colour,
                  const std::string& title) {
  std::string code;
  for (const std::string& layer : layers_of(run)) {
    code += fmt::format(
        "{}{} using (stringcolumn(1) eq \"{}\" && stringcolumn(3) eq \"{}\" ? $2 : NaN):({}) every ::1 with lines "
        "linewidth 1 linecolor rgb \"{}\" {}",
        code.empty() ? "" : ", \\\n     ", csv, run.name, layer, expression, colour,
        code.empty() ? "title \"" + title + "\"" : "notitle");
  }
  return code;
}

std::string panel(double left, double right, const std::string& title) {
  return fmt::format(
      "set lmargin at screen {:.3f}; set rmargin at screen {:.3f}\nset title \"{{/:Bold {}}}\" textcolor rgb "
      "\"#111111\"\n",
      left, right, title);
}

}  // namespace

void draw_lemma_figure(const std::vector<LemmaRun>& runs, const std::string& csv, const std::string& stem) {
  const std::string file = gnuplot_file(csv);
  const auto width = 1.0 / static_cast<double>(runs.size() + 1);
  std::string code = R"(set encoding utf8
set datafile separator comma
set multiplot
set border 3 linecolor rgb "#888888"; set grid linecolor rgb "#E8E8E8"
set xtics nomirror textcolor rgb "#666666"; set ytics nomirror textcolor rgb "#666666"
set xlabel "step" textcolor rgb "#666666"
set tmargin at screen 0.86; set bmargin at screen 0.15
set key top left Left reverse samplen 1.5 noenhanced textcolor rgb "#222222"
)";
  // Of a layer's rows the first is that of step 0. With weight decay norms may shrink.
  const char* growth = "(w0 = $2 == 0 ? $4 : w0), abs($4 / w0 - 1) > 1e-17 ? abs($4 / w0 - 1) : 1e-17";
  code += "w0 = 1; set yrange [1e-6:*]\n" + panel(0.06, width - 0.01, "change of |w|², a line a layer");
  code += "set logscale y; set format y \"10^{%T}\"; plot " + lines(runs[0], file, growth, "#D62728", "vanilla SGD") +
          ", \\\n     " + lines(runs[1], file, growth, "#FF9500", "momentum SGD") + "\n";
  code += "set yrange [1e-17:1]\n";
  for (size_t i = 0; i < runs.size(); ++i) {
    const double left = static_cast<double>(i + 1) * width;
    code += panel(left + 0.055, left + width - 0.01,
                  fmt::format("{}, eps {:g}: relative error", runs[i].name, runs[i].eps));
    const char* floor = "(abs(${0} - $4) / $4 > 1e-17 ? abs(${0} - $4) / $4 : 1e-17)";
    code += "plot " + lines(runs[i], file, fmt::format(fmt::runtime(floor), 6).c_str(), "#CC79A7", "lemma (w·g = 0)") +
            ", \\\n     " +
            lines(runs[i], file, fmt::format(fmt::runtime(floor), 5).c_str(), "#0072B2", "recursion (measured w·g)") +
            "\n";
  }
  draw_figure(stem, code + "unset multiplot\n", {360 * static_cast<int>(runs.size() + 1), 380});
}

}  // namespace radial
