#include "figures/toy_animation.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include "figures/toy_style.h"

namespace radial {
namespace {

constexpr double side = 300, gap = 16, top = 34, legend_height = 84;  // of a panel, in pixels
constexpr double rest = 2;                                            // seconds between two plays
constexpr int moments = 100;  // where a path is between two of them is interpolated
constexpr int texts = 25;     // numbers that are shown one after another

struct AnimatedPanel {
  double left, scale;  // pixels
  double x(double w) const { return left + side / 2 + scale * w; }
  double y(double w) const { return top + side / 2 - scale * w; }
};

std::string play(const std::string& attributes, double seconds) {
  return fmt::format("{} dur=\"{:g}s\" repeatCount=\"indefinite\"", attributes, seconds + rest);
}

// The loss depends on the direction of w alone: wedges, dark where it is high.
std::string wedges(const AnimatedPanel& panel) {
  constexpr int count = 72;
  std::string code;
  for (int i = 0; i < count; ++i) {
    const double from = 2 * std::numbers::pi * i / count, to = 2 * std::numbers::pi * (i + 1.15) / count;
    const double far = side;
    code += fmt::format("<path fill=\"{}\" d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}L{:.1f} {:.1f}Z\"/>\n",
                        toy_shade((from + to) / 2), panel.x(0), panel.y(0), panel.x(0) + far * std::cos(from),
                        panel.y(0) - far * std::sin(from), panel.x(0) + far * std::cos(to),
                        panel.y(0) - far * std::sin(to));
  }
  return code;
}

// Points of which no two are less than a fifth of a pixel apart.
std::string outline(const ToyRun& run, const AnimatedPanel& panel) {
  std::string code;
  double last_x = 0, last_y = 0;
  for (const ToyPoint& point : run.points) {
    const double x = panel.x(point.x), y = panel.y(point.y);
    const bool last = &point == &run.points.back();
    if (!code.empty() && !last && std::hypot(x - last_x, y - last_y) < 0.2) continue;
    code += fmt::format("{}{:.1f} {:.1f}", code.empty() ? "M" : "L", x, y);
    last_x = x;
    last_y = y;
  }
  return code;
}

// How long a path is at each moment, in units of w.
std::vector<double> lengths(const ToyRun& run) {
  std::vector<double> length = {0};
  for (size_t i = 1; i < run.points.size(); ++i)
    length.push_back(length.back() +
                     std::hypot(run.points[i].x - run.points[i - 1].x, run.points[i].y - run.points[i - 1].y));
  std::vector<double> lengths;
  for (int i = 0; i <= moments; ++i)
    lengths.push_back(length[static_cast<size_t>(std::lround((length.size() - 1.0) * i / moments))]);
  return lengths;
}

// A dash as long as the path, that moves in; not every program that shows SVG knows pathLength.
std::string moving_path(const ToyRun& run, const ToyStyle& style, const AnimatedPanel& panel, double seconds) {
  std::string covered, hidden, times;
  const std::vector<double> all = lengths(run);
  const double whole = all.back() > 0 ? all.back() : 1, dash = panel.scale * whole + 1;
  for (int i = 0; i <= moments; ++i) {
    const double share = all[static_cast<size_t>(i)] / whole;
    covered += fmt::format("{:.4g};", share);
    hidden += fmt::format("{:.1f};", dash * (1 - share));
    times += fmt::format("{:.4g};", seconds / (seconds + rest) * i / moments);
  }
  const std::string path = outline(run, panel);
  return fmt::format(
      "<path fill=\"none\" stroke=\"{0}\" stroke-width=\"2\" stroke-linejoin=\"round\" stroke-dasharray=\"{1:.1f}\" "
      "d=\"{2}\"><animate {3}/></path>\n"
      "<circle r=\"4\" fill=\"{0}\"><animateMotion {4}/></circle>\n",
      style.colour, dash, path,
      play(fmt::format("attributeName=\"stroke-dashoffset\" values=\"{}0\" keyTimes=\"{}1\"", hidden, times), seconds),
      play(fmt::format("path=\"{}\" calcMode=\"linear\" keyPoints=\"{}1\" keyTimes=\"{}1\"", path, covered, times),
           seconds));
}

// Seen from one moment to the next; the last one until the end.
std::string shown_at(int i, double seconds) {
  const double share = seconds / (seconds + rest), from = share * i / texts, to = share * (i + 1) / texts;
  std::string when;
  if (i == texts)
    when = fmt::format("values=\"0;1\" keyTimes=\"0;{:.4g}\"", from);
  else if (i == 0)
    when = fmt::format("values=\"1;0\" keyTimes=\"0;{:.4g}\"", to);
  else
    when = fmt::format("values=\"0;1;0\" keyTimes=\"0;{:.4g};{:.4g}\"", from, to);
  return fmt::format("opacity=\"{}\"><animate {}/>", i == texts ? 1 : 0,
                     play("attributeName=\"opacity\" calcMode=\"discrete\" " + when, seconds));
}

std::string numbers_at(const std::vector<const ToyRun*>& runs, const AnimatedPanel& panel, int i, double seconds) {
  std::string code = "<g " + shown_at(i, seconds) + "\n";
  for (size_t k = 0; k < runs.size(); ++k) {
    const size_t last = runs[k]->points.size() - 1;
    const ToyPoint& point = runs[k]->points[static_cast<size_t>(std::lround(static_cast<double>(last) * i / texts))];
    const double y = top + side + 42 + 20 * static_cast<double>(k);
    if (k == 0)
      code += fmt::format("<text x=\"{:.0f}\" y=\"{:.0f}\" text-anchor=\"end\">iteration {}</text>\n",
                          panel.left + side, top - 10, point.iteration);
    code += fmt::format(
        "<text x=\"{:.0f}\" y=\"{:.0f}\" text-anchor=\"end\">{:.4f}</text>"
        "<text x=\"{:.0f}\" y=\"{:.0f}\" text-anchor=\"end\">{:.2f}</text>\n",
        panel.left + side - 66, y, point.loss, panel.left + side, y, point.norm);
  }
  return code + "</g>\n";
}

std::string panel_of(double momentum, const std::vector<const ToyRun*>& runs, size_t number, double seconds) {
  double largest = 1;
  for (const ToyRun* run : runs)
    for (const ToyPoint& point : run->points) largest = std::max({largest, std::abs(point.x), std::abs(point.y)});
  const double left = gap + static_cast<double>(number) * (side + gap);
  const AnimatedPanel panel{left, side / 2 / (1.12 * largest)};
  std::string code = fmt::format(
      "<svg x=\"{0:.0f}\" y=\"{1:.0f}\" width=\"{2:.0f}\" height=\"{2:.0f}\" viewBox=\"{0:.0f} {1:.0f} {2:.0f} "
      "{2:.0f}\">\n",
      left, top, side);
  code += wedges(panel);
  std::string legends = fmt::format(
      "<text x=\"{:.0f}\" y=\"{:.0f}\" font-weight=\"bold\">momentum {:g}</text>\n"
      "<g fill=\"#777777\" text-anchor=\"end\"><text x=\"{:.0f}\" y=\"{:.0f}\">loss</text>"
      "<text x=\"{:.0f}\" y=\"{:.0f}\">norm</text></g>\n",
      left, top - 10, momentum, left + side - 66, top + side + 21, left + side, top + side + 21);
  for (size_t k = 0; k < runs.size(); ++k)
    for (const ToyStyle& style : toy_styles) {
      if (runs[k]->optimizer != style.optimizer) continue;
      code += moving_path(*runs[k], style, panel, seconds);
      const double y = top + side + 42 + 20 * static_cast<double>(k);
      legends += fmt::format(
          "<circle cx=\"{:.0f}\" cy=\"{:.0f}\" r=\"4\" fill=\"{}\"/><text x=\"{:.0f}\" y=\"{:.0f}\">{}</text>\n",
          left + 6, y - 5, style.colour, left + 16, y, style.label);
    }
  code += fmt::format(
      "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"5\" fill=\"none\" stroke=\"#222222\" stroke-width=\"2\"/></svg>\n",
      panel.x(runs.front()->points.front().x), panel.y(runs.front()->points.front().y));
  code += legends;
  for (int i = 0; i <= texts; ++i) code += numbers_at(runs, panel, i, seconds);
  return code;
}

}  // namespace

std::string toy_animation(const std::vector<ToyRun>& runs, double seconds) {
  const std::vector<double> momenta = momenta_of(runs);
  const double width = gap + static_cast<double>(momenta.size()) * (side + gap),
               height = top + side + legend_height + 12;
  std::string code = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" height=\"{1:.0f}\" "
      "font-family=\"Helvetica, Arial, sans-serif\" font-size=\"14\" fill=\"#222222\">\n"
      "<title>What momentum does to the norm of a scale-invariant weight, and the projection</title>\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"#FFFFFF\"/>\n",
      width, height);
  for (size_t i = 0; i < momenta.size(); ++i) {
    std::vector<const ToyRun*> of_panel;
    for (const ToyRun& run : runs)
      if (run.momentum == momenta[i]) of_panel.push_back(&run);
    code += panel_of(momenta[i], of_panel, i, seconds);
  }
  return code + "</svg>\n";
}

}  // namespace radial
