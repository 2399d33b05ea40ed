// What SSD's training does to a picture: colours, a larger canvas, a part of it, mirrored, resized to 300 x 300.
#pragma once

#include <vector>

#include "core/random.h"
#include "data/image.h"
#include "tasks/detect/ssd_boxes.h"

namespace radial {

// RGB of 0 to 255 and beyond: nothing is cut off.
struct FloatPicture {
  int width = 0, height = 0;
  std::vector<float> pixels;
};
FloatPicture to_floats(const Image& image);

// Hue in degrees, saturation, and the largest of the three.
struct Hsv {
  float hue, saturation, value;
};
Hsv to_hsv(float red, float green, float blue);
void from_hsv(const Hsv& hsv, float* rgb);

// Brightness, contrast, saturation, hue and the order of the channels, each with probability one half.
void distort_colors(FloatPicture& picture, Random& random);

struct SsdObject {
  Corners box;  // pixels
  int32_t label = 0;
};

// A part of a canvas on which the picture lies at (x, y); where it does not, the canvas has one colour.
struct CanvasView {
  int x = 0, y = 0;  // of the picture's corner, from the view's
  int width = 0, height = 0;
  bool mirrored = false;
};
CanvasView whole_view(int width, int height);

// With probability one half a canvas up to four times as wide and high; then the whole of it, or a part that overlaps
// an object by 0.1, 0.3, 0.7, 0.9 or anything; mirrored with probability one half. Objects whose centre is inside stay,
// cut at the edge, their boxes in pixels of the view.
CanvasView random_view(int width, int height, std::vector<SsdObject>& objects, Random& random);
// With probability one half.
void maybe_mirror(CanvasView& view, std::vector<SsdObject>& objects, Random& random);

// The view as size x size pixels: bilinear, pixels' centres at a half, without antialiasing. out [size, size, 3].
void resize_view(const FloatPicture& picture, const CanvasView& view, const float (&color)[3], int size, float* out);

}  // namespace radial
