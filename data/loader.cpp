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
namespace {

Tensor rows_of(const Field& field, int64_t rows) {
  std::vector<int64_t> extents = {rows};
  extents.insert(extents.end(), field.shape.begin(), field.shape.end());
  return Tensor::empty(Shape(extents), field.dtype);
}

// Where row `row` of `rows` begins.
std::byte* row_of(Tensor& field, int64_t row, int64_t rows) {
  return static_cast<std::byte*>(field.bytes_data()) +
         static_cast<size_t>(row) * (field.bytes() / static_cast<size_t>(rows));
}

}  // namespace

// Batches in the making lie in a ring of slots, batch b in slot b % ring. Workers claim single samples in the order of
// the epoch, as far ahead as the ring has room, so that all of them work on the batch that is wanted first.
class Loader::Pipeline {
 public:
  Pipeline(std::shared_ptr<const Samples> samples, const Order& order, const LoaderOptions& options);
  ~Pipeline();

  const Samples& samples() const { return *samples_; }
  int64_t size() const { return size_; }
  int64_t batches() const { return divide_up(size_, rows_); }
  void start(int epoch, int64_t first_batch);
  std::optional<Batch> next(int64_t end);
  const std::vector<BadSample::Entry>& bad() const { return bad_; }

 private:
  // Batches that are made count from 0, positions likewise; in the epoch they have the numbers that users know.
  int64_t number_of(int64_t made) const;
  int64_t made_before(int64_t number) const;
  int64_t size_of(int64_t made) const { return std::min(rows_, size_ - number_of(made) * rows_); }
  int64_t position_in_epoch(int64_t made) const { return number_of(made / rows_) * rows_ + made % rows_; }

  using Fields = std::vector<Tensor>;  // with rows_ rows each
  struct Slot {
    Fields fields;
    int64_t size = 0;  // samples of the batch
    int64_t unfinished = 0;
    std::vector<std::exception_ptr> errors;  // of each sample
  };

  Slot& slot_of(int64_t batch) { return slots_[static_cast<size_t>(batch) % slots_.size()]; }
  int64_t claimable_end() const;
  void open_slot(int64_t batch);
  void count_repetitions();
  void make_sample(int64_t position, std::unique_ptr<Reader>& reader) noexcept;
  void read_sample(int64_t position, Slot& slot, int64_t row, Reader& reader);
  void work();
  void start_workers();
  void stop_workers();
  Batch take_batch(Slot& slot, int64_t number);
  void drop_bad(const std::vector<std::exception_ptr>& errors, Batch& batch);
  void note_bad(const std::exception_ptr& error, int64_t sample);

  const std::shared_ptr<const Samples> samples_;
  const Order epochs_;
  const LoaderOptions options_;
  int64_t size_ = 0;                     // samples of an epoch
  int64_t rows_ = 1;                     // of a batch: the batch size, but no more than there are samples
  int64_t made_ = 0, made_batches_ = 0;  // samples and batches of an epoch that are made here

  std::mutex mutex_;
  std::condition_variable room_;      // for workers: samples may be claimed, or it is time to stop
  std::condition_variable finished_;  // for the caller: a batch is whole, or a worker is idle
  std::vector<Slot> slots_;
  std::vector<int64_t> order_;
  std::vector<uint64_t> repetitions_;  // of each position: how often its sample came before; empty if none comes twice
  int epoch_ = 0;
  int64_t claimed_ = 0;    // positions before it are claimed
  int64_t delivered_ = 0;  // batches before it are out of the ring
  int busy_ = 0;           // workers with a sample in hand
  bool stop_ = false;

  std::vector<Fields> lent_;  // what the caller got, to be used again once he has let go of it
  std::vector<BadSample::Entry> bad_;
  std::unique_ptr<Reader> own_reader_;  // of the calling thread, without workers
  std::vector<std::thread> workers_;
};

