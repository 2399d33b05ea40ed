// The data set that Radial draws itself.
#include "data/synth.h"

#include <set>

#include "core/parallel.h"
#include "data/image_folder.h"
#include "tests/data/fixtures.h"

namespace radial {
namespace {

using namespace test;

SynthOptions tiny() {
  SynthOptions options;
  options.classes = 3;
  options.train = 4;
  options.val = 2;
  options.size = 24;
  options.seed = 5;
  options.png = true;
  return options;
}

// The pixels of all pictures, as text.
std::vector<std::string> pictures_of(const std::filesystem::path& data) {
  std::vector<std::string> all;
  const Dataset dataset = open_dataset(data);
  for (const ImageFolder* split : {&dataset.train, &dataset.val}) {
    for (int64_t i = 0; i < split->size(); ++i) {
      const Image image = read_image(split->path(i));
      all.emplace_back(image.pixels.begin(), image.pixels.end());
    }
  }
  return all;
}

TEST_CASE("a hundred classes, each with a name of its own") {
  std::set<std::string> names;
  for (int label = 0; label < synth_max_classes; ++label) names.insert(synth_class_name(label));
  CHECK(names.size() == 100);
  CHECK(synth_class_name(0) == "striped_disc");
}

TEST_CASE("a drawn data set can be opened, and all its pictures differ") {
  const ScratchFolder scratch;
  write_synth_dataset(scratch.path() / "demo", tiny());
  const Dataset dataset = open_dataset(scratch.path() / "demo");
  CHECK(dataset.train.classes.size() == 3);
  CHECK(dataset.train.class_counts() == std::vector<int64_t>{4, 4, 4});
  CHECK(dataset.val.class_counts() == std::vector<int64_t>{2, 2, 2});
  const auto pictures = pictures_of(scratch.path() / "demo");
  CHECK(std::set(pictures.begin(), pictures.end()).size() == 18);
  CHECK(pictures[0].size() == 24 * 24 * 3);
}

TEST_CASE("the seed decides the pictures, threads do not") {
  const ScratchFolder scratch;
  SynthOptions options = tiny();
  set_threads(1);
  write_synth_dataset(scratch.path() / "a", options);
  set_threads(3);
  write_synth_dataset(scratch.path() / "b", options);
  set_threads(0);
  options.seed = 6;
  write_synth_dataset(scratch.path() / "c", options);
  CHECK(pictures_of(scratch.path() / "a") == pictures_of(scratch.path() / "b"));
  CHECK(pictures_of(scratch.path() / "a") != pictures_of(scratch.path() / "c"));
}

TEST_CASE("JPEG is the usual format") {
  const ScratchFolder scratch;
  SynthOptions options = tiny();
  options.png = false;
  write_synth_dataset(scratch.path(), options);  // an empty folder is fine
  CHECK(std::filesystem::exists(scratch.path() / "train/striped_disc/000003.jpg"));
  CHECK(pictures_of(scratch.path()).size() == 18);
}

TEST_CASE("nothing is written over, and options out of range are refused") {
  const ScratchFolder scratch;
  write_text(scratch.path() / "mine.txt", "x");
  CHECK_THROWS_WITH(write_synth_dataset(scratch.path(), tiny()), Catch::Matchers::ContainsSubstring("is not empty"));
  CHECK_THROWS_WITH(write_synth_dataset(scratch.path() / "mine.txt", tiny()),
                    Catch::Matchers::ContainsSubstring("is a file"));
  const auto refused = [&](auto&& change, const char* message) {
    SynthOptions options = tiny();
    change(options);
    CHECK_THROWS_WITH(write_synth_dataset(scratch.path() / "new", options),
                      Catch::Matchers::ContainsSubstring(message));
    CHECK_FALSE(std::filesystem::exists(scratch.path() / "new"));
  };
  refused([](SynthOptions& o) { o.classes = 101; }, "101 classes");
  refused([](SynthOptions& o) { o.val = 0; }, "at least one of each");
  refused([](SynthOptions& o) { o.size = 4; }, "the size is 4");
  const auto error = thrown_by([&] { write_synth_dataset("/proc/nowhere/x", tiny()); });
  CHECK(error.kind == static_cast<int>(ErrorKind::io));
}

TEST_CASE("a drawn picture has contrast and colour") {
  for (int label = 0; label < 20; ++label) {
    const Image image = draw_synth_picture(label, 48, Random(1, Stream::synth, 0, static_cast<uint64_t>(label)));
    double sum = 0, squares = 0;
    for (const uint8_t value : image.pixels) {
      sum += value;
      squares += value * value;
    }
    const double count = static_cast<double>(image.pixels.size()), mean = sum / count;
    CHECK((mean > 20 && mean < 235));
    CHECK(squares / count - mean * mean > 100);
  }
}

}  // namespace
}  // namespace radial
