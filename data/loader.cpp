#include "data/loader.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "core/error.h"
#include "core/parallel.h"
#include "core/random.h"

namespace radial {

std::vector<int64_t> epoch_order(int64_t n, bool shuffle, uint64_t seed, int epoch) {
  std::vector<int64_t> order(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; ++i) order[static_cast<size_t>(i)] = i;
  if (!shuffle) return order;
  Random random(seed, Stream::shuffle, static_cast<uint32_t>(epoch));
  for (int64_t i = n - 1; i > 0; --i) {  // Fisher and Yates
    std::swap(order[static_cast<size_t>(i)], order[static_cast<size_t>(random.below(i + 1))]);
  }
  return order;
}

// Batches in the making lie in a ring of slots, batch b in slot b % ring. Workers claim single pictures in the order of
// the epoch, as far ahead as the ring has room, so that all of them work on the batch that is wanted first.
class Loader::Pipeline {
 public:
  Pipeline(const ImageFolder& folder, const LoaderOptions& options);
  ~Pipeline();

  int64_t images() const { return images_; }
  int64_t batches() const { return divide_up(images_, rows_); }
  void start(int epoch, int64_t first_batch);
  std::optional<Batch> next(int64_t end);
  const std::vector<BadImage>& bad_images() const { return bad_images_; }

 private:
  struct Tensors {
    Tensor images, labels;  // with rows_ rows
  };
  struct Slot : Tensors {
    int64_t size = 0;  // pictures of the batch
    int64_t unfinished = 0;
    std::vector<std::exception_ptr> errors;  // of each picture
  };

  // What a thread keeps from picture to picture.
  struct Workbench {
    explicit Workbench(const TransformOptions& options) : transform(options) {}
    std::vector<uint8_t> bytes;
    Image image;
    PictureTransform transform;
  };

  Slot& slot_of(int64_t batch) { return slots_[static_cast<size_t>(batch) % slots_.size()]; }
  int64_t sample_at(int64_t position) const { return order_[static_cast<size_t>(position)]; }
  int64_t claimable_end() const;
  void open_slot(int64_t batch);
  void make_picture(int64_t position, std::unique_ptr<Workbench>& bench) noexcept;
  void load_picture(int64_t position, Slot& slot, int64_t row, Workbench& bench);
  void work();
  void start_workers();
  void stop_workers();
  Batch take_batch(Slot& slot, int64_t number);
  void drop_bad_pictures(const std::vector<std::exception_ptr>& errors, Batch& batch);
  void note_bad_picture(const std::exception_ptr& error, int64_t index);

  const ImageFolder& folder_;
  const LoaderOptions options_;
  int64_t images_ = 0;  // of an epoch
  int64_t rows_ = 1;    // of a batch: the batch size, but no more than there are pictures

  std::mutex mutex_;
  std::condition_variable room_;      // for workers: pictures may be claimed, or it is time to stop
  std::condition_variable finished_;  // for the caller: a batch is whole, or a worker is idle
  std::vector<Slot> slots_;
  std::vector<int64_t> order_;
  int epoch_ = 0;
  int64_t claimed_ = 0;    // positions before it are claimed
  int64_t delivered_ = 0;  // batches before it are out of the ring
  int busy_ = 0;           // workers with a picture in hand
  bool stop_ = false;

