#include "tasks/detect/ssd_augment.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace radial {

namespace {

constexpr int tries = 50;
constexpr double whole = -1;                                                      // of the picture
constexpr std::array<double, 6> least_overlaps = {whole, 0.1, 0.3, 0.7, 0.9, 0};  // 0: any

bool half(Random& random) { return random.uniform() < 0.5; }

template <class F>
void each_pixel(FloatPicture& picture, F&& f) {
  for (size_t i = 0; i < picture.pixels.size(); i += 3) f(&picture.pixels[i]);
}

void change_contrast(FloatPicture& picture, Random& random) {
  if (!half(random)) return;
  const auto factor = static_cast<float>(random.uniform(0.5, 1.5));
  for (float& value : picture.pixels) value *= factor;
}

void change_hue_and_saturation(FloatPicture& picture, Random& random) {
  const float saturation = half(random) ? static_cast<float>(random.uniform(0.5, 1.5)) : 1.0F;
  const float hue = half(random) ? static_cast<float>(random.uniform(-18, 18)) : 0.0F;
  each_pixel(picture, [&](float* rgb) {
    Hsv hsv = to_hsv(rgb[0], rgb[1], rgb[2]);
    hsv.saturation *= saturation;
    hsv.hue += hue;
    if (hsv.hue > 360) hsv.hue -= 360;
    if (hsv.hue < 0) hsv.hue += 360;
    from_hsv(hsv, rgb);
  });
}

// A part of the canvas, as large and as far as chance has it; false if it does not do.
bool draw_part(const CanvasView& canvas, const std::vector<SsdObject>& objects, double least, Random& random,
               std::array<int, 4>& part) {
  const double w = random.uniform(0.3 * canvas.width, canvas.width);
  const double h = random.uniform(0.3 * canvas.height, canvas.height);
  if (h / w < 0.5 || h / w > 2) return false;
  const double left = random.uniform(0, canvas.width - w), top = random.uniform(0, canvas.height - h);
  part = {static_cast<int>(left), static_cast<int>(top), static_cast<int>(left + w), static_cast<int>(top + h)};
  if (part[2] <= part[0] || part[3] <= part[1]) return false;
  const Corners box{static_cast<double>(part[0]), static_cast<double>(part[1]), static_cast<double>(part[2]),
                    static_cast<double>(part[3])};
  double most = 0;
  bool any = false;
  for (const SsdObject& object : objects) {
    most = std::max(most, iou(object.box, box));
    const double x = (object.box.x1 + object.box.x2) / 2, y = (object.box.y1 + object.box.y2) / 2;
    any = any || (x > box.x1 && x < box.x2 && y > box.y1 && y < box.y2);
  }
  return any && most >= least;
}

void take_part(CanvasView& view, std::vector<SsdObject>& objects, const std::array<int, 4>& part) {
  view.x -= part[0];
  view.y -= part[1];
  view.width = part[2] - part[0];
  view.height = part[3] - part[1];
  const double w = view.width, h = view.height;
  std::vector<SsdObject> kept;
  for (SsdObject object : objects) {
    Corners& box = object.box;
    box = {box.x1 - part[0], box.y1 - part[1], box.x2 - part[0], box.y2 - part[1]};
    const double x = (box.x1 + box.x2) / 2, y = (box.y1 + box.y2) / 2;
    if (x <= 0 || y <= 0 || x >= w || y >= h) continue;
    box = {std::max(box.x1, 0.0), std::max(box.y1, 0.0), std::min(box.x2, w), std::min(box.y2, h)};
    kept.push_back(object);
  }
  objects = std::move(kept);
}

}  // namespace

FloatPicture to_floats(const Image& image) {
  return {image.width, image.height, std::vector<float>(image.pixels.begin(), image.pixels.end())};
}

Hsv to_hsv(float red, float green, float blue) {
  const float value = std::max({red, green, blue}), range = value - std::min({red, green, blue});
  Hsv hsv{0, value != 0 ? range / value : 0, value};
  if (range == 0) return hsv;
  if (value == red)
    hsv.hue = 60 * (green - blue) / range;
  else if (value == green)
    hsv.hue = 120 + 60 * (blue - red) / range;
  else
    hsv.hue = 240 + 60 * (red - green) / range;
  if (hsv.hue < 0) hsv.hue += 360;
  return hsv;
}

