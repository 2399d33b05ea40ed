// Ranks share out the batches of an evaluation: each comes to one of them, in order.
#include "train/evaluation.h"

#include <mutex>

#include "core/ops.h"
#include "data/picture_samples.h"
#include "tests/catch.h"
#include "tests/dist/thread_group.h"
#include "tests/train/pictures.h"
#include "train/together.h"

using namespace radial;

namespace {

// Catch2 is no friend of threads: whether f says so on all ranks.
bool on_all_ranks(int ranks, const std::function<bool(Group&)>& f) {
  std::vector<char> right(static_cast<size_t>(ranks), 0);
  ThreadGroups(ranks).run([&](Group& group) { right[static_cast<size_t>(group.rank())] = f(group) ? 1 : 0; });
  return right == std::vector<char>(right.size(), 1);
}

}  // namespace

TEST_CASE("each sample of an evaluation comes to one rank, and what they find is gathered in order") {
  const ImageFolder folder = open_split(small_pictures(), "val", OnBadSample::error);
  const auto samples = std::make_shared<PictureSamples>(folder, TransformOptions{}, DType::u8);
  for (const int64_t batch_size : {1, 4, 100})  // the last: fewer batches than ranks
    for (const int ranks : {1, 2, 3, 5}) {
      CAPTURE(batch_size, ranks);
      std::vector<int64_t> all;
      for (int64_t i = 0; i < samples->size(); ++i) all.push_back(i);
      CHECK(on_all_ranks(ranks, [&](Group& group) {
        Loader loader(samples, in_order(samples->size()), {.batch_size = batch_size, .workers = 0});
        std::vector<int64_t> own;
        int64_t told = 0;
        const bool done = for_each_batch(
            loader, {.group = &group, .progress = [&](int64_t batch, int64_t) { told = batch; }},
            [&](const Batch& batch) { own.insert(own.end(), batch.samples.begin(), batch.samples.end()); });
        return done && told == loader.batches() && joined_ranks<int64_t>(group, own) == all;
      }));
      CHECK(on_all_ranks(ranks, [&](Group& group) {
        Loader loader(samples, in_order(samples->size()), {.batch_size = batch_size, .workers = 0});
        return !for_each_batch(loader, {.group = &group, .stop = [] { return true; }}, [](const Batch&) {});
      }));
    }
}

TEST_CASE("rows of ranks become those of one, also where a rank has none") {
  for (const DType dtype : {DType::f32, DType::f64, DType::bf16})
    CHECK(on_all_ranks(3, [&](Group& group) {
      // Rank 0 has none.
      const Tensor own = group.rank() == 0 ? Tensor() : Tensor::full({group.rank(), 2}, group.rank(), dtype);
      const Tensor all = joined_rows(group, own, {});
      return all.dtype() == dtype && all.shape() == Shape{3, 2} &&
             all.to_vector() == std::vector<double>{1, 1, 2, 2, 2, 2};
    }));
  CHECK(on_all_ranks(2, [](Group& group) { return !joined_rows(group, {}, {}).defined(); }));
}
