#include "train/trainer.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>
#include <utility>

#include "core/autograd.h"
#include "core/ops.h"
#include "nn/weights.h"
#include "train/checkpoint.h"
#include "train/non_finite.h"

namespace radial::apps {
namespace {

int64_t rounded_up(int64_t n, int64_t divisor) { return (n + divisor - 1) / divisor; }

// Initial values are made on the CPU, so that they do not depend on the device.
std::unique_ptr<Layer> build_model(const TrainOptions& options, Device device) {
  auto model = make_model(model_options(options));
  model->to(weights_dtype(options.dtype));
  if (!options.init.empty()) load_weights(*model, weights_path(options.init));
  model->to(device);
  set_tf32(device, options.dtype == "tf32");
  return model;
}

// At most 100 rows a layer and epoch, of the steps that are measured.
int64_t default_layers_every(int64_t record_every, int64_t steps_per_epoch) {
  return rounded_up(rounded_up(steps_per_epoch, 100), record_every) * record_every;
}

}  // namespace

Trainer::Trainer(const TrainOptions& options, const Dataset& dataset)
    : options_(options),
      dataset_(dataset),
      device_(device_from(options.device, options.dtype)),
      input_(network_input(options, device_)),
      train_loader_(dataset.train, train_loader_options(options)),
      val_loader_(dataset.val, val_loader_options(options)),
      model_(build_model(options, device_)),
      optimizer_(make_optimizer(optimizer_options(options), model_->parameters())),
      schedule_(schedule_options(options)),
      scores_(device_) {
  check(batches() > 0, "train: --drop-last leaves no batch of ", options.batch_size, " of ", dataset.train.size(),
        " pictures");
  check_last_batch();
  // A profile has a time for each kernel; gradients that are added up begin with those of the batch before.
  if (options.cuda_graph && device_.type == DeviceType::cuda && !options.profile && options.accumulate == 1)
    graph_.emplace(*model_, input_, options.label_smoothing);
  if (options.record_every == 0) return;
  recorder_.emplace(options.record_every);
  optimizer_->observe(*recorder_);
  layers_every_ =
      options.layers_every.value_or(static_cast<int>(default_layers_every(options.record_every, steps_per_epoch())));
  check(layers_every_ % options.record_every == 0, "train: --layers-every ", layers_every_,
        " is no multiple of --record-every ", options.record_every);
}

// Batch norm cannot train on a single row: better said now than at the end of the first epoch. Where pictures may be
// left out, any batch may come to that.
void Trainer::check_last_batch() {
  const bool comes = options_.batch_size == 1 || images() % options_.batch_size == 1;
  if (!comes && options_.on_bad_image == "error") return;
  const auto probe = make_model(model_options(options_));
  try {
    (*probe)(Tensor::zeros({1, options_.image_size, options_.image_size, 3}));
  } catch (const Error& error) {
    needs_two_rows_ = true;
    if (!comes) return;
    fail(error.kind(), error.what(), options_.batch_size == 1 ? "; each" : "; the last",
         " batch holds a single picture (", images(), " pictures, --batch-size ", options_.batch_size, "): use ",
         options_.batch_size == 1 ? "" : "--drop-last or ", "another batch size");
  }
}

int64_t Trainer::steps_per_epoch() const { return rounded_up(batches(), options_.accumulate); }

void Trainer::begin_epoch() {
  model_->train();
  train_loader_.start(state.epoch, state.batch);
}

bool Trainer::step() {
  const Stopwatch watch;
  const std::vector<Batch> batches = next_batches();
  waited_ = batches.empty() ? 0 : watch.seconds();
  if (batches.empty()) {
    check(state.sums.images > 0 || !pending_.empty(), ErrorKind::dataset, "train: no picture of epoch ", state.epoch,
          " could be used (", dataset_.train.root.string(), ")");
    state.batch = this->batches();  // behind batches that were passed over, too
    return false;
  }

  const int64_t step_of_epoch = batches.front().number / options_.accumulate;
  const double factor = lr_factor(schedule_, state.epoch, step_of_epoch, steps_per_epoch(), options_.epochs);
  half_way_ = true;
  optimizer_->set_lr_factor(factor);
  optimizer_->zero_grad();
  gradients(batches);
  optimizer_->step();

  state.step = optimizer_->steps();
  state.batch = std::min((step_of_epoch + 1) * options_.accumulate, this->batches());
  state.lr = options_.lr * factor;

  PendingStep step;
  step.report.step = state.step;
  step.report.epoch = state.epoch;
  step.report.lr = state.lr;
  step.batches = batches.size();
  for (const Batch& batch : batches)
    step.pictures.insert(step.pictures.end(), batch.indices.begin(), batch.indices.end());
  if (recorder_) step.record = recorder_->record();
  step.layers_due = recorder_ && state.step % layers_every_ == 0;
  pending_.push_back(std::move(step));
  pending_wait_ += waited_;
  pending_seconds_ += watch.seconds();
  half_way_ = false;
  return true;
}

bool Trainer::readings_due() const {
  constexpr double patience = 1;  // seconds
  const auto steps = static_cast<int64_t>(pending_.size());
  return steps > 0 && (steps >= steps_between_readings(device_) || since_reading_.seconds() > patience);
}

void Trainer::read_steps(const std::function<void(const StepReport&)>& report) {
  if (pending_.empty()) return;
  const Stopwatch watch;
  half_way_ = true;
  const std::vector<Score> scores = scores_.take();
  size_t first = 0;
  for (PendingStep& step : pending_) {
    measure(step, std::span(scores).subspan(first, step.batches));
    first += step.batches;
  }
  std::vector<PendingStep> steps = std::exchange(pending_, {});
  const double seconds = std::exchange(pending_seconds_, 0) + watch.seconds();
  const double wait = std::exchange(pending_wait_, 0);
  since_reading_ = Stopwatch();
  for (PendingStep& step : steps) {
    StepReport& now = step.report;
    if (!std::isfinite(now.score.loss))
      non_finite(now.step, now.score.loss, "unknown",
                 "it was read after step " + std::to_string(state.step) +
                     ", when the values that it came from were gone: --device cpu finds where it began",
                 step.pictures);
    now.seconds = seconds / static_cast<double>(steps.size());
    now.data_wait = wait / seconds;
    state.sums += now.score;
    state.images += now.score.images;
    state.seconds += now.seconds;
    if (step.record) state.average.add(now.layers);
    if (!step.layers_due) now.layers.clear();
    report(now);
  }
  half_way_ = false;
}

void Trainer::measure(PendingStep& step, std::span<const Score> scores) {
  for (const Score& score : scores) step.report.score += score;
  if (step.record) step.report.layers = step.record->layers();
}

// The batches of the next step that has any. A step's batches are fixed by their numbers: where pictures are left out,
// there are fewer of them, and no step after it moves. Where training stands changes with the step alone: what was
// passed over is passed over again if an error comes before.
std::vector<Batch> Trainer::next_batches() {
  std::vector<Batch> batches;
  for (int64_t at = state.batch, end = 0; batches.empty() && at < this->batches(); at = end) {
    end = std::min((at / options_.accumulate + 1) * options_.accumulate, this->batches());
    while (auto batch = train_loader_.next(end)) {
      if (needs_two_rows_ && batch->images.dim(0) == 1)
        lone_pictures_.push_back(batch->indices.front());
      else
        batches.push_back(std::move(*batch));
    }
  }
  return batches;
}

// The gradient of the mean loss over all pictures of the batches.
void Trainer::gradients(const std::vector<Batch>& batches) {
  double images = 0;
  for (const Batch& batch : batches) images += static_cast<double>(batch.images.dim(0));
  if (graph_) {
    if (const auto result = graph_->run(batches.front())) {
      scores_.add(result->logits, result->labels, result->loss);
      return;
    }
  }
  for (const Batch& batch : batches) {
    const Tensor labels = batch.labels.to(device_), logits = (*model_)(input_(batch.images));
    const Tensor loss = cross_entropy(logits, labels, {.label_smoothing = options_.label_smoothing});
    if (device_.type == DeviceType::cpu && !std::isfinite(loss.item())) {
      const std::string where = first_non_finite(*model_, batch);
      non_finite(state.step + 1, loss.item(), where, "the first value that is not finite is in " + where,
                 batch.indices);
    }
    scores_.add(logits, labels, loss);
    const double share = static_cast<double>(batch.images.dim(0)) / images;
    (share == 1 ? loss : scale(loss, share)).backward();
  }
}

void Trainer::non_finite(int64_t step, double loss, const std::string& where, const std::string& what,
                         std::span<const int64_t> indices) const {
  std::vector<std::string> pictures;
  for (const int64_t index : indices) pictures.push_back(dataset_.train.path(index).string());
  std::string message = "train: the loss is " + std::string(std::isnan(loss) ? "NaN" : "infinite") + " in step " +
                        std::to_string(step) + ", epoch " + std::to_string(state.epoch) + "; " + what +
                        ". Pictures of the batch:";
  constexpr size_t shown = 5;
  for (size_t i = 0; i < std::min(shown, pictures.size()); ++i) message += "\n  " + pictures[i];
  if (pictures.size() > shown) message += "\n  and " + std::to_string(pictures.size() - shown) + " more";
  throw NonFiniteLoss(message, where, pictures);
}

bool Trainer::validate(int epoch, const EvaluationHooks& hooks) {
  const Stopwatch watch;
  const auto score = evaluate(*model_, val_loader_, input_, hooks);
  state.seconds += watch.seconds();
  if (!score) return false;
  check(score->images > 0, ErrorKind::dataset, "train: no picture for evaluation could be used (",
        dataset_.val.root.string(), ")");
  if (!std::isfinite(score->mean_loss())) {
    const std::string weight = first_non_finite_weight(*model_);
    const std::string where = weight.empty() ? "the activations" : weight;
    throw NonFiniteLoss("train: the loss over val is not finite after epoch " + std::to_string(epoch) +
                            "; the first value that is not finite is in " + where,
                        where, {});
  }
  state.last = {epoch,
                state.sums.mean_loss(),
                state.sums.top1_percent(),
                score->mean_loss(),
                score->top1_percent(),
                score->top5_percent()};
  return true;
}

void Trainer::end_epoch() {
  if (state.best.epoch == 0 || state.last.val_top1 > state.best.val_top1) state.best = state.last;
  state.finished_epochs = state.epoch++;
  state.batch = 0;
  state.sums = {};
  state.average = {};
}

// What the listing of the folders left out: counted once a run, and said in one line.
void Trainer::take_unusable(std::vector<BadImage>& fresh) {
  if (std::exchange(unusable_taken_, true)) return;
  const std::set<std::string> known(state.bad_images.begin(), state.bad_images.end());
  std::vector<BadImage> unusable;
  for (const ImageFolder* split : {&dataset_.train, &dataset_.val})
    std::copy_if(split->unusable.begin(), split->unusable.end(), std::back_inserter(unusable),
                 [&](const BadImage& bad) { return !known.contains(bad.path); });
  if (unusable.empty()) return;
  state.skipped += std::ssize(unusable);
  for (const BadImage& bad : unusable) state.bad_images.push_back(bad.path);
  fresh.push_back({unusable.front().path, summary(unusable)});
}

std::vector<BadImage> Trainer::take_bad_images() {
  std::vector<BadImage> fresh;
  take_unusable(fresh);
  const auto take = [&](const Loader& loader, size_t& taken) {
    for (; taken < loader.bad_images().size(); ++taken) {
      const BadImage& bad = loader.bad_images()[taken];
      ++state.skipped;
      if (std::find(state.bad_images.begin(), state.bad_images.end(), bad.path) != state.bad_images.end()) continue;
      state.bad_images.push_back(bad.path);
      fresh.push_back(bad);
    }
  };
  take(train_loader_, train_bad_);
  take(val_loader_, val_bad_);
  for (const int64_t index : std::exchange(lone_pictures_, {})) {
    const std::string path = dataset_.train.path(index).string();
    ++state.skipped;
    fresh.push_back({path, "picture " + path + ": it was left alone in its batch, and batch norm needs two"});
  }
  return fresh;
}

}  // namespace radial::apps
