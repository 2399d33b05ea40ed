// Decoding sounds: libsndfile reads them from memory, libsamplerate brings them to another rate.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>

#include "data/bad_sample.h"
#include "data/sound.h"

#ifdef RADIAL_SOUNDS
#include <samplerate.h>
#include <sndfile.h>
#endif

namespace radial {

#ifdef RADIAL_SOUNDS
namespace {

[[noreturn]] void fail_sound(const std::string& name, const std::string& reason) {
  throw BadSample("sound " + name + ": " + reason);
}

// What libsndfile reads from.
struct SoundMemory {
  std::span<const uint8_t> bytes;
  sf_count_t at = 0;

  sf_count_t size() const { return static_cast<sf_count_t>(bytes.size()); }
};

SF_VIRTUAL_IO memory_reader() {
  SF_VIRTUAL_IO reader{};
  reader.get_filelen = [](void* memory) { return static_cast<SoundMemory*>(memory)->size(); };
  reader.seek = [](sf_count_t offset, int whence, void* memory) {
    auto& m = *static_cast<SoundMemory*>(memory);
    const sf_count_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? m.at : m.size();
    m.at = std::clamp<sf_count_t>(from + offset, 0, m.size());
    return m.at;
  };
  reader.read = [](void* to, sf_count_t count, void* memory) {
    auto& m = *static_cast<SoundMemory*>(memory);
    const sf_count_t here = std::clamp<sf_count_t>(count, 0, m.size() - m.at);
    std::memcpy(to, m.bytes.data() + m.at, static_cast<size_t>(here));
    m.at += here;
    return here;
  };
  reader.write = [](const void*, sf_count_t, void*) -> sf_count_t { return 0; };
  reader.tell = [](void* memory) { return static_cast<SoundMemory*>(memory)->at; };
  return reader;
}

// libsndfile takes a WAV file that was cut off for a shorter one: its header says how much there should be.
bool is_cut_off_wav(std::span<const uint8_t> bytes) {
  const auto tag_is = [&](size_t at, const char* tag) { return std::memcmp(bytes.data() + at, tag, 4) == 0; };
  const auto number = [&](size_t at) {
    return uint64_t{bytes[at]} | uint64_t{bytes[at + 1]} << 8 | uint64_t{bytes[at + 2]} << 16 |
           uint64_t{bytes[at + 3]} << 24;
  };
  if (bytes.size() < 12 || !tag_is(0, "RIFF") || !tag_is(8, "WAVE")) return false;
  for (uint64_t at = 12; at + 8 <= bytes.size();) {
    const uint64_t length = number(at + 4);
    if (tag_is(at, "data")) return length < 0xFFFFFF00 && at + 8 + length > bytes.size();  // streams say 0xFFFFFFFF
    at += 8 + length + length % 2;
  }
  return true;
}

// Mean of the channels, frame by frame.
std::vector<float> mono_samples(SNDFILE* file, const SF_INFO& info, const std::string& name) {
  constexpr sf_count_t block = 1 << 14;  // frames
  const auto channels = static_cast<size_t>(info.channels);
  std::vector<float> frames(static_cast<size_t>(block) * channels), mono;
  for (sf_count_t count = 0; (count = sf_readf_float(file, frames.data(), block)) > 0;) {
    for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
      double sum = 0;
      for (size_t c = 0; c < channels; ++c) sum += static_cast<double>(frames[i * channels + c]);
      if (!std::isfinite(sum)) fail_sound(name, "a value is not finite");
      mono.push_back(static_cast<float>(sum / info.channels));
    }
    if (std::ssize(mono) > max_sound_samples) fail_sound(name, "it is too long");
  }
  if (sf_error(file) != SF_ERR_NO_ERROR) fail_sound(name, sf_strerror(file));
  if (info.seekable != 0 && std::ssize(mono) < info.frames) fail_sound(name, "it ends too early");
  return mono;
}

std::vector<float> resampled(std::vector<float> samples, int from, int to, const std::string& name) {
  if (from == to) return samples;
  const double ratio = static_cast<double>(to) / from;
  if (src_is_valid_ratio(ratio) == 0) fail_sound(name, std::to_string(from) + " samples a second cannot be resampled");
  std::vector<float> result(static_cast<size_t>(std::ceil(static_cast<double>(samples.size()) * ratio)) + 1);
  SRC_DATA data{};
  data.data_in = samples.data();
  data.data_out = result.data();
  data.input_frames = static_cast<long>(samples.size());
  data.output_frames = static_cast<long>(result.size());
  data.src_ratio = ratio;
  if (const int error = src_simple(&data, SRC_SINC_MEDIUM_QUALITY, 1); error != 0)
    fail_sound(name, std::string("cannot be resampled: ") + src_strerror(error));
  result.resize(static_cast<size_t>(data.output_frames_gen));
  return result;
}

}  // namespace

bool reads_sounds() { return true; }

void check_sounds() {}

std::string sound_libraries() {
  const std::string resampler = src_get_version();  // with its authors
  return std::string(sf_version_string()) + ", " + resampler.substr(0, resampler.find(' '));
}

Sound decode_sound(std::span<const uint8_t> bytes, const std::string& name, int rate) {
  if (bytes.empty()) fail_sound(name, "the file is empty");
  SoundMemory memory{bytes};
  SF_VIRTUAL_IO reader = memory_reader();
  SF_INFO info{};
  const std::unique_ptr<SNDFILE, int (*)(SNDFILE*)> file(sf_open_virtual(&reader, SFM_READ, &info, &memory), sf_close);
  if (!file) fail_sound(name, std::string("damaged, or in a format that is not read: ") + sf_strerror(nullptr));
  if (info.channels < 1 || info.samplerate < 1) fail_sound(name, "it has no channel or no rate");
  if (is_cut_off_wav(bytes)) fail_sound(name, "it ends too early");
  std::vector<float> samples = resampled(mono_samples(file.get(), info, name), info.samplerate, rate, name);
  if (samples.empty()) fail_sound(name, "there is not a single sample in it");
  return {rate, std::move(samples)};
}

#else

bool reads_sounds() { return false; }

void check_sounds() {
  fail(ErrorKind::usage,
       "sounds cannot be read: this program was built without libsndfile and libsamplerate; install "
       "libsndfile1-dev and libsamplerate0-dev and build it again");
}

std::string sound_libraries() { return "cannot be read (libsndfile1-dev and libsamplerate0-dev were not there)"; }

Sound decode_sound(std::span<const uint8_t>, const std::string&, int) {
  check_sounds();
  return {};
}

#endif

}  // namespace radial
