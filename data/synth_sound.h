// Sounds that the project makes itself, for a first training without a download.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "core/random.h"
#include "data/sound.h"

namespace radial {

// A class is how the pitch moves (steady, rising, falling, trembling, beating) and which overtones there are (few, all,
// odd): nothing but both together tells it. Pitch, loudness, beginning and noise tell nothing.
inline constexpr int synth_max_sound_classes = 15;
std::string synth_sound_name(int label);  // "rising_odd"

struct SynthSoundOptions {
  int classes = 10;  // at most synth_max_sound_classes
  int train = 50;    // sounds a class; of tags: a tag
  int val = 10;
  int rate = 16000;
  double seconds = 1;
  bool tags = false;  // mixtures of one to three classes, listed in train.csv and val.csv
  uint64_t seed = 0;
};

Sound make_synth_sound(int label, int rate, double seconds, Random random);

// Writes DATA/train/<class>/<number>.wav and DATA/val/...; of tags DATA/sounds/*.wav and the tables. The same options
// make the same sounds. Throws Error(usage) for options out of range or when the folder holds something already.
void write_synth_sounds(const std::filesystem::path& data, const SynthSoundOptions& options);

}  // namespace radial
