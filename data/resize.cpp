#include "data/resize.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/error.h"

namespace radial {
namespace {

// The outputs [begin, begin + count) of a resize of `in` samples to `out`, mirrored if asked for. All have the same
// number of taps (weights of 0 fill up) and stay inside [0, in).
void make_filter(int in, int out, int begin, int count, bool mirrored, detail::Filter& filter) {
  const double scale = static_cast<double>(in) / out;
  const double stretch = std::max(scale, 1.0);  // of the triangle, whose half width is 1
  const auto first_of = [&](double center) { return std::max(static_cast<int>(center - stretch + 0.5), 0); };
  const auto end_of = [&](double center) { return std::min(static_cast<int>(center + stretch + 0.5), in); };

  filter.taps = 1;
  for (int i = 0; i < count; ++i) {
    const double center = (begin + i + 0.5) * scale;
    filter.taps = std::max(filter.taps, end_of(center) - first_of(center));
  }
  filter.first.resize(static_cast<size_t>(count));
  filter.weights.assign(static_cast<size_t>(count) * static_cast<size_t>(filter.taps), 0);
  std::vector<double> triangle(static_cast<size_t>(filter.taps));
  for (int i = 0; i < count; ++i) {
    const double center = (begin + i + 0.5) * scale;
    const int first = first_of(center), end = end_of(center);
    double sum = 0;
    for (int k = first; k < end; ++k) {
      const double weight = std::max(1 - std::abs((k - center + 0.5) * (1 / stretch)), 0.0);
      triangle[static_cast<size_t>(k - first)] = weight;
      sum += weight;
    }
    const int slot = mirrored ? count - 1 - i : i;
    const int shifted = std::min(first, in - filter.taps);
    filter.first[static_cast<size_t>(slot)] = shifted;
    int32_t* weights = filter.weights.data() + static_cast<int64_t>(slot) * filter.taps + (first - shifted);
    for (int k = 0; k < end - first; ++k) {
      const double normalised = triangle[static_cast<size_t>(k)] / sum;
      weights[k] = static_cast<int32_t>(0.5 + normalised * (1 << detail::weight_bits));
    }
  }
}

bool inside(const Box& box, int width, int height) {
  return box.x >= 0 && box.y >= 0 && box.width > 0 && box.height > 0 && box.x <= width - box.width &&
         box.y <= height - box.height;
}

}  // namespace

void Resizer::run(const Image& source, const Box& crop, int width, int height, const Box& window, bool flip,
                  uint8_t* out, int64_t out_stride) {
  check(inside(crop, source.width, source.height), "resize: the crop ", crop.x, ",", crop.y, " ", crop.width, "x",
        crop.height, " does not lie in the picture of ", source.width, "x", source.height);
  check(inside(window, width, height), "resize: the window ", window.x, ",", window.y, " ", window.width, "x",
        window.height, " does not lie in the result of ", width, "x", height);
  make_filter(crop.width, width, window.x, window.width, flip, along_);
  make_filter(crop.height, height, window.y, window.height, false, across_);

  const int first_row = across_.first.front();
  const int end_row = across_.first.back() + across_.taps;
  const int64_t row_bytes = int64_t{3} * window.width;
  const int64_t stride = row_bytes + 1;  // filter_along_row writes a byte too far
  rows_.resize(static_cast<size_t>(stride * (end_row - first_row)));
  const bool same_width = width == crop.width && !flip;  // the filter would copy
  for (int y = first_row; y < end_row; ++y) {
    const uint8_t* row = source.row(crop.y + y) + 3 * static_cast<int64_t>(crop.x);
    uint8_t* filtered = rows_.data() + stride * (y - first_row);
    if (same_width) {
      std::memcpy(filtered, row + 3 * static_cast<int64_t>(window.x), static_cast<size_t>(row_bytes));
      continue;
    }
    if (crop.y + y == source.height - 1) {  // filter_along_row reads a byte too far
      last_row_.assign(row, row + 3 * static_cast<int64_t>(crop.width));
      last_row_.push_back(0);
      row = last_row_.data();
    }
    detail::filter_along_row(row, along_, filtered);
  }

  for (int y = 0; y < window.height; ++y) {
    const auto i = static_cast<size_t>(y);
    const uint8_t* rows = rows_.data() + stride * (across_.first[i] - first_row);
    const int32_t* weights = across_.weights.data() + static_cast<int64_t>(y) * across_.taps;
    if (height == crop.height) {
      std::memcpy(out + y * out_stride, rows_.data() + stride * (y + window.y - first_row),
                  static_cast<size_t>(row_bytes));
    } else {
      detail::filter_across_rows(rows, stride, weights, across_.taps, row_bytes, out + y * out_stride);
    }
  }
}

Image resize_image(const Image& source, const Box& crop, int width, int height) {
  check(width > 0 && height > 0, "resize: ", width, "x", height, " was asked for but both must be positive");
  Image result;
  result.resize(width, height);
  Resizer().run(source, crop, width, height, {0, 0, width, height}, false, result.pixels.data(),
                static_cast<int64_t>(result.row_bytes()));
  return result;
}

Image resize_image(const Image& source, int width, int height) {
  return resize_image(source, {0, 0, source.width, source.height}, width, height);
}

}  // namespace radial
