#include "tasks/detect/predict.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <utility>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "io/folder.h"
#include "io/json_lines.h"

namespace fs = std::filesystem;

namespace radial {

namespace {

constexpr uint8_t colors[][3] = {{230, 25, 75},  {60, 180, 75},  {255, 225, 25}, {0, 130, 200},  {245, 130, 48},
                                 {145, 30, 180}, {70, 240, 240}, {240, 50, 230}, {210, 245, 60}, {0, 128, 128}};

int pixel_at(double place, int extent) {
  return static_cast<int>(std::clamp(std::floor(place), -1.0, static_cast<double>(extent)));
}

}  // namespace

void draw_box(Image& image, const Detection& detection, int line) {
  const auto& [x, y, width, height] = detection.box;
  const int left = pixel_at(x, image.width), right = pixel_at(x + width - 1, image.width);
  const int top = pixel_at(y, image.height), bottom = pixel_at(y + height - 1, image.height);
  const uint8_t* color = colors[static_cast<size_t>(detection.label) % std::size(colors)];
  const auto fill = [&](int x0, int x1, int y0, int y1) {
    for (int row = std::max(y0, 0); row <= std::min(y1, image.height - 1); ++row)
      for (int column = std::max(x0, 0); column <= std::min(x1, image.width - 1); ++column)
        std::copy_n(color, 3, image.row(row) + 3 * column);
  };
  fill(left, right, top, top + line - 1);
  fill(left, right, bottom - line + 1, bottom);
  fill(left, left + line - 1, top, bottom);
  fill(right - line + 1, right, top, bottom);
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
    const int line = std::max(1, std::max(picture.width, picture.height) / 300);
    // The best lie above the others.
    for (auto one = found.rbegin(); one != found.rend(); ++one) draw_box(picture, *one, line);
    write_png(place_for(file), picture);
  }
  return {json_text({{"file", file}, {"boxes", list}}), file + ": " + (text.empty() ? "nothing" : text)};
}

}  // namespace radial
