// One synthetic picture: a lit object with texture and shadow, before a background with clutter.
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "data/synth.h"
#include "data/synth_shapes.h"

namespace radial {
namespace {

using synth::Point;

struct Color {
  double red = 0, green = 0, blue = 0;
  friend Color operator+(Color a, Color b) { return {a.red + b.red, a.green + b.green, a.blue + b.blue}; }
  friend Color operator*(double s, Color a) { return {s * a.red, s * a.green, s * a.blue}; }
  friend Color operator*(Color a, Color b) { return {a.red * b.red, a.green * b.green, a.blue * b.blue}; }
};

Color mix(Color a, Color b, double share) { return (1 - share) * a + share * b; }

Color from_hsv(double hue, double saturation, double value) {
  const auto channel = [&](double offset) {
    const double k = std::fmod(offset + hue * 6, 6);
    return value * (1 - saturation * std::clamp(std::min(k, 4 - k), 0.0, 1.0));
  };
  return {channel(5), channel(3), channel(1)};
}

// Draws are statements of their own: the order in which arguments are evaluated depends on the compiler.
Color random_color(Random& random, double value) {
  const double hue = random.uniform(), saturation = random.uniform(0.15, 0.85);
  return from_hsv(hue, saturation, value);
}

// What a thing is made of and where it lies. The picture spans -1 to 1 in both directions.
struct Thing {
  int shape, texture;
  Point position;
  double radius, angle, stretch, shear;
  double frequency, texture_angle;
  Point texture_shift;
  Color dark, light;
  double relief;  // how wide its rounded rim is
  uint32_t seed;

  // In the thing's own coordinates, in which its radius is 1.
  Point inside(Point p) const {
    p = (1 / radius) * (p - position);
    const Point q{p.x * std::cos(angle) + p.y * std::sin(angle), p.y * std::cos(angle) - p.x * std::sin(angle)};
    return {q.x / stretch + shear * q.y, q.y * stretch};
  }
  double distance(Point p) const { return radius * synth::outline(shape, inside(p)); }

  Color color(Point p, double pixel) const {
    Point q = inside(p);
    if (texture != 4) {  // rings have their middle in the thing's middle
      q = {q.x * std::cos(texture_angle) + q.y * std::sin(texture_angle),
           q.y * std::cos(texture_angle) - q.x * std::sin(texture_angle)};
      q = q + texture_shift;
    }
    return mix(dark, light, synth::texture(texture, q, frequency, 0.6 * pixel / radius, seed));
  }
};

Thing random_thing(int shape, int texture, double radius, Point position, Random& random) {
  Thing thing{};
  thing.shape = shape;
  thing.texture = texture;
  thing.radius = radius;
  thing.position = position;
  thing.angle = random.uniform(0, 2 * std::numbers::pi);
  thing.stretch = std::exp(random.uniform(-0.15, 0.15));
  thing.shear = random.uniform(-0.15, 0.15);
  thing.frequency = random.uniform(1.3, 2.2);
  thing.texture_angle = random.uniform(0, 2 * std::numbers::pi);
  thing.texture_shift = {random.uniform(), random.uniform()};
  const double dark = random.uniform(0.15, 0.6);
  thing.dark = random_color(random, dark);
  thing.light = random_color(random, std::min(dark + random.uniform(0.3, 0.7), 1.0));
  if (random.uniform() < 0.5) std::swap(thing.dark, thing.light);
  thing.relief = random.uniform(0.08, 0.3);
  thing.seed = static_cast<uint32_t>(random.bits());
  return thing;
}

struct Light {
  Point direction;  // in the plane of the picture, length below 1
  Color tint;
  double ambient;
  double shadow;  // darkness of shadows
  double falloff;
};

Light random_light(Random& random) {
  const double angle = random.uniform(0, 2 * std::numbers::pi), tilt = random.uniform(0.4, 0.85);
  const double hue = random.uniform(), tint = random.uniform(0, 0.2);
  Light light{};
  light.direction = {tilt * std::cos(angle), tilt * std::sin(angle)};
  light.tint = mix({1, 1, 1}, from_hsv(hue, 1, 1), tint);
  light.ambient = random.uniform(0.4, 0.7);
  light.shadow = random.uniform(0.25, 0.65);
  light.falloff = random.uniform(0, 0.45);
  return light;
}

// Draws the thing over `below`: its shadow, then itself with a rounded rim that catches the light.
Color draw_thing(const Thing& thing, const Light& light, Point p, double pixel, Color below) {
  if (length(p - thing.position) > 1.7 * thing.radius) return below;  // neither thing nor shadow
  const double reach = 0.12 * thing.radius;
  const double shadow = thing.distance(p + (1.6 * reach) * light.direction);
  below = (1 - light.shadow * synth::smooth_step(reach, -reach, shadow)) * below;
  const double distance = thing.distance(p);
  const double cover = std::clamp(0.5 - distance / pixel, 0.0, 1.0);
  if (cover <= 0) return below;

  const double rim = thing.relief * thing.radius;
  const double slope = 1 - synth::smooth_step(0, 1, -distance / rim);
  const double step = 0.02 * thing.radius;
  const Point gradient{(thing.distance(p + Point{step, 0}) - distance) / step,
                       (thing.distance(p + Point{0, step}) - distance) / step};
  const double facing = light.direction.x * gradient.x + light.direction.y * gradient.y;
  const double lit = light.ambient + (1 - light.ambient) * std::clamp(0.85 + 0.9 * slope * facing, 0.0, 1.5);
  const double gloss = 0.6 * std::pow(std::clamp(slope * facing, 0.0, 1.0), 4);
  return mix(below, lit * thing.color(p, pixel) + gloss * Color{1, 1, 1}, cover);
}

// Clouds of two colours under a faint texture.
struct Background {
  Color first, second;
  double zoom;
  uint32_t seed;
  Thing wallpaper;
  double strength;