Loader::Pipeline::Pipeline(std::shared_ptr<const Samples> samples, const Order& order, const LoaderOptions& options)
    : samples_(std::move(samples)), epochs_(order), options_(options) {
  check(options.batch_size > 0, "loader: the batch size is ", options.batch_size, " but must be positive");
  check(options.workers >= 0, "loader: ", options.workers, " workers were asked for but 0 or more are possible");
  check(options.prefetch > 0, "loader: prefetch is ", options.prefetch, " but must be positive");
  size_ = order.size;
  if (options.drop_last) size_ -= size_ % options.batch_size;
  rows_ = std::clamp<int64_t>(size_, 1, options.batch_size);
  check(0 <= options.share_first && options.share_first < options.share_end && options.share_end <= options.share_of,
        "loader: of ", options.share_of, " batches those from ", options.share_first, " to before ", options.share_end,
        " were asked for");
  made_batches_ = made_before(batches());
  for (int64_t batch = 0; batch < made_batches_; ++batch) made_ += size_of(batch);
  if (options.workers == 0) own_reader_ = samples_->reader();
  claimed_ = made_;  // nothing to do before start()
  delivered_ = made_batches_;
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
  claimed_ = made_;  // nothing more of what went before
  finished_.wait(lock, [this] { return busy_ == 0; });
  epoch_ = epoch;
  order_ = epochs_.of(epoch);
  count_repetitions();
  delivered_ = made_before(std::min(first_batch, batches()));
  if (options_.workers > 0) {
    for (size_t i = 0; i < slots_.size(); ++i) open_slot(delivered_ + static_cast<int64_t>(i));
  }
  claimed_ = std::min(delivered_ * rows_, made_);
  lock.unlock();
  room_.notify_all();
}

int64_t Loader::Pipeline::number_of(int64_t made) const {
  const int64_t width = options_.share_end - options_.share_first;
  return made / width * options_.share_of + options_.share_first + made % width;
}

// How many of the batches with smaller numbers are made here.
int64_t Loader::Pipeline::made_before(int64_t number) const {
  const int64_t width = options_.share_end - options_.share_first, rest = number % options_.share_of;
  return number / options_.share_of * width + std::clamp<int64_t>(rest - options_.share_first, 0, width);
}

void Loader::Pipeline::count_repetitions() {
  check(std::ssize(order_) == epochs_.size, "loader: the order of epoch ", epoch_, " has ", order_.size(),
        " samples but ", epochs_.size, " were announced");
  repetitions_.assign(order_.size(), 0);
  std::vector<uint64_t> times(static_cast<size_t>(samples_->size()));
  bool twice = false;
  for (size_t i = 0; i < order_.size(); ++i) {
    check(order_[i] >= 0 && order_[i] < samples_->size(), "loader: the order of epoch ", epoch_, " has the sample ",
          order_[i], " but there are ", samples_->size());
    repetitions_[i] = times[static_cast<size_t>(order_[i])]++;
    twice = twice || repetitions_[i] > 0;
  }
  if (!twice) repetitions_ = {};
}

// Makes the slot ready for a batch, with tensors that the caller has let go of, or new ones.
void Loader::Pipeline::open_slot(int64_t batch) {
  if (batch >= made_batches_) return;
  Slot& slot = slot_of(batch);
  if (slot.fields.empty()) {
    const auto free = std::find_if(lent_.begin(), lent_.end(), [](const Fields& fields) {
      return std::all_of(fields.begin(), fields.end(), [](const Tensor& field) { return field.sole_owner(); });
    });
    if (free != lent_.end()) {
      std::atomic_thread_fence(std::memory_order_acquire);  // after the last use by whichever thread let go of them
      slot.fields = std::move(*free);
      lent_.erase(free);
    } else {
      for (const Field& field : samples_->fields()) slot.fields.push_back(rows_of(field, rows_));
    }
  }
  slot.size = slot.unfinished = size_of(batch);
  slot.errors.assign(static_cast<size_t>(slot.size), nullptr);
}

// Positions before it belong to batches that have a slot.
int64_t Loader::Pipeline::claimable_end() const {
  return std::min(made_, (delivered_ + static_cast<int64_t>(slots_.size())) * rows_);
}

void Loader::Pipeline::work() {
  std::unique_ptr<Reader> reader;
  std::unique_lock lock(mutex_);
  while (true) {
    room_.wait(lock, [this] { return stop_ || claimed_ < claimable_end(); });
    if (stop_) return;
    const int64_t position = claimed_++;
    ++busy_;
    lock.unlock();
    make_sample(position, reader);
    lock.lock();
    --busy_;
    if (--slot_of(position / rows_).unfinished == 0 || busy_ == 0) finished_.notify_one();
  }
}

// Never throws: what goes wrong is kept for the caller of next().
void Loader::Pipeline::make_sample(int64_t position, std::unique_ptr<Reader>& reader) noexcept {
  Slot& slot = slot_of(position / rows_);
  const int64_t row = position % rows_;
  try {
    if (reader == nullptr) reader = samples_->reader();
    read_sample(position, slot, row, *reader);
  } catch (...) {
    slot.errors[static_cast<size_t>(row)] = std::current_exception();
  }
}

