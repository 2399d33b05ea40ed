// Sounds: reading them back, resampling, cutting, what is broken, and how they are listed.
#include "data/sound.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <numbers>

#include "core/error.h"
#include "data/sound_folder.h"
#include "data/sound_samples.h"
#include "io/file.h"
#include "tests/catch.h"
#include "tests/io/scratch_folder.h"

namespace radial {
namespace {

using Catch::Matchers::ContainsSubstring;
namespace fs = std::filesystem;

Sound tone(int rate, int64_t samples, double frequency = 440) {
  Sound sound{rate, {}};
  for (int64_t i = 0; i < samples; ++i)
    sound.samples.push_back(
        static_cast<float>(0.5 * std::sin(2 * std::numbers::pi * frequency * static_cast<double>(i) / rate)));
  return sound;
}

std::vector<uint8_t> file_bytes(const std::string& path) {
  const std::string text = read_text(path);
  return {text.begin(), text.end()};
}

void put_tone(const fs::path& path) {
  fs::create_directories(path.parent_path());
  write_wav(path, tone(8000, 400));
}

}  // namespace

TEST_CASE("a sound that was written is read") {
  if (!reads_sounds()) return;
  const ScratchFolder scratch;
  const Sound sound = tone(8000, 1000);
  write_wav(scratch / "a.wav", sound);
  const Sound read = read_sound(scratch / "a.wav", 8000);
  REQUIRE(read.samples.size() == 1000);
  for (size_t i = 0; i < 1000; ++i) CHECK(std::abs(read.samples[i] - sound.samples[i]) < 1e-4F);

  const Sound twice = read_sound(scratch / "a.wav", 16000);
  REQUIRE(std::abs(std::ssize(twice.samples) - 2000) < 3);
  const Sound wanted = tone(16000, 2000);
  for (size_t i = 200; i < 1800; ++i) CHECK(std::abs(twice.samples[i] - wanted.samples[i]) < 1e-3F);
}

TEST_CASE("what is no whole sound is named") {
  if (!reads_sounds()) return;
  const ScratchFolder scratch;
  write_wav(scratch / "a.wav", tone(8000, 1000));
  const std::vector<uint8_t> whole = file_bytes(scratch / "a.wav");
  const auto refused = [](std::vector<uint8_t> bytes, const char* why) {
    CHECK_THROWS_AS(decode_sound(bytes, "b.wav", 8000), BadSample);
    CHECK_THROWS_WITH(decode_sound(bytes, "b.wav", 8000), ContainsSubstring("b.wav") && ContainsSubstring(why));
  };
  refused({}, "empty");
  refused({1, 2, 3}, "damaged");
  refused({whole.begin(), whole.begin() + 1000}, "too early");
  refused({whole.begin(), whole.begin() + 30}, "");
  write_wav(scratch / "none.wav", {8000, {}});
  refused(file_bytes(scratch / "none.wav"), "not a single sample");
  CHECK_THROWS_WITH(read_sound(scratch / "gone.wav", 8000), ContainsSubstring("gone.wav"));
}

TEST_CASE("sounds are cut, or lie in zeros") {
  const std::vector<float> sound = {1, 2, 3, 4, 5};
  std::vector<float> out(3), longer(8, 9.0F);
  cut_sound(sound, 2, out);
  CHECK(out == std::vector<float>{3, 4, 5});
  cut_sound(sound, 1, longer);
  CHECK(longer == std::vector<float>{0, 1, 2, 3, 4, 5, 0, 0});
  CHECK(centred_begin(5, 3) == 1);
  CHECK(centred_begin(5, 8) == 1);
  CHECK(piece_begin(100, 20, 0, 4) == 0);
  CHECK(piece_begin(100, 20, 3, 4) == 60);
  CHECK(piece_begin(10, 20, 3, 4) == 5);
  Random random(1, Stream::test);
  for (int i = 0; i < 100; ++i) {
    const int64_t begin = random_begin(5, 3, random);
    CHECK((0 <= begin && begin <= 2));
  }
}

TEST_CASE("sounds are listed by folder, by table and by name") {
  const ScratchFolder scratch;
  for (const char* file : {"folders/train/no/a.wav", "folders/train/yes/b.wav", "folders/val/no/c.wav",
                           "folders/val/yes/deep/d.wav", "flat/3_ann_4.wav", "flat/3_ann_5.wav", "flat/7_bo_b_0.wav",
                           "flat/7_bo_12.wav", "flat/notes_x.txt", "tags/x.wav", "tags/y z.wav"})
    put_tone(fs::path(scratch / file));
  const SoundLists folders = open_sounds(scratch / "folders", OnBadSample::error);
  CHECK(folders.train.classes == std::vector<std::string>{"no", "yes"});
  CHECK(folders.val.path(1).string() == scratch / "folders/val/yes/deep/d.wav");
  CHECK(folders.val.items[1].label == 1);

  const SoundLists flat = open_sounds(scratch / "flat", OnBadSample::error);
  CHECK(flat.train.classes == std::vector<std::string>{"3", "7"});
  CHECK(flat.train.size() == 2);
  CHECK(flat.val.size() == 2);

  std::ofstream(scratch / "tags/train.csv") << "file,loud,\"high, thin\"\nx.wav,1,0\n";
  std::ofstream(scratch / "tags/val.csv") << "file,loud,\"high, thin\"\ny z.wav,0,1\nx.wav,1,0\n";
  const SoundLists tags = open_sounds(scratch / "tags", OnBadSample::error);
  CHECK(tags.train.tagged);
  CHECK(tags.val.classes[1] == "high, thin");
  CHECK(tags.val.items[0].tags == std::vector<float>{0, 1});
  std::ofstream(scratch / "tags/val.csv") << "file,loud\nx.wav,2\n";
  CHECK_THROWS_WITH(open_sounds(scratch / "tags", OnBadSample::error), ContainsSubstring("must be 0 or 1"));
  CHECK_THROWS_WITH(open_sounds(scratch / "nothing", OnBadSample::error), ContainsSubstring("nothing"));
  fs::create_directories(scratch / "empty");
  CHECK_THROWS_WITH(open_sounds(scratch / "empty", OnBadSample::error), ContainsSubstring("no sounds for training"));
}

}  // namespace radial
