// Harmonic CNN (Won, Chun, Nieto, Serra, "Data-Driven Harmonic Filters for Audio Representation Learning", ICASSP
// 2020): a spectrogram seen through filters at the multiples of each note, and residual convolutions over it.
#pragma once

#include <memory>
#include <vector>

#include "models/residual_sound_block.h"
#include "nn/dropout.h"
#include "nn/layers.h"
#include "nn/norms.h"

namespace radial {

// Sounds [n, samples] -> [n, bands, frames, harmonics], in decibels, normalised over each harmonic. Bands are the
// quarter tones from C1 (MIDI 24) up to the note below a twelfth of the rate: 128 at 16 kHz. Parameters: "q" [1],
// which begins at 1, and the batch norm's. There is no gradient for the sounds.
//   power    |X|^2 of 512 samples each 256, periodic Hann window, 256 samples mirrored at both ends; no scaling
//   weight   of filter (harmonic h, band f) and frequency x: max(0, 1 - 2 |x - h f| q / (0.1079 h f + 24.7)); so a
//            filter may lie between two frequencies and be empty: one is at q = 1, more as q grows
//   energy   sum over x of weight power; dB = 10 log10(max(energy, 1e-10))
class HarmonicFrontEnd : public Layer {
 public:
  static constexpr int64_t window = 512, hop = 256, frequencies = window / 2 + 1, harmonics = 6;

  explicit HarmonicFrontEnd(int rate);
  Tensor forward(const Tensor& sounds) override;
  void visit(Visitor& visitor) override;
  // Its parts.
  Tensor power(const Tensor& sounds);     // [n, samples] -> [n frames, frequencies]
  Tensor filters();                       // [harmonics bands, frequencies]
  Tensor decibels(const Tensor& sounds);  // [n, bands, frames, harmonics]
  int64_t bands() const { return bands_; }
  static int64_t frames(int64_t samples) { return 1 + samples / hop; }

 private:
  void prepare();  // the constants, in the dtype of the parameters and on their device

  int rate_;
  int64_t bands_;
  Tensor q_;
  BatchNorm norm_;
  Tensor fourier_;   // [window, 2 frequencies]: cosines and sines under the window
  Tensor distance_;  // [harmonics bands, frequencies]: 2 |x - c| / (0.1079 c + 24.7)
};

struct HarmonicCnnOptions {
  int rate = 16000;
  int64_t samples = 16384;  // of a sound
  int64_t channels = 128;   // of the first four stages; twice as many afterwards
  int64_t outputs = 35;
  double dropout = 0.5;
};

// [n, samples] -> [n, outputs]. Seven stages of 3x3 convolutions, each with a max-pool; the maximum over what is left;
// two linear layers. Throws Error(usage) for fewer samples than six halvings and one more leave a frame of: 16128.
class HarmonicCnn : public Layer {
 public:
  explicit HarmonicCnn(const HarmonicCnnOptions& options);
  Tensor forward(const Tensor& sounds) override;
  void visit(Visitor& visitor) override;
  void initialise(const Initial& initial) override;  // PyTorch's own, U(-1, 1) / sqrt(fan_in), for convolutions too

  HarmonicFrontEnd& front_end() { return front_; }
  void set_dtype(DType activations) { dtype_ = activations; }  // the front end is float32 or float64

 private:
  HarmonicFrontEnd front_;
  std::vector<SoundBlock> stages_;
  Linear fc1_, fc2_;
  BatchNorm bn_;
  Dropout dropout_;
  DType dtype_ = DType::f32;
};

}  // namespace radial