  Color at(Point p, double pixel) const {
    const double mist = synth::smooth_step(0.25, 0.75, synth::cloud(zoom * p, seed));
    return mix(mix(first, second, mist), wallpaper.color(p, pixel), strength);
  }
};

Background random_background(Random& random) {
  Background background{};
  background.first = random_color(random, random.uniform(0.3, 1));
  background.second = random_color(random, random.uniform(0.3, 1));
  background.zoom = random.uniform(1, 4);
  background.seed = static_cast<uint32_t>(random.bits());
  const auto kind = static_cast<int>(random.below(std::ssize(synth::texture_names)));
  const double size = random.uniform(0.35, 0.8);
  background.wallpaper = random_thing(0, kind, size, {0, 0}, random);
  background.strength = random.uniform(0, 0.25);
  return background;
}

Point random_point(Random& random, double reach) {
  return {random.uniform(-reach, reach), random.uniform(-reach, reach)};
}

uint8_t to_byte(double value) { return static_cast<uint8_t>(std::clamp(value, 0.0, 1.0) * 255 + 0.5); }

// Which shape and texture a class has: each shape with the texture of its number and the next, then the two after them.
int shape_of(int label) { return label / 2 % 10; }
int texture_of(int label) { return ((label + 1) / 2 + label / 20 * 2) % 10; }

// The things over the background, in this light, as a camera sees them.
Image photograph(const Background& background, const Light& light, const std::vector<Thing>& things, int size,
                 Random& random) {
  const double exposure = random.uniform(0.8, 1.4), grain = random.uniform(0, 0.03);

  Image image;
  image.resize(size, size);
  const double pixel = 2.0 / size;
  for (int y = 0; y < size; ++y) {
    for (int x = 0; x < size; ++x) {
      const Point p{(x + 0.5) * pixel - 1, (y + 0.5) * pixel - 1};
      Color color = background.at(p, pixel);
      for (const Thing& thing : things) color = draw_thing(thing, light, p, pixel, color);
      const double shade = 1 + light.falloff * (light.direction.x * p.x + light.direction.y * p.y) / 2;
      color = (exposure * shade) * light.tint * color;
      uint8_t* out = image.row(y) + 3 * x;
      for (const double value : {color.red, color.green, color.blue}) *out++ = to_byte(value + grain * random.normal());
    }
  }
  return image;
}

// What a thing covers of a picture of `size` pixels.
SynthScene::Object outline_of(const Thing& thing, int label, int size) {
  const double pixel = 2.0 / size;
  int left = size, right = -1, top = size, bottom = -1, count = 0;
  for (int y = 0; y < size; ++y)
    for (int x = 0; x < size; ++x) {
      const Point p{(x + 0.5) * pixel - 1, (y + 0.5) * pixel - 1};
      if (length(p - thing.position) > 1.7 * thing.radius || thing.distance(p) > 0) continue;
      left = std::min(left, x), right = std::max(right, x);
      top = std::min(top, y), bottom = std::max(bottom, y);
      ++count;
    }
  if (count == 0) return {};
  return {label,
          {static_cast<double>(left), static_cast<double>(top), static_cast<double>(right - left + 1),
           static_cast<double>(bottom - top + 1)},
          static_cast<double>(count)};
}

}  // namespace

std::string synth_class_name(int label) {
  return std::string(synth::texture_names[static_cast<size_t>(texture_of(label))]) + '_' +
         synth::shape_names[static_cast<size_t>(shape_of(label))];
}

Image draw_synth_picture(int label, int size, Random random) {
  const Background background = random_background(random);
  const Light light = random_light(random);
  std::vector<Thing> things;  // from the back to the front
  const auto clutter = static_cast<int>(random.below(4));
  for (int i = 0; i < clutter; ++i) {
    const auto shape = static_cast<int>(random.below(std::ssize(synth::shape_names)));
    const auto texture = static_cast<int>(random.below(std::ssize(synth::texture_names)));
    const double radius = random.uniform(0.15, 0.3);
    const Point position = random_point(random, 1);
    things.push_back(random_thing(shape, texture, radius, position, random));
  }
  const double radius = random.uniform(0.5, 0.85);
  const Point position = random_point(random, 0.95 - radius);
  things.push_back(random_thing(shape_of(label), texture_of(label), radius, position, random));
  return photograph(background, light, things, size, random);
}

SynthScene draw_synth_scene(int classes, int size, Random random) {
  const Background background = random_background(random);
  const Light light = random_light(random);
  const auto wanted = 1 + static_cast<int>(random.below(5));
  std::vector<Thing> things;
  SynthScene scene;
  for (int i = 0; i < 20 && std::ssize(things) < wanted; ++i) {
    const auto label = static_cast<int>(random.below(classes));
    const double radius = random.uniform(0.12, 0.35);
    const Point position = random_point(random, 1 - radius);
    const Thing thing = random_thing(shape_of(label), texture_of(label), radius, position, random);
    const bool free = std::all_of(things.begin(), things.end(), [&](const Thing& other) {
      return length(other.position - position) > 0.9 * (other.radius + radius);
    });
    if (!free) continue;
    const SynthScene::Object object = outline_of(thing, label, size);
    if (object.area < 1) continue;
    things.push_back(thing);
    scene.objects.push_back(object);
  }
  scene.image = photograph(background, light, things, size, random);
  return scene;
}

}  // namespace radial
