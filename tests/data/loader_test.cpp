// The loader: the same batches whatever the workers, any place of an epoch, pictures that are broken.
#include "data/loader.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>
#include <thread>

#include "core/ops.h"
#include "tests/data/fixtures.h"

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

LoaderOptions small_options() {
  LoaderOptions options;
  options.transform.image_size = 16;
  options.batch_size = 4;
  options.seed = 11;
  return options;
}

// A batch as plain values, to be compared.
struct Values {
  int64_t number;
  std::vector<int64_t> indices;
  std::vector<double> labels, images;
  bool operator==(const Values&) const = default;
};

Values values_of(const Batch& batch) {
  return {batch.number, batch.indices, batch.labels.to_vector(), batch.images.to_vector()};
}

std::vector<Values> rest_of(Loader& loader) {
  std::vector<Values> batches;
  while (const auto batch = loader.next()) batches.push_back(values_of(*batch));
  return batches;
}

std::vector<Values> epoch_of(const ImageFolder& folder, const LoaderOptions& options, int epoch, int64_t first = 0) {
  Loader loader(folder, options);
  loader.start(epoch, first);
  return rest_of(loader);
}

std::vector<int64_t> indices_of(const std::vector<Values>& batches) {
  std::vector<int64_t> all;
  for (const Values& batch : batches) all.insert(all.end(), batch.indices.begin(), batch.indices.end());
  return all;
}

TEST_CASE("the order of an epoch is a permutation that seed and epoch decide") {
  for (const int64_t n : {0, 1, 2, 1000}) {
    std::vector<int64_t> order = epoch_order(n, true, 1, 0);
    CHECK(order == epoch_order(n, true, 1, 0));
    if (n == 1000) {
      CHECK(order != epoch_order(n, true, 1, 1));
      CHECK(order != epoch_order(n, true, 2, 0));
    }
    std::sort(order.begin(), order.end());
    CHECK(order == epoch_order(n, false, 1, 0));
  }
  // Each place is taken by each number about equally often.
  std::array<int, 16> counts{};
  for (int epoch = 0; epoch < 4000; ++epoch) {
    const auto order = epoch_order(4, true, 9, epoch);
    for (size_t place = 0; place < 4; ++place) ++counts[place * 4 + static_cast<size_t>(order[place])];
  }
  CHECK(std::all_of(counts.begin(), counts.end(), [](int count) { return count > 880 && count < 1120; }));
}

