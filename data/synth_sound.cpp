#include "data/synth_sound.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <system_error>

#include "core/error.h"
#include "core/parallel.h"
#include "io/atomic_file.h"
#include "io/folder.h"

namespace fs = std::filesystem;

namespace radial {
namespace {

constexpr std::array motions = {"steady", "rising", "falling", "trembling", "beating"};
constexpr std::array overtones = {"few", "all", "odd"};

// Hz at t of 0 to 1, and how loud.
struct Moment {
  double frequency = 0, loudness = 1;
};
Moment moment_of(size_t motion, double base, double t, double seconds) {
  const double turn = 2 * std::numbers::pi * t * seconds;
  switch (motion) {
    case 1:
      return {base * std::exp2(t - 0.5), 1};
    case 2:
      return {base * std::exp2(0.5 - t), 1};
    case 3:
      return {base * std::exp2(0.08 * std::sin(7 * turn)), 1};
    case 4:
      return {base, 0.5 + 0.5 * std::cos(9 * turn)};
    default:
      return {base, 1};
  }
}

double amplitude_of(size_t kind, int harmonic) {
  if (kind == 0) return harmonic == 1 ? 1 : harmonic == 2 ? 0.2 : 0;
  if (kind == 2 && harmonic % 2 == 0) return 0;
  return 1.0 / harmonic;
}

std::string number_name(int64_t number) {
  char name[32];
  std::snprintf(name, sizeof name, "%06lld.wav", static_cast<long long>(number));
  return name;
}

void check_sound_options(const fs::path& data, const SynthSoundOptions& options) {
  check(options.classes >= 1 && options.classes <= synth_max_sound_classes, "synth: ", options.classes,
        " classes were asked for but 1 to ", synth_max_sound_classes, " can be made");
  check(options.train >= 1 && options.val >= 1, "synth: ", options.train, " sounds a class for training and ",
        options.val, " for validation were asked for but there must be at least one of each");
  check(options.rate >= 2000 && options.rate <= 192000 && options.seconds >= 0.05 && options.seconds <= 600,
        "synth: ", options.seconds, " seconds at ", options.rate, " Hz; 0.05 to 600 and 2000 to 192000 can be made");
  std::error_code error;
  if (!fs::exists(data, error)) return;
  check(fs::is_directory(data, error) && fs::is_empty(data, error), "synth: ", data.string(),
        " is no empty folder; nothing in it was touched");
}

Random random_of(const SynthSoundOptions& options, uint32_t split, uint64_t label, int64_t number) {
  return {options.seed, Stream::synth, split + 2, (label << 32) | static_cast<uint64_t>(number)};  // 0, 1: pictures
}

void write_mixtures(const fs::path& data, const SynthSoundOptions& options, uint32_t split) {
  const int64_t count = int64_t{split == 0 ? options.train : options.val} * options.classes;
  const std::string name = split == 0 ? "train" : "val";
  std::vector<std::string> rows(static_cast<size_t>(count));
  parallel_for(count, [&](int64_t number) {
    Random random = random_of(options, split, synth_max_sound_classes, number);
    std::vector<int> present(static_cast<size_t>(options.classes));
    for (int64_t i = random.below(3); i >= 0; --i) present[static_cast<size_t>(random.below(options.classes))] = 1;
    Sound mixture{options.rate, {}};
    const std::string file = name + number_name(number);
    std::string row = "sounds/";
    row += file;
    for (int label = 0; label < options.classes; ++label) {
      const bool sounds = present[static_cast<size_t>(label)] == 1;
      row += sounds ? ",1" : ",0";
      if (!sounds) continue;
      const Sound one = make_synth_sound(label, options.rate, options.seconds,
                                         random_of(options, split, static_cast<uint64_t>(label), number));
      mixture.samples.resize(one.samples.size());
      for (size_t i = 0; i < one.samples.size(); ++i) mixture.samples[i] += one.samples[i] / 2;
    }
    write_wav(data / "sounds" / file, mixture);
    rows[static_cast<size_t>(number)] = row.append("\n");
  });
  std::string table = "file";
  for (int label = 0; label < options.classes; ++label) table.append(",").append(synth_sound_name(label));
  table.append("\n");
  for (const std::string& row : rows) table += row;
  write_atomically((data / (name + ".csv")).string(), table);
}

}  // namespace

std::string synth_sound_name(int label) {
  const auto number = static_cast<size_t>(label);
  return std::string(motions[number % motions.size()]) + "_" + overtones[number / motions.size()];
}

Sound make_synth_sound(int label, int rate, double seconds, Random random) {
  const auto number = static_cast<size_t>(label);
  const auto count = static_cast<int64_t>(seconds * rate);
  const double base = 150 * std::exp2(random.uniform(0, 2)), loudness = random.uniform(0.2, 0.8);
  const double begin = random.uniform(0, 0.2), end = random.uniform(0.8, 1), noise = random.uniform(0, 0.05);
  double phase = 2 * std::numbers::pi * random.uniform();
  Sound sound{rate, std::vector<float>(static_cast<size_t>(count))};
  for (int64_t i = 0; i < count; ++i) {
    const double t = static_cast<double>(i) / static_cast<double>(count);
    double value = noise * random.normal();
    if (begin <= t && t < end) {
      const Moment now = moment_of(number % motions.size(), base, (t - begin) / (end - begin), seconds);
      phase += 2 * std::numbers::pi * now.frequency / rate;
      double wave = 0;
      for (int h = 1; h <= 8 && 2 * h * now.frequency < rate; ++h)
        wave += amplitude_of(number / motions.size(), h) * std::sin(h * phase);
      value += loudness * now.loudness * wave / 2;
    }
    sound.samples[static_cast<size_t>(i)] = static_cast<float>(std::clamp(value, -1.0, 1.0));
  }
  return sound;
}

void write_synth_sounds(const fs::path& data, const SynthSoundOptions& options) {
  check_sound_options(data, options);
  if (options.tags) {
    make_folders((data / "sounds").string());
    for (uint32_t split = 0; split < 2; ++split) write_mixtures(data, options, split);
    return;
  }
  for (uint32_t split = 0; split < 2; ++split) {
    const int64_t sounds = split == 0 ? options.train : options.val;
    const fs::path folder = data / (split == 0 ? "train" : "val");
    for (int label = 0; label < options.classes; ++label) make_folders((folder / synth_sound_name(label)).string());
    parallel_for(options.classes * sounds, [&](int64_t task) {
      const auto label = static_cast<int>(task / sounds);
      const int64_t number = task % sounds;
      const Random random = random_of(options, split, static_cast<uint64_t>(label), number);
      write_wav(folder / synth_sound_name(label) / number_name(number),
                make_synth_sound(label, options.rate, options.seconds, random));
    });
  }
}

}  // namespace radial
