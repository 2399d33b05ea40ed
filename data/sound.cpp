#include "data/sound.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstring>

#include "core/error.h"
#include "data/image.h"  // read_bytes
#include "io/atomic_file.h"

namespace fs = std::filesystem;

namespace radial {

bool is_sound_name(const std::string& name) {
  std::string ending = fs::path(name).extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  constexpr std::array known = {".wav", ".flac", ".ogg", ".oga", ".opus", ".aiff", ".aif", ".au", ".w64", ".caf"};
  return std::find(known.begin(), known.end(), ending) != known.end();
}

Sound read_sound(const fs::path& path, int rate) {
  std::vector<uint8_t> bytes;
  read_bytes(path, bytes);
  return decode_sound(bytes, path.string(), rate);
}

void cut_sound(std::span<const float> sound, int64_t begin, std::span<float> out) {
  const int64_t have = std::ssize(sound), length = std::ssize(out);
  std::fill(out.begin(), out.end(), 0.0F);
  if (have >= length)
    std::copy_n(sound.begin() + begin, length, out.begin());
  else
    std::copy_n(sound.begin(), have, out.begin() + begin);
}

int64_t random_begin(int64_t sound, int64_t length, Random& random) {
  return random.below(std::abs(sound - length) + 1);
}

int64_t centred_begin(int64_t sound, int64_t length) { return std::abs(sound - length) / 2; }

void write_wav(const fs::path& path, const Sound& sound) {
  const auto bytes = static_cast<uint32_t>(2 * sound.samples.size());
  std::string file = "RIFF";
  const auto number = [&](uint32_t value, int size) {
    for (int i = 0; i < size; ++i) file += static_cast<char>((value >> (8 * i)) & 255);
  };
  number(36 + bytes, 4);
  file += "WAVEfmt ";
  number(16, 4);  // bytes of this part
  number(1, 2);   // PCM
  number(1, 2);   // channel
  number(static_cast<uint32_t>(sound.rate), 4);
  number(2 * static_cast<uint32_t>(sound.rate), 4);  // bytes a second
  number(2, 2);                                      // bytes a sample
  number(16, 2);                                     // bits
  file += "data";
  number(bytes, 4);
  for (const float value : sound.samples) {
    const auto level = static_cast<int>(std::lround(std::clamp(value, -1.0F, 1.0F) * 32767));
    number(static_cast<uint32_t>(level) & 0xFFFF, 2);
  }
  write_atomically(path.string(), file, Durable::no);
}

}  // namespace radial
