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
// Both are on the disk when it returns. Throws Error(usage) if there is no gnuplot, Error(io) with gnuplot's own words
// if it fails or draws nothing.
void draw_figure(const std::string& stem, const std::string& body, FigureSize size = {});

// "gnuplot 5.4 patchlevel 4"; "" where there is none.
std::string gnuplot_version();

// gnuplot's literals: a text as it is, in which there must be no end of a line; a text for the reader of the figure,
// with what cannot be shown replaced (io/utf8.h; with `set encoding utf8` and `noenhanced`); a file beside the script,
// never taken for a command ("<..." to read from, "|..." to write to).
std::string gnuplot_quoted(const std::string& text);
std::string gnuplot_title(const std::string& text);
std::string gnuplot_file(const std::string& name);

}  // namespace radial
