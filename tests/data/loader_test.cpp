// The loader: the same batches whatever the workers, any place of an epoch, pictures that are broken.
#include "data/loader.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>
#include <thread>

#include "core/ops.h"
#include "tests/data/fixtures.h"
#include "tests/data/loading.h"

namespace radial {
namespace {

using namespace test;

// 3 classes with 7, 5 and 9 pictures of different sizes.
class SmallDataset {
 public:
  SmallDataset() {
    int number = 0;
    for (const auto& [name, count] : {std::pair{"ant", 7}, {"bee", 5}, {"cat", 9}}) {
      std::filesystem::create_directories(scratch_.path() / name);
      for (int i = 0; i < count; ++i, ++number) {
        write_png(scratch_.path() / name / (std::to_string(i) + ".png"), picture(20 + number, 30 - number % 7));
      }
    }
    folder_ = open_image_folder(scratch_.path());
  }
  const ImageFolder& folder() const { return folder_; }
  void break_picture(int64_t index) const { write_text(folder_.path(index), "broken"); }

 private:
  ScratchFolder scratch_;
  ImageFolder folder_;
};

Loading small_options() {
  Loading options;
  options.transform.image_size = 16;
  options.batch_size = 4;
  options.seed = 11;
  return options;
}

// A batch as plain values, to be compared.
struct Values {
  int64_t number;
  std::vector<int64_t> samples;
  std::vector<double> labels, images;
  bool operator==(const Values&) const = default;
};

Values values_of(const Batch& batch) {
  return {batch.number, batch.samples, batch[PictureSamples::label].to_vector(),
          batch[PictureSamples::image].to_vector()};
}

std::vector<Values> rest_of(Loader& loader) {
  std::vector<Values> batches;
  while (const auto batch = loader.next()) batches.push_back(values_of(*batch));
  return batches;
}

std::vector<Values> epoch_of(const ImageFolder& folder, const Loading& options, int epoch, int64_t first = 0) {
  Loader loader = loader_of(folder, options);
  loader.start(epoch, first);
  return rest_of(loader);
}

std::vector<int64_t> samples_of(const std::vector<Values>& batches) {
  std::vector<int64_t> all;
  for (const Values& batch : batches) all.insert(all.end(), batch.samples.begin(), batch.samples.end());
  return all;
}

TEST_CASE("an epoch holds each picture once, with its label and pixels") {
  const SmallDataset data;
  const Loading options = small_options();
  const auto batches = epoch_of(data.folder(), options, 1);
  REQUIRE(batches.size() == 6);
  CHECK(batches.back().samples.size() == 1);
  std::vector<int64_t> samples = samples_of(batches);
  CHECK(samples == shuffled(21, 11).of(1));
  PictureTransform transform(options.transform);
  std::vector<float> expected(16 * 16 * 3);
  for (const Values& batch : batches) {
    for (size_t i = 0; i < batch.samples.size(); ++i) {
      const int64_t index = batch.samples[i];
      CHECK(batch.labels[i] == data.folder().samples[static_cast<size_t>(index)].label);
      const Random random(11, Stream::augment, 1, static_cast<uint64_t>(index));
      transform.run(read_image(data.folder().path(index)), random, expected.data());
      CHECK(std::equal(expected.begin(), expected.end(),
                       batch.images.begin() + static_cast<int64_t>(i * expected.size())));
    }
  }
}

TEST_CASE("the number of workers changes nothing") {
  const SmallDataset data;
  Loading options = small_options();
  options.dtype = GENERATE(DType::f32, DType::f64, DType::u8);
  options.workers = 0;
  const auto expected = epoch_of(data.folder(), options, 3);
  CHECK(expected != epoch_of(data.folder(), options, 4));
  for (const int workers : {1, 3, 8}) {
    options.workers = workers;
    options.prefetch = 1 + workers % 3;
    CHECK(epoch_of(data.folder(), options, 3) == expected);
  }
}

TEST_CASE("bytes that are normalised later are the pictures that the loader normalises") {
  const SmallDataset data;
  Loading options = small_options();
  options.transform.mean = {0.3, 0.5, 0.6};
  options.transform.std = {0.2, 0.25, 0.5};
  options.transform.channels = GENERATE(3, 1);  // of grey pictures the first mean is that of all
  options.workers = GENERATE(0, 2);
  PictureStatistics statistics;
  for (size_t c = 0; c < 3; ++c) {
    statistics.mean[c] = options.transform.mean[c];
    statistics.inv_std[c] = 1 / options.transform.std[c];
  }
  const auto floats = epoch_of(data.folder(), options, 1, 2);
  options.dtype = DType::u8;
  Loader loader = loader_of(data.folder(), options);
  loader.start(1, 2);
  for (const Values& expected : floats) {
    const Batch batch = loader.next().value();
    CHECK(batch[PictureSamples::image].dtype() == DType::u8);
    CHECK(batch[PictureSamples::image].channels() == options.transform.channels);
    CHECK(batch.samples == expected.samples);
    CHECK(batch[PictureSamples::label].to_vector() == expected.labels);
    const std::vector<double> normalised = normalize_pictures(batch[PictureSamples::image], statistics).to_vector();
    REQUIRE(normalised.size() == expected.images.size());
    double difference = 0;
    for (size_t i = 0; i < normalised.size(); ++i)
      difference = std::max(difference, std::abs(normalised[i] - expected.images[i]));
    CHECK(difference < 1e-6);
  }
  CHECK_FALSE(loader.next().has_value());
}

TEST_CASE("an epoch can be entered anywhere and left at any time") {
  const SmallDataset data;
  Loading options = small_options();
  options.workers = GENERATE(0, 2);
  const auto whole = epoch_of(data.folder(), options, 2);
  Loader loader = loader_of(data.folder(), options);
  for (int64_t first = 0; first <= 7; ++first) {
    loader.start(5, first / 2);  // to be left in the middle
    (void)loader.next();
    loader.start(2, first);
    const auto rest = rest_of(loader);
    const auto from = whole.begin() + std::min<int64_t>(first, std::ssize(whole));
    CHECK(std::equal(rest.begin(), rest.end(), from, whole.end()));
    CHECK_FALSE(loader.next().has_value());
  }
}

TEST_CASE("loaders that share out the batches make together what one makes") {
  const SmallDataset data;
  Loading options = small_options();
  const auto whole = epoch_of(data.folder(), options, 2);  // of 6 batches, the last of one picture
  options.workers = GENERATE(0, 2);
  for (const int64_t of : {1, 2, 3, 4, 7})
    for (int64_t cut = 1; cut <= of; ++cut)
      for (const int64_t first : {0, 1, 4}) {
        CAPTURE(of, cut, first, options.workers);
        std::vector<Values> both;
        for (const auto& [begin, end] : {std::pair{int64_t{0}, cut}, std::pair{cut, of}}) {
          if (begin == end) continue;
          options.share_first = begin;
          options.share_end = end;
          options.share_of = of;
          for (const Values& batch : epoch_of(data.folder(), options, 2, first)) {
            CHECK((batch.number % of >= begin && batch.number % of < end));
            both.push_back(batch);
          }
        }
        std::sort(both.begin(), both.end(), [](const Values& a, const Values& b) { return a.number < b.number; });
        CHECK(both == std::vector<Values>(whole.begin() + first, whole.end()));
      }
  options.share_first = options.share_end;
  CHECK_THROWS_AS(loader_of(data.folder(), options), Error);
}

TEST_CASE("limit, drop_last, no shuffle") {
  const SmallDataset data;
  Loading options = small_options();
  options.drop_last = true;
  const auto order = shuffled(21, 11).of(0);
  CHECK(loader_of(data.folder(), options).batches() == 5);
  CHECK(samples_of(epoch_of(data.folder(), options, 0)) == std::vector<int64_t>(order.begin(), order.begin() + 20));
  options.limit = 10;
  CHECK(loader_of(data.folder(), options).size() == 8);
  options.drop_last = false;
  CHECK(loader_of(data.folder(), options).size() == 10);
  CHECK(samples_of(epoch_of(data.folder(), options, 0)) == std::vector<int64_t>(order.begin(), order.begin() + 10));
  options.limit = 500;
  CHECK(loader_of(data.folder(), options).size() == 21);
  options.shuffle = false;
  CHECK(samples_of(epoch_of(data.folder(), options, 6)) == in_order(21).of(0));
}

TEST_CASE("batches that are held stay as they are, others give their memory back") {
  const SmallDataset data;
  Loading options = small_options();
  options.workers = GENERATE(0, 2);
  Loader loader = loader_of(data.folder(), options);
  loader.start(0);
  std::vector<Batch> held;
  std::vector<Values> before;
  while (auto batch = loader.next()) {
    before.push_back(values_of(*batch));
    held.push_back(std::move(*batch));
  }
  for (size_t i = 0; i < held.size(); ++i) CHECK(values_of(held[i]) == before[i]);

  std::set<const void*> buffers;
  for (int epoch = 0; epoch < 5; ++epoch) {
    loader.start(epoch);
    while (auto batch = loader.next()) buffers.insert((*batch)[PictureSamples::image].bytes_data());
  }
  CHECK(buffers.size() <= 5);
}

TEST_CASE("a broken picture is an error in place of its batch") {
  const SmallDataset data;
  Loading options = small_options();
  options.workers = GENERATE(0, 2);
  options.shuffle = false;
  data.break_picture(5);
  data.break_picture(6);
  Loader loader = loader_of(data.folder(), options);
  loader.start(0);
  CHECK(loader.next()->number == 0);
  const auto error = thrown_by([&] { (void)loader.next(); });
  CHECK(error.kind == static_cast<int>(ErrorKind::dataset));
  CHECK_THAT(error.message, Catch::Matchers::ContainsSubstring(data.folder().path(5).string()));
  CHECK(loader.next()->number == 2);
  CHECK(rest_of(loader).size() == 3);
  CHECK(loader.bad().empty());
}

TEST_CASE("broken pictures are skipped and listed if that is asked for") {
  const SmallDataset data;
  Loading options = small_options();
  options.workers = GENERATE(0, 2);
  options.dtype = GENERATE(DType::f32, DType::u8);
  options.shuffle = false;
  const auto whole = epoch_of(data.folder(), options, 0);
  options.on_bad = OnBadSample::skip;
  for (const int64_t index : {4, 5, 6, 7, 9, 20}) data.break_picture(index);  // all of batch 1 and of the last
  Loader loader = loader_of(data.folder(), options);
  loader.start(0);
  const auto batches = rest_of(loader);
  REQUIRE(batches.size() == 4);
  CHECK(batches[0] == whole[0]);
  CHECK(batches[1].number == 2);
  CHECK(batches[1].samples == std::vector<int64_t>{8, 10, 11});
  CHECK(batches[1].labels == std::vector<double>{1, 1, 1});
  const size_t picture_size = 16 * 16 * 3;
  auto expected = whole[2].images;
  expected.erase(expected.begin() + picture_size, expected.begin() + 2 * picture_size);
  CHECK(batches[1].images == expected);
  REQUIRE(loader.bad().size() == 6);
  CHECK(loader.bad()[4].path == data.folder().path(9).string());
  CHECK_THAT(loader.bad()[4].message, Catch::Matchers::ContainsSubstring("not a picture"));
}

TEST_CASE("a loader may go away at any time") {
  const SmallDataset data;
  Loading options = small_options();
  options.workers = 3;
  for (int taken = 0; taken < 8; ++taken) {
    Loader loader = loader_of(data.folder(), options);
    if (taken > 0) loader.start(0);
    for (int i = 1; i < taken; ++i) (void)loader.next();
  }
  options.on_bad = OnBadSample::error;
  for (int64_t index = 0; index < 21; ++index) data.break_picture(index);
  Loader loader = loader_of(data.folder(), options);
  loader.start(0);
  CHECK_THROWS_AS(loader.next(), Error);
}

TEST_CASE("before start there is nothing, options that make no sense are refused") {
  const SmallDataset data;
  Loader loader = loader_of(data.folder(), small_options());
  CHECK_FALSE(loader.next().has_value());
  const auto refused = [&](auto&& change, const char* message) {
    Loading options = small_options();
    change(options);
    CHECK_THROWS_WITH(loader_of(data.folder(), options), Catch::Matchers::ContainsSubstring(message));
  };
  refused([](Loading& o) { o.batch_size = 0; }, "the batch size is 0");
  refused([](Loading& o) { o.workers = -1; }, "-1 workers");
  refused([](Loading& o) { o.dtype = DType::i32; }, "the dtype is int32");
  refused([](Loading& o) { o.transform.image_size = 0; }, "the image size is 0");
  refused([](Loading& o) { o.transform.std[1] = 0; }, "standard deviation of channel 1");
}

TEST_CASE("real pictures load", "[real]") {
  const auto data = real_pictures();
  if (data.empty()) {
    WARN("no real pictures: set RADIAL_TEST_DATA to a folder with train/ and val/");
    return;
  }
  const Dataset dataset = open_dataset(data);
  Loading options;
  options.batch_size = 32;
  options.workers = 2;
  options.limit = 256;
  Loader loader = loader_of(dataset.train, options);
  loader.start(0);
  double sum = 0, squares = 0, count = 0;
  while (const auto batch = loader.next()) {
    for (const double value : (*batch)[PictureSamples::image].to_vector()) {
      sum += value;
      squares += value * value;
      ++count;
    }
  }
  CHECK(count == 256 * 224 * 224 * 3);
  CHECK(std::abs(sum / count) < 0.4);  // natural pictures have ImageNet's mean and deviation, about
  CHECK(squares / count == Catch::Approx(1.2).margin(0.5));
}

}  // namespace
}  // namespace radial
