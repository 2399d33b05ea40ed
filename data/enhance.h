// Colours of a picture, changed as Pillow changes them: to the same bytes.
#pragma once

#include "data/image.h"

namespace radial {

// Between a plainer picture (factor 0), the picture itself (1) and beyond, cut to 0 .. 255.
void adjust_brightness(Image& image, double factor);  // from black
void adjust_contrast(Image& image, double factor);    // from the mean of its greys
void adjust_saturation(Image& image, double factor);  // from its greys
void adjust_sharpness(Image& image, double factor);   // from itself smoothed by (1 1 1, 1 5 1, 1 1 1) / 13
void adjust_hue(Image& image, double turn);           // by a part of the circle, in [-0.5, 0.5]

void make_grey(Image& image);                   // each pixel its grey, as convert("L")
void posterize(Image& image, int bits);         // the highest bits of each value are kept
void solarize(Image& image, double threshold);  // values from the threshold on are inverted
void autocontrast(Image& image);                // each channel is stretched to 0 .. 255
void equalize(Image& image);                    // the histogram of each channel is made even

}  // namespace radial
