// A picture moved, turned and sheared, each pixel taken from the nearest one, black where there is none: torchvision's
// affine() and rotate() of a Pillow picture, to the same bytes.
#pragma once

#include "data/image.h"

namespace radial {

void shear_x(Image& image, double slope);           // row y moves to the left by slope y pixels
void shear_y(Image& image, double slope);           // column x moves up by slope x pixels
void translate(Image& image, int right, int down);  // by whole pixels
void rotate(Image& image, double degrees);          // about its middle, counterclockwise

}  // namespace radial
