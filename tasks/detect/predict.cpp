#include "tasks/detect/predict.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <utility>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "data/letters.h"
#include "io/folder.h"
#include "io/json_lines.h"

namespace fs = std::filesystem;

namespace radial {

namespace {

using Rgb = std::array<uint8_t, 3>;
constexpr Rgb colors[] = {{230, 25, 75},  {60, 180, 75},  {255, 225, 25}, {0, 130, 200},  {245, 130, 48},
                          {145, 30, 180}, {70, 240, 240}, {240, 50, 230}, {210, 245, 60}, {0, 128, 128}};

const Rgb& color_of(const Detection& detection) {
  return colors[static_cast<size_t>(detection.label) % std::size(colors)];
}

// Whether white letters are harder to read on it than black ones (the luma of ITU-R BT.601).
bool is_light(const Rgb& color) { return 299 * color[0] + 587 * color[1] + 114 * color[2] > 140'000; }

// From column x0 and row y0 to x1 and y1, both included; what lies outside of the picture is cut off.
void fill_part(Image& image, int x0, int x1, int y0, int y1, const Rgb& color) {
  for (int row = std::max(y0, 0); row <= std::min(y1, image.height - 1); ++row)
    for (int column = std::max(x0, 0); column <= std::min(x1, image.width - 1); ++column)
      std::copy(color.begin(), color.end(), image.row(row) + 3 * column);
}

int pixel_at(double place, int extent) {
  return static_cast<int>(std::clamp(std::floor(place), -1.0, static_cast<double>(extent)));
}

}  // namespace

void draw_box(Image& image, const Detection& detection, int line) {
  const auto& [x, y, width, height] = detection.box;
  const int left = pixel_at(x, image.width), right = pixel_at(x + width - 1, image.width);
  const int top = pixel_at(y, image.height), bottom = pixel_at(y + height - 1, image.height);
  const Rgb& color = color_of(detection);
  fill_part(image, left, right, top, top + line - 1, color);
  fill_part(image, left, right, bottom - line + 1, bottom, color);
  fill_part(image, left, left + line - 1, top, bottom, color);
  fill_part(image, right - line + 1, right, top, bottom, color);
}

void draw_label(Image& image, const Detection& detection, const std::string& text, int scale) {
  const int width = (letters_in(text) * letter_width + 1) * scale, height = letter_height * scale;
  const int left = std::clamp(pixel_at(detection.box[0], image.width), 0, std::max(image.width - width, 0));
  const int top = std::max(pixel_at(detection.box[1], image.height) - height, 0);
  const Rgb& color = color_of(detection);
  fill_part(image, left, left + width - 1, top, top + height - 1, color);
  draw_letters(image, left + scale, top, text, is_light(color) ? Rgb{0, 0, 0} : Rgb{255, 255, 255}, scale);
}

BoxPredictor::BoxPredictor(std::unique_ptr<Detector> detector, std::vector<std::string> classes)
    : detector_(std::move(detector)), classes_(std::move(classes)) {}

void BoxPredictor::draw_into(const std::string& folder) {
  make_folders(folder);
  folder_ = folder;
}

std::string BoxPredictor::name_of_class(int32_t label) const {
  const auto i = static_cast<size_t>(label);
  return i < classes_.size() ? classes_[i] : std::to_string(label);
}

// Pictures of several folders may have one name.
std::string BoxPredictor::place_for(const std::string& file) {
  const std::string stem = fs::path(file).stem().string();
  std::string name = stem;
  for (int i = 2; !drawn_.insert(name).second; ++i) name = stem + "-" + std::to_string(i);
  return (fs::path(folder_) / (name + ".png")).string();
}

Predictor::Answer BoxPredictor::predict(const std::string& file) {
  Image picture = read_image(file);
  std::vector<Detection> found = detector_->detect(picture);
  for (const Detection& one : found)
    check(std::isfinite(one.score) && std::isfinite(one.box[0] + one.box[1] + one.box[2] + one.box[3]),
          ErrorKind::non_finite, "predict: ", file, ": the boxes are not finite; are the weights?");
  std::erase_if(found, [&](const Detection& one) { return one.score < least_; });
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  std::string text;
  for (const Detection& one : found) {
    const std::string name = name_of_class(one.label);
    list.push_back({{"class", name}, {"score", one.score}, {"box", one.box}});
    text += fmt::format("{}{} {:.2f} ({:.0f}, {:.0f}, {:.0f}, {:.0f})", text.empty() ? "" : "; ", name, one.score,
                        one.box[0], one.box[1], one.box[2], one.box[3]);
  }
  if (!folder_.empty()) {
    const int longer = std::max(picture.width, picture.height), line = std::max(1, longer / 300);
    // The best lie above the others, and names above all boxes.
    for (auto one = found.rbegin(); one != found.rend(); ++one) draw_box(picture, *one, line);
    for (auto one = found.rbegin(); one != found.rend(); ++one)
      draw_label(picture, *one, fmt::format("{} {:.2f}", name_of_class(one->label), one->score),
                 std::max(1, longer / 500));
    write_png(place_for(file), picture);
  }
  return {json_text({{"file", file}, {"boxes", list}}), file + ": " + (text.empty() ? "nothing" : text)};
}

}  // namespace radial
