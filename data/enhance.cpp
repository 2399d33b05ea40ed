#include "data/enhance.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace radial {
namespace {

uint8_t clipped(int value) { return static_cast<uint8_t>(std::clamp(value, 0, 255)); }

// Rec. 601, in fixed point.
int grey_of(const uint8_t* rgb) { return (rgb[0] * 19595 + rgb[1] * 38470 + rgb[2] * 7471 + 0x8000) >> 16; }

// from + factor (value - from), in float, fractions cut off.
uint8_t blended(int from, int value, float factor) {
  const float mixed = static_cast<float>(from) + factor * static_cast<float>(value - from);
  return mixed <= 0 ? uint8_t{0} : mixed >= 255 ? uint8_t{255} : static_cast<uint8_t>(mixed);
}

using Table = std::array<uint8_t, 256>;

template <class Value>  // Table(channel)
void map_channels(Image& image, Value&& table_of) {
  const std::array<Table, 3> tables = {table_of(0), table_of(1), table_of(2)};
  for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = tables[i % 3][image.pixels[i]];
}

template <class Value>  // uint8_t(value), for all channels
void map_values(Image& image, Value&& value_of) {
  Table table;
  for (int value = 0; value < 256; ++value) table[static_cast<size_t>(value)] = value_of(value);
  for (uint8_t& value : image.pixels) value = table[value];
}

using Histogram = std::array<int64_t, 256>;

Histogram histogram_of(const Image& image, size_t channel) {
  Histogram counts{};
  for (size_t i = channel; i < image.pixels.size(); i += 3) ++counts[image.pixels[i]];
  return counts;
}

Table unchanged() {
  Table table;
  for (size_t value = 0; value < table.size(); ++value) table[value] = static_cast<uint8_t>(value);
  return table;
}

struct Hsv {
  int hue, saturation, value;  // 0 .. 255
};

Hsv to_hsv(const uint8_t* rgb) {
  const int r = rgb[0], g = rgb[1], b = rgb[2];
  const int most = std::max({r, g, b}), least = std::min({r, g, b});
  if (most == least) return {0, 0, most};
  const float range = static_cast<float>(most - least);
  const float rc = static_cast<float>(most - r) / range, gc = static_cast<float>(most - g) / range,
              bc = static_cast<float>(most - b) / range;
  const float sixth = r == most   ? bc - gc
                      : g == most ? static_cast<float>(2.0 + static_cast<double>(rc) - static_cast<double>(bc))
                                  : static_cast<float>(4.0 + static_cast<double>(gc) - static_cast<double>(rc));
  const float hue = static_cast<float>(std::fmod(static_cast<double>(sixth) / 6.0 + 1.0, 1.0));
  const float saturation = range / static_cast<float>(most);
  return {clipped(static_cast<int>(static_cast<double>(hue) * 255.0)),
          clipped(static_cast<int>(static_cast<double>(saturation) * 255.0)), most};
}

void to_rgb(const Hsv& hsv, uint8_t* rgb) {
  const auto set = [&](int r, int g, int b) {
    rgb[0] = clipped(r);
    rgb[1] = clipped(g);
    rgb[2] = clipped(b);
  };
  const int v = hsv.value;
  if (hsv.saturation == 0) return set(v, v, v);
  const double sixth = hsv.hue * 6.0 / 255.0, whole = std::floor(sixth);
  const float part = static_cast<float>(sixth - whole), saturation = static_cast<float>(hsv.saturation / 255.0);
  const auto share = [&](double factor) { return static_cast<int>(std::round(v * factor)); };
  const double s = static_cast<double>(saturation), f = static_cast<double>(part);
  const int p = share(1.0 - s), q = share(1.0 - s * f), t = share(1.0 - s * (1.0 - f));
  switch (static_cast<int>(whole) % 6) {
    case 0:
      return set(v, t, p);
    case 1:
      return set(q, v, p);
    case 2:
      return set(p, v, t);
    case 3:
      return set(p, q, v);
    case 4:
      return set(t, p, v);
    default:
      return set(v, p, q);
  }
}

}  // namespace

