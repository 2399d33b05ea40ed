// What the still and the moving picture of the toy share: names and colours of its optimizers, the shade of its loss.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "figures/toy_figure.h"

namespace radial {

struct ToyStyle {
  const char* optimizer;
  const char* label;
  const char* colour;  // the paper's
};
inline constexpr ToyStyle toy_styles[] = {
    {"gd", "GD", "#D62728"}, {"momentum", "GD + momentum", "#FF9500"}, {"sgdp", "with projection", "#2CA02C"}};

// Dark where the loss is high; it depends on the angle of w alone, and w* points down.
inline std::string toy_shade(double angle) {
  const double height = 1 + std::sin(angle);
  const int shade = static_cast<int>(std::lround(250 - 17 * height * height));
  return fmt::format("#{:02X}{:02X}{:02X}", shade, shade + 1, std::min(255, shade + 5));
}

// Each once, in the order of the runs.
inline std::vector<double> momenta_of(const std::vector<ToyRun>& runs) {
  std::vector<double> momenta;
  for (const ToyRun& run : runs)
    if (std::find(momenta.begin(), momenta.end(), run.momentum) == momenta.end()) momenta.push_back(run.momentum);
  return momenta;
}

}  // namespace radial