void from_hsv(const Hsv& hsv, float* rgb) {
  const float offsets[3] = {5, 3, 1};
  for (int c = 0; c < 3; ++c) {
    const float k = std::fmod(offsets[c] + hsv.hue / 60, 6.0F);
    rgb[c] = hsv.value * (1 - hsv.saturation * std::clamp(std::min(k, 4 - k), 0.0F, 1.0F));
  }
}

void distort_colors(FloatPicture& picture, Random& random) {
  if (half(random)) {
    const auto light = static_cast<float>(random.uniform(-32, 32));
    for (float& value : picture.pixels) value += light;
  }
  const bool contrast_first = half(random);
  if (contrast_first) change_contrast(picture, random);
  change_hue_and_saturation(picture, random);
  if (!contrast_first) change_contrast(picture, random);
  if (!half(random)) return;
  std::array<int, 3> order = {0, 1, 2};
  for (int64_t i = random.below(6); i > 0; --i) std::next_permutation(order.begin(), order.end());
  each_pixel(picture, [&](float* rgb) {
    const float before[3] = {rgb[0], rgb[1], rgb[2]};
    for (size_t c = 0; c < 3; ++c) rgb[c] = before[order[c]];
  });
}

CanvasView whole_view(int width, int height) { return {0, 0, width, height, false}; }

CanvasView random_view(int width, int height, std::vector<SsdObject>& objects, Random& random) {
  CanvasView view = whole_view(width, height);
  if (half(random)) {
    const double ratio = random.uniform(1, 4);
    view.width = static_cast<int>(width * ratio);
    view.height = static_cast<int>(height * ratio);
    view.x = static_cast<int>(random.uniform(0, width * ratio - width));
    view.y = static_cast<int>(random.uniform(0, height * ratio - height));
    for (SsdObject& object : objects) {
      Corners& box = object.box;
      box = {box.x1 + view.x, box.y1 + view.y, box.x2 + view.x, box.y2 + view.y};
    }
  }
  while (!objects.empty()) {
    const double least = least_overlaps[static_cast<size_t>(random.below(std::ssize(least_overlaps)))];
    if (least == whole) break;
    std::array<int, 4> part{};
    bool found = false;
    for (int i = 0; i < tries && !found; ++i) found = draw_part(view, objects, least, random, part);
    if (!found) continue;
    take_part(view, objects, part);
    break;
  }
  maybe_mirror(view, objects, random);
  return view;
}

void maybe_mirror(CanvasView& view, std::vector<SsdObject>& objects, Random& random) {
  view.mirrored = half(random);
  if (!view.mirrored) return;
  for (SsdObject& object : objects) {
    Corners& box = object.box;
    box = {view.width - box.x2, box.y1, view.width - box.x1, box.y2};
  }
}

void resize_view(const FloatPicture& picture, const CanvasView& view, const float (&color)[3], int size, float* out) {
  const auto pixel = [&](int x, int y) {
    const int px = x - view.x, py = y - view.y;
    const bool inside = px >= 0 && py >= 0 && px < picture.width && py < picture.height;
    const size_t at = 3 * (static_cast<size_t>(py) * static_cast<size_t>(picture.width) + static_cast<size_t>(px));
    return inside ? &picture.pixels[at] : color;
  };
  struct Neighbours {
    int first, second;
    float weight;  // of the second
  };
  const auto along = [&](int extent) {
    std::vector<Neighbours> all;
    for (int i = 0; i < size; ++i) {
      const double place = std::max((i + 0.5) * extent / size - 0.5, 0.0);
      const int first = std::min(static_cast<int>(place), extent - 1);
      all.push_back({first, std::min(first + 1, extent - 1), static_cast<float>(place - first)});
    }
    return all;
  };
  const std::vector<Neighbours> rows = along(view.height), columns = along(view.width);
  for (int i = 0; i < size; ++i)
    for (int j = 0; j < size; ++j) {
      const Neighbours &row = rows[static_cast<size_t>(i)],
                       &column = columns[static_cast<size_t>(view.mirrored ? size - 1 - j : j)];
      const float *a = pixel(column.first, row.first), *b = pixel(column.second, row.first);
      const float *c = pixel(column.first, row.second), *d = pixel(column.second, row.second);
      float* to = out + 3 * (static_cast<int64_t>(i) * size + j);
      for (int k = 0; k < 3; ++k) {
        const float above = a[k] + column.weight * (b[k] - a[k]), below = c[k] + column.weight * (d[k] - c[k]);
        to[k] = above + row.weight * (below - above);
      }
    }
}

}  // namespace radial