void adjust_brightness(Image& image, double factor) {
  map_values(image, [&](int value) { return blended(0, value, static_cast<float>(factor)); });
}

void adjust_contrast(Image& image, double factor) {
  int64_t sum = 0;
  for (size_t i = 0; i < image.pixels.size(); i += 3) sum += grey_of(&image.pixels[i]);
  const double pixels = static_cast<double>(image.pixels.size()) / 3;
  const int mean = static_cast<int>(static_cast<double>(sum) / pixels + 0.5);
  map_values(image, [&](int value) { return blended(mean, value, static_cast<float>(factor)); });
}

void adjust_saturation(Image& image, double factor) {
  for (size_t i = 0; i < image.pixels.size(); i += 3) {
    const int grey = grey_of(&image.pixels[i]);
    for (size_t c = 0; c < 3; ++c) image.pixels[i + c] = blended(grey, image.pixels[i + c], static_cast<float>(factor));
  }
}

// Pixels of the border are not smoothed.
void adjust_sharpness(Image& image, double factor) {
  if (image.width < 3 || image.height < 3) return;
  const Image before = image;
  for (int y = 1; y + 1 < image.height; ++y) {
    const uint8_t *above = before.row(y - 1), *row = before.row(y), *below = before.row(y + 1);
    uint8_t* out = image.row(y);
    for (int i = 3; i < 3 * (image.width - 1); ++i) {
      const int sum = above[i - 3] + above[i] + above[i + 3] + row[i - 3] + 5 * row[i] + row[i + 3] + below[i - 3] +
                      below[i] + below[i + 3];
      out[i] = blended((2 * sum + 13) / 26, row[i], static_cast<float>(factor));
    }
  }
}

void adjust_hue(Image& image, double turn) {
  const int added = static_cast<int>(turn * 255);
  for (size_t i = 0; i < image.pixels.size(); i += 3) {
    Hsv hsv = to_hsv(&image.pixels[i]);
    hsv.hue = (hsv.hue + added) & 255;
    to_rgb(hsv, &image.pixels[i]);
  }
}

void make_grey(Image& image) {
  for (size_t i = 0; i < image.pixels.size(); i += 3) {
    const auto grey = static_cast<uint8_t>(grey_of(&image.pixels[i]));
    image.pixels[i] = image.pixels[i + 1] = image.pixels[i + 2] = grey;
  }
}

void posterize(Image& image, int bits) {
  const int mask = ~((1 << (8 - bits)) - 1);
  map_values(image, [&](int value) { return static_cast<uint8_t>(value & mask); });
}

void solarize(Image& image, double threshold) {
  map_values(image, [&](int value) { return static_cast<uint8_t>(value < threshold ? value : 255 - value); });
}

void autocontrast(Image& image) {
  map_channels(image, [&](size_t channel) {
    const Histogram counts = histogram_of(image, channel);
    const auto any = [](int64_t count) { return count > 0; };
    const auto low = std::find_if(counts.begin(), counts.end(), any) - counts.begin();
    const auto high = 255 - (std::find_if(counts.rbegin(), counts.rend(), any) - counts.rbegin());
    Table table = unchanged();
    if (high <= low) return table;
    const double scale = 255.0 / static_cast<double>(high - low), offset = static_cast<double>(-low) * scale;
    for (int value = 0; value < 256; ++value)
      table[static_cast<size_t>(value)] = clipped(static_cast<int>(value * scale + offset));
    return table;
  });
}

void equalize(Image& image) {
  map_channels(image, [&](size_t channel) {
    const Histogram counts = histogram_of(image, channel);
    const int64_t last = *std::find_if(counts.rbegin(), counts.rend(), [](int64_t count) { return count > 0; });
    const int64_t step = (static_cast<int64_t>(image.pixels.size() / 3) - last) / 255;
    Table table = unchanged();
    if (step == 0) return table;
    int64_t n = step / 2;
    for (size_t value = 0; value < 256; n += counts[value++])
      table[value] = static_cast<uint8_t>(std::min<int64_t>(n / step, 255));
    return table;
  });
}

}  // namespace radial
