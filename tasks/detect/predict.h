// Boxes of single pictures, for people.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tasks/detect/detector.h"
#include "train/task_options.h"

namespace radial {

class BoxPredictor : public Predictor {
 public:
  // The detector's network is in evaluation mode. classes: names of its outputs; missing ones are numbers.
  BoxPredictor(std::unique_ptr<Detector> detector, std::vector<std::string> classes);

  void leave_out_below(double score) override { least_ = score; }
  void draw_into(const std::string& folder) override;
  Answer predict(const std::string& file) override;

 private:
  std::string name_of_class(int32_t label) const;
  std::string place_for(const std::string& file);

  std::unique_ptr<Detector> detector_;
  std::vector<std::string> classes_;
  double least_ = 0;
  std::string folder_;           // "": nothing is drawn
  std::set<std::string> drawn_;  // names in it
};

// The outline of a box, `line` pixels wide, in a colour of its class; what lies outside of the picture is cut off.
void draw_box(Image& image, const Detection& detection, int line);

// What the box holds, on a ground of its colour: above the box, or at its upper edge where the picture ends; in letters
// of `scale` (data/letters.h).
void draw_label(Image& image, const Detection& detection, const std::string& text, int scale);

}  // namespace radial