TEST_CASE("an epoch holds each picture once, with its label and pixels") {
  const SmallDataset data;
  const LoaderOptions options = small_options();
  const auto batches = epoch_of(data.folder(), options, 1);
  REQUIRE(batches.size() == 6);
  CHECK(batches.back().indices.size() == 1);
  std::vector<int64_t> indices = indices_of(batches);
  CHECK(indices == epoch_order(21, true, 11, 1));
  PictureTransform transform(options.transform);
  std::vector<float> expected(16 * 16 * 3);
  for (const Values& batch : batches) {
    for (size_t i = 0; i < batch.indices.size(); ++i) {
      const int64_t index = batch.indices[i];
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
  LoaderOptions options = small_options();
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
  LoaderOptions options = small_options();
  options.transform.mean = {0.3, 0.5, 0.6};
  options.transform.std = {0.2, 0.25, 0.5};
  options.workers = GENERATE(0, 2);
  PictureStatistics statistics;
  for (size_t c = 0; c < 3; ++c) {
    statistics.mean[c] = options.transform.mean[c];
    statistics.inv_std[c] = 1 / options.transform.std[c];
  }
  const auto floats = epoch_of(data.folder(), options, 1, 2);
  options.dtype = DType::u8;
  Loader loader(data.folder(), options);
  loader.start(1, 2);
  for (const Values& expected : floats) {
    const Batch batch = loader.next().value();
    CHECK(batch.images.dtype() == DType::u8);
    CHECK(batch.indices == expected.indices);
    CHECK(batch.labels.to_vector() == expected.labels);
    const std::vector<double> normalised = normalize_pictures(batch.images, statistics).to_vector();
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
  LoaderOptions options = small_options();
  options.workers = GENERATE(0, 2);
  const auto whole = epoch_of(data.folder(), options, 2);
  Loader loader(data.folder(), options);
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

TEST_CASE("limit, drop_last, no shuffle") {
  const SmallDataset data;
  LoaderOptions options = small_options();
  options.drop_last = true;
  const auto order = epoch_order(21, true, 11, 0);
  CHECK(Loader(data.folder(), options).batches() == 5);
  CHECK(indices_of(epoch_of(data.folder(), options, 0)) == std::vector<int64_t>(order.begin(), order.begin() + 20));
  options.limit = 10;
  CHECK(Loader(data.folder(), options).images() == 8);
  options.drop_last = false;
  CHECK(Loader(data.folder(), options).images() == 10);
  CHECK(indices_of(epoch_of(data.folder(), options, 0)) == std::vector<int64_t>(order.begin(), order.begin() + 10));
  options.limit = 500;
  CHECK(Loader(data.folder(), options).images() == 21);
  options.shuffle = false;
  CHECK(indices_of(epoch_of(data.folder(), options, 6)) == epoch_order(21, false, 0, 0));
}

TEST_CASE("batches that are held stay as they are, others give their memory back") {
  const SmallDataset data;
  LoaderOptions options = small_options();
  options.workers = GENERATE(0, 2);
  Loader loader(data.folder(), options);
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
    while (auto batch = loader.next()) buffers.insert(batch->images.bytes_data());
  }
  CHECK(buffers.size() <= 5);
}

TEST_CASE("a broken picture is an error in place of its batch") {
  const SmallDataset data;
  LoaderOptions options = small_options();
  options.workers = GENERATE(0, 2);
  options.shuffle = false;
  data.break_picture(5);
  data.break_picture(6);
  Loader loader(data.folder(), options);
  loader.start(0);
  CHECK(loader.next()->number == 0);
  const auto error = thrown_by([&] { (void)loader.next(); });
  CHECK(error.kind == static_cast<int>(ErrorKind::dataset));
  CHECK_THAT(error.message, Catch::Matchers::ContainsSubstring(data.folder().path(5).string()));
  CHECK(loader.next()->number == 2);
  CHECK(rest_of(loader).size() == 3);
  CHECK(loader.bad_images().empty());
}

TEST_CASE("broken pictures are skipped and listed if that is asked for") {
  const SmallDataset data;
  LoaderOptions options = small_options();
  options.workers = GENERATE(0, 2);
  options.dtype = GENERATE(DType::f32, DType::u8);
  options.shuffle = false;
  const auto whole = epoch_of(data.folder(), options, 0);
  options.on_bad_image = OnBadImage::skip;
  for (const int64_t index : {4, 5, 6, 7, 9, 20}) data.break_picture(index);  // all of batch 1 and of the last
  Loader loader(data.folder(), options);
  loader.start(0);
  const auto batches = rest_of(loader);
  REQUIRE(batches.size() == 4);
  CHECK(batches[0] == whole[0]);
  CHECK(batches[1].number == 2);
  CHECK(batches[1].indices == std::vector<int64_t>{8, 10, 11});
  CHECK(batches[1].labels == std::vector<double>{1, 1, 1});
  const size_t picture_size = 16 * 16 * 3;
  auto expected = whole[2].images;
  expected.erase(expected.begin() + picture_size, expected.begin() + 2 * picture_size);
  CHECK(batches[1].images == expected);
  REQUIRE(loader.bad_images().size() == 6);
  CHECK(loader.bad_images()[4].path == data.folder().path(9).string());
  CHECK_THAT(loader.bad_images()[4].message, Catch::Matchers::ContainsSubstring("not a picture"));
}

TEST_CASE("a loader may go away at any time") {
  const SmallDataset data;
  LoaderOptions options = small_options();
  options.workers = 3;
  for (int taken = 0; taken < 8; ++taken) {
    Loader loader(data.folder(), options);
    if (taken > 0) loader.start(0);
    for (int i = 1; i < taken; ++i) (void)loader.next();
  }
  options.on_bad_image = OnBadImage::error;
  for (int64_t index = 0; index < 21; ++index) data.break_picture(index);
  Loader loader(data.folder(), options);
  loader.start(0);
  CHECK_THROWS_AS(loader.next(), Error);
}

TEST_CASE("before start there is nothing, options that make no sense are refused") {
  const SmallDataset data;
  Loader loader(data.folder(), small_options());
  CHECK_FALSE(loader.next().has_value());
  const auto refused = [&](auto&& change, const char* message) {
    LoaderOptions options = small_options();
    change(options);
    CHECK_THROWS_WITH(Loader(data.folder(), options), Catch::Matchers::ContainsSubstring(message));
  };
  refused([](LoaderOptions& o) { o.batch_size = 0; }, "the batch size is 0");
  refused([](LoaderOptions& o) { o.workers = -1; }, "-1 workers");
  refused([](LoaderOptions& o) { o.limit = -3; }, "the limit is -3");
  refused([](LoaderOptions& o) { o.dtype = DType::i32; }, "the dtype is int32");
  refused([](LoaderOptions& o) { o.transform.image_size = 0; }, "the image size is 0");
  refused([](LoaderOptions& o) { o.transform.std[1] = 0; }, "standard deviation of channel 1");
}

TEST_CASE("real pictures load", "[real]") {
  const auto data = real_pictures();
  if (data.empty()) {
    WARN("no real pictures: set RADIAL_TEST_DATA to a folder with train/ and val/");
    return;
  }
  const Dataset dataset = open_dataset(data);
  LoaderOptions options;
  options.batch_size = 32;
  options.workers = 2;
  options.limit = 256;
  Loader loader(dataset.train, options);
  loader.start(0);
  double sum = 0, squares = 0, count = 0;
  while (const auto batch = loader.next()) {
    for (const double value : batch->images.to_vector()) {
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
