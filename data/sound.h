// Sounds: reading WAV, FLAC, OGG and what else libsndfile knows, and resampling by libsamplerate. A program that was
// built without these two libraries has all of this but reading.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/random.h"

namespace radial {

// Samples a second, and the mean of the channels, -1 to 1 at full scale.
struct Sound {
  int rate = 16000;
  std::vector<float> samples;
};

// Whether this program reads sounds; check_sounds() throws Error(usage) that names the packages if not.
bool reads_sounds();
void check_sounds();
std::string sound_libraries();  // "libsndfile 1.2.0, libsamplerate 0.2.2", or "cannot be read (...)"

// The names of files that are listed: .wav, .flac, .ogg and others, in upper or lower case.
bool is_sound_name(const std::string& name);

// The whole sound, at `rate`. Throws BadSample with `name` for what is no whole sound: damaged, cut off, without a
// sample, with values that are not finite, longer than max_sound_samples.
inline constexpr int64_t max_sound_samples = int64_t{1} << 28;
Sound decode_sound(std::span<const uint8_t> bytes, const std::string& name, int rate);
Sound read_sound(const std::filesystem::path& path, int rate);  // throws as read_bytes, too

// A piece of `length` samples into `out`. Of a longer sound it begins at `begin`; a shorter one lies at `begin` among
// zeros.
void cut_sound(std::span<const float> sound, int64_t begin, std::span<float> out);
int64_t random_begin(int64_t sound, int64_t length, Random& random);  // of all places the same probability
int64_t centred_begin(int64_t sound, int64_t length);

// Writes 16-bit WAV, in one atomic step; values beyond -1 and 1 are clipped.
void write_wav(const std::filesystem::path& path, const Sound& sound);

}  // namespace radial
