// The paths of the toy's optimizers over the contours of its loss, as the paper's animations show them.
#pragma once

#include <string>
#include <vector>

#include "analysis/toy.h"

namespace radial {

struct ToyRun {
  double momentum = 0;
  std::string optimizer;  // gd, momentum, sgdp
  std::vector<ToyPoint> points;
};

// Writes STEM.svg, STEM.png and the script STEM.gp: a panel for each momentum of `runs`, drawn from the rows
// momentum,optimizer,iteration,x,y,... of `csv`, a file in STEM's folder.
void draw_toy_figure(const std::vector<ToyRun>& runs, const std::string& csv, const std::string& stem);

}  // namespace radial