  std::vector<Tensors> lent_;  // what the caller got, to be used again once he has let go of it
  std::vector<BadImage> bad_images_;
  std::unique_ptr<Workbench> own_bench_;  // of the calling thread, without workers
  std::vector<std::thread> workers_;
};

Loader::Pipeline::Pipeline(const ImageFolder& folder, const LoaderOptions& options)
    : folder_(folder), options_(options) {
  check(options.batch_size > 0, "loader: the batch size is ", options.batch_size, " but must be positive");
  check(options.workers >= 0, "loader: ", options.workers, " workers were asked for but 0 or more are possible");
  check(options.prefetch > 0, "loader: prefetch is ", options.prefetch, " but must be positive");
  check(options.limit >= 0, "loader: the limit is ", options.limit, " but must be 0 (none) or positive");
  check(options.dtype == DType::f32 || options.dtype == DType::f64 || options.dtype == DType::u8,
        "loader: the dtype is ", name_of(options.dtype), " but pictures are float32, float64 or uint8");
  images_ = options.limit > 0 ? std::min(options.limit, folder.size()) : folder.size();
  if (options.drop_last) images_ -= images_ % options.batch_size;
  rows_ = std::clamp<int64_t>(images_, 1, options.batch_size);
  own_bench_ = std::make_unique<Workbench>(options.transform);  // which checks these options
  claimed_ = images_;                                           // nothing to do before start()
  delivered_ = batches();
  slots_.resize(options.workers > 0 ? static_cast<size_t>(options.prefetch) : 1);
  start_workers();
}

void Loader::Pipeline::start_workers() {
  try {
    for (int i = 0; i < options_.workers; ++i) workers_.emplace_back([this] { work(); });
  } catch (const std::system_error& error) {
    const size_t started = workers_.size();
    stop_workers();
    fail(ErrorKind::io, "loader: cannot start worker ", started + 1, " of ", options_.workers, ": ",
         error.code().message(), "; a smaller --workers needs fewer threads");
  } catch (...) {
    stop_workers();
    throw;
  }
}

Loader::Pipeline::~Pipeline() { stop_workers(); }

void Loader::Pipeline::stop_workers() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  room_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void Loader::Pipeline::start(int epoch, int64_t first_batch) {
  check(epoch >= 0 && first_batch >= 0, "loader: epoch ", epoch, ", batch ", first_batch,
        " was asked for but neither may be negative");
  std::unique_lock lock(mutex_);
  claimed_ = images_;  // nothing more of what went before
  finished_.wait(lock, [this] { return busy_ == 0; });
  epoch_ = epoch;
  order_ = epoch_order(folder_.size(), options_.shuffle, options_.seed, epoch);
  delivered_ = std::min(first_batch, batches());
  if (options_.workers > 0) {
    for (size_t i = 0; i < slots_.size(); ++i) open_slot(delivered_ + static_cast<int64_t>(i));
  }
  claimed_ = std::min(delivered_ * rows_, images_);
  lock.unlock();
  room_.notify_all();
}

// Makes the slot ready for a batch, with tensors that the caller has let go of, or new ones.
void Loader::Pipeline::open_slot(int64_t batch) {
  if (batch >= batches()) return;
  Slot& slot = slot_of(batch);
  if (!slot.images.defined()) {
    const auto free = std::find_if(lent_.begin(), lent_.end(), [](const Tensors& tensors) {
      return tensors.images.sole_owner() && tensors.labels.sole_owner();
    });
    if (free != lent_.end()) {
      std::atomic_thread_fence(std::memory_order_acquire);  // after the last use by whichever thread let go of them
      static_cast<Tensors&>(slot) = std::move(*free);
      lent_.erase(free);
    } else {
      const int64_t size = options_.transform.image_size;
      slot.images = Tensor::empty({rows_, size, size, 3}, options_.dtype);
      slot.labels = Tensor::empty({rows_}, DType::i32);
    }
  }
  slot.size = slot.unfinished = std::min(rows_, images_ - batch * rows_);
  slot.errors.assign(static_cast<size_t>(slot.size), nullptr);
}

// Positions before it belong to batches that have a slot.
int64_t Loader::Pipeline::claimable_end() const {
  return std::min(images_, (delivered_ + static_cast<int64_t>(slots_.size())) * rows_);
}

void Loader::Pipeline::work() {
  std::unique_ptr<Workbench> bench;
  std::unique_lock lock(mutex_);
  while (true) {
    room_.wait(lock, [this] { return stop_ || claimed_ < claimable_end(); });
    if (stop_) return;
    const int64_t position = claimed_++;
    ++busy_;
    lock.unlock();
    make_picture(position, bench);
    lock.lock();
    --busy_;
    if (--slot_of(position / rows_).unfinished == 0 || busy_ == 0) finished_.notify_one();
  }
}

// Never throws: what goes wrong is kept for the caller of next().
void Loader::Pipeline::make_picture(int64_t position, std::unique_ptr<Workbench>& bench) noexcept {
  Slot& slot = slot_of(position / rows_);
  const int64_t row = position % rows_;
  try {
    if (bench == nullptr) bench = std::make_unique<Workbench>(options_.transform);
    load_picture(position, slot, row, *bench);
  } catch (...) {
    slot.errors[static_cast<size_t>(row)] = std::current_exception();
  }
}

void Loader::Pipeline::load_picture(int64_t position, Slot& slot, int64_t row, Workbench& bench) {
  const int64_t index = sample_at(position);
  const std::filesystem::path path = folder_.path(index);
  read_bytes(path, bench.bytes);
  decode_image(bench.bytes, path.string(), bench.image);
  const Random random(options_.seed, Stream::augment, static_cast<uint32_t>(epoch_), static_cast<uint64_t>(index));
  const int64_t picture = slot.images.numel() / rows_;
  const auto make = [&]<class T>(T* images) { bench.transform.run(bench.image, random, images + row * picture); };
  switch (options_.dtype) {
    case DType::f64:
      make(slot.images.data<double>());
      break;
    case DType::u8:
      make(slot.images.data<uint8_t>());
      break;
    default:
      make(slot.images.data<float>());
  }
  slot.labels.data<int32_t>()[row] = folder_.samples[static_cast<size_t>(index)].label;
}

std::optional<Batch> Loader::Pipeline::next(int64_t end) {
  while (delivered_ < std::min(end, batches())) {
    const int64_t number = delivered_;
    Slot& slot = slot_of(number);
    if (options_.workers == 0) {
      open_slot(number);
      for (; claimed_ < claimable_end(); ++claimed_) make_picture(claimed_, own_bench_);
    } else {
      std::unique_lock lock(mutex_);
      finished_.wait(lock, [&] { return slot.unfinished == 0; });
    }
    // No worker touches the slot before delivered_ grows.
    Batch batch = take_batch(slot, number);
    const std::vector<std::exception_ptr> errors = std::exchange(slot.errors, {});
    if (options_.workers > 0) open_slot(number + static_cast<int64_t>(slots_.size()));
    {
      const std::lock_guard lock(mutex_);
      ++delivered_;
    }
    room_.notify_all();
    drop_bad_pictures(errors, batch);
    if (!batch.indices.empty()) return batch;
  }
  return std::nullopt;
}

Batch Loader::Pipeline::take_batch(Slot& slot, int64_t number) {
  Batch batch{slot.images.slice(0, slot.size), slot.labels.slice(0, slot.size), {}, number};
  const auto first = order_.begin() + number * rows_;
  batch.indices.assign(first, first + slot.size);
  lent_.push_back({std::exchange(slot.images, {}), std::exchange(slot.labels, {})});
  if (lent_.size() > slots_.size() + 2) lent_.erase(lent_.begin());  // the caller keeps them
  return batch;
}

// Throws the first error, or leaves the pictures out that have one.
void Loader::Pipeline::drop_bad_pictures(const std::vector<std::exception_ptr>& errors, Batch& batch) {
  if (std::all_of(errors.begin(), errors.end(), [](const auto& error) { return error == nullptr; })) return;
  const size_t image_bytes = batch.images.bytes() / errors.size();
  auto* images = static_cast<char*>(batch.images.bytes_data());
  auto* labels = batch.labels.data<int32_t>();
  size_t kept = 0;
  for (size_t i = 0; i < errors.size(); ++i) {
    if (errors[i] != nullptr) {
      note_bad_picture(errors[i], batch.indices[i]);
      continue;
    }
    std::memmove(images + kept * image_bytes, images + i * image_bytes, image_bytes);
    labels[kept] = labels[i];
    batch.indices[kept++] = batch.indices[i];
  }
  batch.indices.resize(kept);
  batch.images = batch.images.slice(0, static_cast<int64_t>(kept));
  batch.labels = batch.labels.slice(0, static_cast<int64_t>(kept));
}

// Only a bad picture may be skipped: other errors are the caller's.
void Loader::Pipeline::note_bad_picture(const std::exception_ptr& error, int64_t index) {
  try {
    std::rethrow_exception(error);
  } catch (const BadPicture& bad) {
    if (options_.on_bad_image == OnBadImage::error) throw;
    bad_images_.push_back({folder_.path(index).string(), bad.what()});
  }
}

Loader::Loader(const ImageFolder& folder, const LoaderOptions& options)
    : pipeline_(std::make_unique<Pipeline>(folder, options)) {}
Loader::~Loader() = default;
Loader::Loader(Loader&&) noexcept = default;
int64_t Loader::images() const { return pipeline_->images(); }
int64_t Loader::batches() const { return pipeline_->batches(); }
void Loader::start(int epoch, int64_t first_batch) { pipeline_->start(epoch, first_batch); }
std::optional<Batch> Loader::next(int64_t end) { return pipeline_->next(end); }
const std::vector<BadImage>& Loader::bad_images() const { return pipeline_->bad_images(); }

}  // namespace radial
