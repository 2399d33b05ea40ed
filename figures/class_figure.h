// What an evaluation found of each class: which classes are taken for which, precision, recall and F1.
#pragma once

#include <string>

namespace radial {

// Draws FOLDER/classes.svg and classes.png (script classes.gp) from FOLDER/classes.csv and confusion.csv, as
// `radial evaluate --per-class` writes them (tasks/classify/confusion.h). On the left the shares of each class's
// pictures that get each answer; on the right the scores, beside the rows. Of more than 40 classes names are left out,
// and the scores are drawn from the lowest class to the highest. Classes that have neither pictures nor answers are
// left out. Throws Error(file_format) with the path if the files do not fit each other, or hold no picture.
void draw_class_figure(const std::string& folder);

}  // namespace radial