void Loader::Pipeline::read_sample(int64_t position, Slot& slot, int64_t row, Reader& reader) {
  const auto place = static_cast<size_t>(position_in_epoch(position));
  const auto sample = static_cast<uint64_t>(order_[place]);
  const uint64_t repetition = repetitions_.empty() ? 0 : repetitions_[place];
  const Random random(options_.seed, Stream::augment, static_cast<uint32_t>(epoch_), sample + (repetition << 40));
  std::vector<std::byte*> rows;
  for (Tensor& field : slot.fields) rows.push_back(row_of(field, row, rows_));
  reader.read(order_[place], random, rows);
}

std::optional<Batch> Loader::Pipeline::next(int64_t end) {
  while (delivered_ < made_batches_ && number_of(delivered_) < end) {
    const int64_t made = delivered_;
    Slot& slot = slot_of(made);
    if (options_.workers == 0) {
      open_slot(made);
      for (; claimed_ < claimable_end(); ++claimed_) make_sample(claimed_, own_reader_);
    } else {
      std::unique_lock lock(mutex_);
      finished_.wait(lock, [&] { return slot.unfinished == 0; });
    }
    // No worker touches the slot before delivered_ grows.
    Batch batch = take_batch(slot, number_of(made));
    const std::vector<std::exception_ptr> errors = std::exchange(slot.errors, {});
    if (options_.workers > 0) open_slot(made + static_cast<int64_t>(slots_.size()));
    {
      const std::lock_guard lock(mutex_);
      ++delivered_;
    }
    room_.notify_all();
    drop_bad(errors, batch);
    if (!batch.samples.empty()) return batch;
  }
  return std::nullopt;
}

Batch Loader::Pipeline::take_batch(Slot& slot, int64_t number) {
  Batch batch{.number = number, .epoch = epoch_};
  for (const Tensor& field : slot.fields) batch.fields.push_back(field.slice(0, slot.size));
  const auto first = order_.begin() + number * rows_;
  batch.samples.assign(first, first + slot.size);
  lent_.push_back(std::exchange(slot.fields, {}));
  if (lent_.size() > slots_.size() + 2) lent_.erase(lent_.begin());  // the caller keeps them
  return batch;
}

// Throws the first error, or leaves the samples out that have one.
void Loader::Pipeline::drop_bad(const std::vector<std::exception_ptr>& errors, Batch& batch) {
  if (std::all_of(errors.begin(), errors.end(), [](const auto& error) { return error == nullptr; })) return;
  const auto rows = static_cast<int64_t>(errors.size());
  int64_t kept = 0;
  for (int64_t i = 0; i < rows; ++i) {
    const int64_t sample = batch.samples[static_cast<size_t>(i)];
    if (const std::exception_ptr& error = errors[static_cast<size_t>(i)]; error != nullptr) {
      note_bad(error, sample);
      continue;
    }
    for (Tensor& field : batch.fields)
      std::memmove(row_of(field, kept, rows), row_of(field, i, rows), field.bytes() / errors.size());
    batch.samples[static_cast<size_t>(kept++)] = sample;
  }
  batch.samples.resize(static_cast<size_t>(kept));
  for (Tensor& field : batch.fields) field = field.slice(0, kept);
}

// Only a bad sample may be skipped: other errors are the caller's.
void Loader::Pipeline::note_bad(const std::exception_ptr& error, int64_t sample) {
  try {
    std::rethrow_exception(error);
  } catch (const BadSample& bad) {
    if (options_.on_bad == OnBadSample::error) throw;
    bad_.push_back({samples_->name(sample), bad.what()});
  }
}

Loader::Loader(std::shared_ptr<const Samples> samples, const Order& order, const LoaderOptions& options)
    : pipeline_(std::make_unique<Pipeline>(std::move(samples), order, options)) {}
Loader::~Loader() = default;
Loader::Loader(Loader&&) noexcept = default;
const Samples& Loader::samples() const { return pipeline_->samples(); }
int64_t Loader::size() const { return pipeline_->size(); }
int64_t Loader::batches() const { return pipeline_->batches(); }
void Loader::start(int epoch, int64_t first_batch) { pipeline_->start(epoch, first_batch); }
std::optional<Batch> Loader::next(int64_t end) { return pipeline_->next(end); }
const std::vector<BadSample::Entry>& Loader::bad() const { return pipeline_->bad(); }

}  // namespace radial
