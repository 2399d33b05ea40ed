// A tiny data set, drawn once for the whole program.
#pragma once

#include <string>

#include "data/synth.h"
#include "tests/io/scratch_folder.h"

// Three classes of ten training and four validation pictures.
inline const std::string& small_pictures() {
  static const ScratchFolder scratch;
  static const std::string folder = [] {
    const std::string path = scratch / "pictures";
    radial::write_synth_dataset(path, {.classes = 3, .train = 10, .val = 4, .size = 20});
    return path;
  }();
  return folder;
}
