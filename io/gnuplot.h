// Figures are drawn by gnuplot, a program; the script is kept beside what it drew.
#pragma once

#include <string>

namespace radial {

struct FigureSize {
  int width = 1200, height = 400;  // pixels
};

// Writes `stem`.gp, which draws `body` twice: as `stem`.svg and as `stem`.png. It runs with the script's folder as
// current folder, so that paths in `body` can be relative to it, and can be run again by hand: gnuplot NAME.gp.
// `body` is gnuplot code without `set terminal` and `set output`.
// Throws Error(usage) if there is no gnuplot, Error(io) with gnuplot's own words if it fails or draws nothing.
void draw_figure(const std::string& stem, const std::string& body, FigureSize size = {});

// A text as a gnuplot string literal, for titles and file names.
std::string gnuplot_quoted(const std::string& text);

}  // namespace radial
