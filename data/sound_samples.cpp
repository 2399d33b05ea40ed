#include "data/sound_samples.h"

#include <cstring>

#include "core/error.h"
#include "data/sound.h"

namespace radial {
namespace {

class SoundReader : public Reader {
 public:
  SoundReader(const SoundList& list, const SoundOptions& options) : list_(list), options_(options) {}

  void read(int64_t sample, Random random, std::span<std::byte* const> rows) override {
    const Sound sound = read_sound(list_.path(sample), options_.rate);
    auto* out = reinterpret_cast<float*>(rows[SoundSamples::sound]);
    const int64_t have = std::ssize(sound.samples), length = options_.length, pieces = options_.pieces;
    for (int64_t i = 0; i < pieces; ++i) {
      const int64_t begin = options_.random ? random_begin(have, length, random) : piece_begin(have, length, i, pieces);
      cut_sound(sound.samples, begin, {out + i * length, static_cast<size_t>(length)});
    }
    const SoundList::Item& item = list_.items[static_cast<size_t>(sample)];
    if (list_.tagged)
      std::memcpy(rows[SoundSamples::label], item.tags.data(), item.tags.size() * sizeof(float));
    else
      std::memcpy(rows[SoundSamples::label], &item.label, sizeof item.label);
  }

 private:
  const SoundList& list_;
  SoundOptions options_;
};

}  // namespace

int64_t piece_begin(int64_t sound, int64_t length, int64_t i, int64_t n) {
  if (n == 1 || sound <= length) return centred_begin(sound, length);
  return i * ((sound - length) / n);
}

SoundSamples::SoundSamples(const SoundList& list, const SoundOptions& options) : list_(list), options_(options) {
  check_sounds();
  check(options.rate > 0 && options.length > 0 && options.pieces > 0, "sounds: rate ", options.rate, ", length ",
        options.length, " and pieces ", options.pieces, " must be positive");
  fields_[sound] = {"sound", DType::f32, {options.pieces, options.length}};
  fields_[label] = list.tagged ? Field{"tags", DType::f32, {std::ssize(list.classes)}} : Field{"label", DType::i32, {}};
}

std::unique_ptr<Reader> SoundSamples::reader() const { return std::make_unique<SoundReader>(list_, options_); }

}  // namespace radial
