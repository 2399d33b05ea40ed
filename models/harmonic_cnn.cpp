#include "models/harmonic_cnn.h"

#include <cmath>
#include <numbers>
#include <string>

#include "core/autograd.h"
#include "core/error.h"
#include "core/ops.h"
#include "nn/init.h"

namespace radial {
namespace {

constexpr double first_note = 24;  // C1, in MIDI's numbers

double frequency_of(double note) { return 440 * std::exp2((note - 69) / 12); }

// Quarter tones from C1 below the note that is nearest to the highest of which the sixth multiple can be heard.
int64_t bands_of(int rate) {
  check(rate >= 1000, "harmonic_cnn: the rate is ", rate, " but must be at least 1000 samples a second");
  const double highest = rate / (2.0 * HarmonicFrontEnd::harmonics);
  return static_cast<int64_t>(2 * (std::round(69 + 12 * std::log2(highest / 440)) - first_note));
}

// Cosines and sines of all frequencies, each under the window.
Tensor fourier_matrix() {
  constexpr int64_t n = HarmonicFrontEnd::window, bins = HarmonicFrontEnd::frequencies;
  Tensor matrix = Tensor::empty({n, 2 * bins}, DType::f64);
  for (int64_t i = 0; i < n; ++i) {
    const double turn = 2 * std::numbers::pi / static_cast<double>(n);
    const double hann = 0.5 * (1 - std::cos(turn * static_cast<double>(i)));
    for (int64_t k = 0; k < bins; ++k) {
      const double angle = turn * static_cast<double>(i * k % n);
      matrix.data<double>()[i * 2 * bins + k] = hann * std::cos(angle);
      matrix.data<double>()[i * 2 * bins + bins + k] = -hann * std::sin(angle);
    }
  }
  return matrix;
}

Tensor distance_matrix(int rate, int64_t bands) {
  constexpr int64_t harmonics = HarmonicFrontEnd::harmonics, bins = HarmonicFrontEnd::frequencies;
  Tensor matrix = Tensor::empty({harmonics * bands, bins}, DType::f64);
  double* value = matrix.data<double>();
  for (int64_t h = 1; h <= harmonics; ++h)
    for (int64_t band = 0; band < bands; ++band) {
      const double centre = static_cast<double>(h) * frequency_of(first_note + static_cast<double>(band) / 2);
      for (int64_t k = 0; k < bins; ++k) {
        const double x = static_cast<double>(k) * rate / static_cast<double>(HarmonicFrontEnd::window);
        *value++ = 2 * std::abs(x - centre) / (0.1079 * centre + 24.7);
      }
    }
  return matrix;
}

// Of the seven stages, each for an extent that is left; the last two are as the code of the paper has them for its
// three lengths of sounds.
int64_t time_pool(size_t stage, int64_t frames) {
  if (stage < 5) return 2;
  if (stage == 5) return frames >= 9 ? 3 : 2;
  return std::clamp<int64_t>(frames, 1, 3);
}

std::vector<SoundBlock> sound_stages(const HarmonicCnnOptions& options, int64_t bands) {
  std::vector<SoundBlock> stages;
  int64_t frames = HarmonicFrontEnd::frames(options.samples), in = HarmonicFrontEnd::harmonics;
  check(frames >= 64, "harmonic_cnn: ", options.samples, " samples make ", frames,
        " frames, of which the pools leave none; at least ", 63 * HarmonicFrontEnd::hop, " are needed");
  for (size_t i = 0; i < 7; ++i) {
    const int64_t out = options.channels * (i < 4 ? 1 : 2);
    const Pair pool = {std::min<int64_t>(bands, 2), time_pool(i, frames)};
    stages.emplace_back(in, out, i != 0 && i != 4, pool);
    bands /= pool.h;
    frames /= pool.w;
    in = out;
  }
  return stages;
}

}  // namespace

HarmonicFrontEnd::HarmonicFrontEnd(int rate)
    : rate_(rate), bands_(bands_of(rate)), q_(Tensor::zeros({1}).set_requires_grad()), norm_(harmonics) {}

void HarmonicFrontEnd::visit(Visitor& visitor) {
  visitor.parameter("q", q_, Kind::norm);  // a factor that begins at 1
  visitor.module("bn", norm_);
}

void HarmonicFrontEnd::prepare() {
  if (fourier_ && fourier_.dtype() == q_.dtype() && fourier_.device() == q_.device()) return;
  fourier_ = fourier_matrix().to(q_.dtype()).to(q_.device());
  distance_ = distance_matrix(rate_, bands_).to(q_.dtype()).to(q_.device());
}

Tensor HarmonicFrontEnd::power(const Tensor& sounds) {
  const NoGrad no_grad;
  prepare();
  const int64_t n = sounds.dim(0), count = frames(sounds.dim(1));
  const Tensor mirrored = pad_reflect(sounds, {{}, {window / 2, window / 2}});
  Tensor places = Tensor::empty({count * window}, DType::i32);
  for (int64_t i = 0; i < count * window; ++i)
    places.data<int32_t>()[i] = static_cast<int32_t>(i / window * hop + i % window);
  const Tensor pieces = index_select(mirrored, 1, places.to(sounds.device())).view({n * count, window});
  const Tensor squares = square(matmul(pieces, fourier_));
  return narrow(squares, 1, 0, frequencies) + narrow(squares, 1, frequencies, frequencies);
}

Tensor HarmonicFrontEnd::filters() {
  prepare();
  return relu(1.0 - distance_ * q_);
}

Tensor HarmonicFrontEnd::decibels(const Tensor& sounds) {
  const int64_t n = sounds.dim(0), count = frames(sounds.dim(1));
  const Tensor spectrum = power(sounds), energy = linear(spectrum, filters());
  const Tensor levels = log(clamp(energy, 1e-10)) * (10 / std::numbers::ln10);
  return permute(levels.view({n, count, harmonics, bands_}), {0, 3, 1, 2});
}

Tensor HarmonicFrontEnd::forward(const Tensor& sounds) { return norm_(decibels(sounds)); }

SoundBlock::SoundBlock(int64_t in, int64_t out, bool residual, const Pair& pool)
    : conv1_(in, out, {.kernel = 3, .padding = 1, .bias = true}), bn1_(out), pool_(pool) {
  if (!residual) return;
  conv2_.emplace(out, out, Conv2d::Options{.kernel = 3, .padding = 1, .bias = true});
  bn2_.emplace(out);
}

Tensor SoundBlock::forward(const Tensor& x) {
  Tensor y = bn1_.forward(conv1_(x), {.relu = true});
  if (conv2_) y = bn2_->forward((*conv2_)(y), {.residual = x, .relu = true});
  return max_pool2d(y, {.kernel = pool_, .stride = pool_});
}

void SoundBlock::visit(Visitor& visitor) {
  visitor.module("conv1", conv1_);
  visitor.module("bn1", bn1_);
  if (!conv2_) return;
  visitor.module("conv2", *conv2_);
  visitor.module("bn2", *bn2_);
}

HarmonicCnn::HarmonicCnn(const HarmonicCnnOptions& options)
    : front_(options.rate),
      stages_(sound_stages(options, front_.bands())),
      fc1_(2 * options.channels, 2 * options.channels),
      fc2_(2 * options.channels, options.outputs),
      bn_(2 * options.channels),
      dropout_(options.dropout) {}

Tensor HarmonicCnn::forward(const Tensor& sounds) {
  Tensor y = cast(front_(sounds), dtype_ == DType::bf16 ? dtype_ : sounds.dtype());
  for (SoundBlock& stage : stages_) y = stage(y);
  return fc2_(dropout_(bn_.forward(fc1_(max(y, {1, 2})), {.relu = true})));
}

void HarmonicCnn::visit(Visitor& visitor) {
  visitor.module("front", front_);
  for (size_t i = 0; i < stages_.size(); ++i) visitor.module("layer" + std::to_string(i + 1), stages_[i]);
  visitor.module("fc1", fc1_);
  visitor.module("bn", bn_);
  visitor.module("dropout", dropout_);
  visitor.module("fc2", fc2_);
}

void HarmonicCnn::initialise(const Initial& initial) {
  for (const NamedTensor& parameter : parameters())
    if (parameter.kind == Kind::conv)
      initial.uniform(parameter.name, 1 / std::sqrt(static_cast<double>(fan_in(parameter.tensor.shape()))));
}

}  // namespace radial
