// Pieces of sounds with their labels or tags.
#pragma once

#include <array>

#include "data/samples.h"
#include "data/sound_folder.h"

namespace radial {

struct SoundOptions {
  int rate = 16000;        // samples a second; others are resampled
  int64_t length = 16384;  // of a piece, in samples
  int64_t pieces = 1;      // of each sound, in evaluation
  bool random = false;     // in training: one piece from a random place; a short sound lies at a random place in zeros
};

// Fields: {"sound", f32, {pieces, length}}, and {"label", i32, {}} or, of tagged sounds, {"tags", f32, {tags}}. In
// evaluation a single piece is the middle one; of n pieces of a long sound number i begins at i (sound - length) / n,
// so that its end is never reached: the code of Harmonic CNN cuts so.
class SoundSamples : public Samples {
 public:
  static constexpr size_t sound = 0, label = 1;

  // Keeps a reference to the list. Throws Error(usage) for options that make no sense, and if the program reads no
  // sounds.
  SoundSamples(const SoundList& list, const SoundOptions& options);

  int64_t size() const override { return list_.size(); }
  std::span<const Field> fields() const override { return fields_; }
  std::unique_ptr<Reader> reader() const override;
  std::string name(int64_t sample) const override { return list_.path(sample).string(); }
  std::string place() const override { return list_.root.string(); }

 private:
  const SoundList& list_;
  SoundOptions options_;
  std::array<Field, 2> fields_;
};

// Where piece i of n begins in a sound, or in zeros where the sound is shorter.
int64_t piece_begin(int64_t sound, int64_t length, int64_t i, int64_t n);

}  // namespace radial
