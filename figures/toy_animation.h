// The paper's two-dimensional example as a moving picture: an SVG file that browsers play, in a page or a README.
#pragma once

#include <string>
#include <vector>

#include "figures/toy_figure.h"

namespace radial {

// The text of an SVG: a panel for each momentum of `runs`, in which the paths grow over the contours of the loss, with
// iteration, loss and norm beside them. It plays in `seconds`, rests a little and begins again.
std::string toy_animation(const std::vector<ToyRun>& runs, double seconds = 12);

}  // namespace radial
