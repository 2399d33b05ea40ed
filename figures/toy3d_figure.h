// The paths of the toy on the sphere, seen from outside, and the norm at each step.
#pragma once

#include <string>
#include <vector>

#include "analysis/toy3d.h"

namespace radial {

struct SphereRun {
  std::string optimizer;  // of toy3d_optimizers()
  std::vector<SpherePoint> points;
};

// Writes STEM.svg, STEM.png, the script STEM.gp: a sphere a run, with the valley of h, the directions w/|w| and where h
// is smallest; and the norms. The norms are read from `csv`, a file in STEM's folder with rows optimizer,iteration,
// x,y,z,psi,phi,norm,loss.
void draw_toy3d_figure(const std::vector<SphereRun>& runs, const std::string& csv, const std::string& stem);

}  // namespace radial
