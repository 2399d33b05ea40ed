#include "train/trainer.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <iterator>
#include <utility>

#include "core/autograd.h"
#include "core/parallel.h"
#include "dist/group_sum.h"
#include "nn/freeze.h"
#include "optim/clip.h"
#include "train/non_finite.h"
#include "train/parties.h"
#include "train/same_weights.h"
#include "train/together.h"

namespace radial {
namespace {

// At most 100 rows a layer and epoch, of the steps that are measured.
int64_t default_layers_every(int64_t record_every, int64_t steps_per_epoch) {
  return divide_up(divide_up(steps_per_epoch, 100), record_every) * record_every;
}

// The first mean that is NaN or infinite: of a loss, or of what follows from one.
std::optional<double> non_finite_mean(std::span<const double> values, std::span<const Measure> measures) {
  for (size_t i = 0; i < measures.size(); ++i)
    if (measures[i].kind == Measure::Kind::mean && !std::isfinite(values[i])) return values[i];
  return std::nullopt;
}

// Returns the norm before, float64 [1] on the device, where that was computed.
Tensor clip_gradients(const Optimizer& optimizer, double most, ClipMode mode) {
  std::vector<NamedTensor> parameters;
  for (const Slot& slot : optimizer.slots()) parameters.push_back(slot.param);
  if (mode == ClipMode::norm) return clip_gradient_norm(parameters, most);
  clip_gradient_values(parameters, most);
  return {};
}

// Those of the trained parameters, which have none afterwards.
std::vector<Tensor> take_gradients(const Optimizer& optimizer) {
  std::vector<Tensor> gradients;
  for (const Slot& slot : optimizer.slots()) gradients.push_back(std::exchange(slot.param.tensor.node()->grad, {}));
  return gradients;
}

}  // namespace

Trainer::Trainer(const TrainOptions& options, Task& task, Group& group)
    : options_(options),
      task_(task),
      group_(group),
      loader_(task.batches()),
      device_(task.parties()[0].network->device()),
      frozen_(freeze_parties(task, options.freeze)),
      // A profile has a time for each kernel; where there are several batches their statistics are taken on the host.
      gradients_(task, device_,
                 options.cuda_graph && device_.type == DeviceType::cuda && !options.profile &&
                     *options.accumulate == 1 && task.facts().same_launches && task.facts().turns.size() == 1),
      numbers_(device_, std::ssize(task.facts().measures)),
      skipped_(task) {
  check_parties(task);
  check(batches() > 0, "train: --drop-last leaves no batch of ", options.batch_size, " of ", loader_.samples().size(),
        " ", task.facts().sample, "s");
  check_last_batch();
  for (const Party& party : task.parties())
    players_.push_back({party, make_optimizer(options.optimizer, trainable(*party.network), party.lr_factors)});
  if (*options.accumulate > 1) statistics_.emplace(task.parties());
  if (options.ema_decay) average_first_player();
  const std::vector<double> nothing(task.facts().results.size());
  state.last = state.best = result_of(0, {0, nothing, options.ema_decay ? nothing : std::vector<double>()});
  if (options.record_every == 0) return;
  recorders_.reserve(players_.size());  // observers stay where they are
  for (const Player& player : players_) player.optimizer->observe(recorders_.emplace_back(options.record_every));
  layers_every_ =
      options.layers_every.value_or(static_cast<int>(default_layers_every(options.record_every, steps_per_epoch())));
  check(layers_every_ % options.record_every == 0, "train: --layers-every ", layers_every_,
        " is no multiple of --record-every ", options.record_every);
}

void Trainer::average_first_player() {
  Player& player = players_.front();
  player.average = std::make_unique<MovingAverage>(weights_of(*player.party.network), *options_.ema_decay);
  std::map<std::string, Tensor> averages;
  for (const NamedTensor& average : player.average->state()) averages[average.name] = average.tensor;
  for (const Slot& slot : player.optimizer->slots()) averaged_.push_back(averages.at(slot.param.name));
}

// Batch norm cannot train on a single row: better said now than at the end of the first epoch. Where samples may be
// left out, any batch may come to that.
void Trainer::check_last_batch() {
  const int64_t samples = loader_.size();
  const bool comes = options_.batch_size == 1 || samples % options_.batch_size == 1;
  if (!comes && options_.on_bad == OnBadSample::error) return;
  try {
    task_.try_one_sample(frozen_);
  } catch (const Error& error) {
    needs_two_rows_ = true;
    if (!comes) return;
    const std::string& sample = task_.facts().sample;
    fail(error.kind(), error.what(), options_.batch_size == 1 ? "; each" : "; the last", " batch holds a single ",
         sample, " (", samples, " ", sample, "s, --batch-size ", options_.batch_size, "): use ",
         options_.batch_size == 1 ? "" : "--drop-last or ", "another batch size");
  }
}

void Trainer::link_cards() {
  LinkedCards linked = radial::link_cards(group_, device_);
  cards_ = std::move(linked.group);
  exchange_ = linked.told;
}

int64_t Trainer::steps_per_epoch() const { return divide_up(batches(), *options_.accumulate); }

void Trainer::begin_epoch() {
  for (const Party& party : task_.parties()) party.network->train();
  task_.begin_epoch(state.epoch, group_);
  loader_.start(state.epoch, state.batch);
}

bool Trainer::step() {
  const Stopwatch watch;
  const StepBatches batches = next_batches();
  waited_ = batches.all.empty() ? 0 : watch.seconds();
  if (batches.all.empty()) {
    together(group_, [&] {
      check(state.sums.samples > 0 || !pending_.empty(), ErrorKind::dataset, "train: no ", task_.facts().sample,
            " of epoch ", state.epoch, " could be used (", loader_.samples().place(), ")");
    });
    state.batch = this->batches();  // behind batches that were passed over, too
    return false;
  }

  const int64_t step_of_epoch = batches.first / *options_.accumulate;
  const double factor = lr_factor(options_.schedule, state.epoch, step_of_epoch, steps_per_epoch(), options_.epochs,
                                  options_.optimizer.lr);
  half_way_ = true;
  numbers_.reserve(std::ssize(batches.all));
  std::vector<Tensor> numbers;
  for (const StepBatches::Known& batch : batches.all) {
    numbers.push_back(numbers_.next(std::ssize(batch.samples)));
    if (task_.facts().turns.size() > 1) numbers.back().fill(0);  // each turn writes its own
  }
  Tensor norm;  // of the first party's gradients
  for (const size_t party : task_.facts().turns) {
    Optimizer& optimizer = *players_[party].optimizer;
    optimizer.set_lr_factor(factor);
    optimizer.zero_grad();
    gradients(party, batches, numbers);
    if (options_.clip_grad) {
      const Tensor before = clip_gradients(optimizer, *options_.clip_grad, options_.clip_mode);
      if (party == 0) norm = before;
    }
    optimizer.step();
  }
  gather_numbers(batches, numbers);
  if (MovingAverage* average = players_.front().average.get()) average->update();

  state.step = players_.front().optimizer->steps();
  state.batch = batches.end;
  state.lr = options_.optimizer.lr * factor;

  PendingStep step;
  step.report.step = state.step;
  step.report.epoch = state.epoch;
  step.report.lr = state.lr;
  step.grad_norm = norm;
  step.batches = batches.all.size();
  for (const StepBatches::Known& batch : batches.all)
    step.samples.insert(step.samples.end(), batch.samples.begin(), batch.samples.end());
  for (LayerRecorder& recorder : recorders_)
    if (auto record = recorder.record()) step.records.push_back(std::move(*record));
  step.layers_due = !recorders_.empty() && state.step % layers_every_ == 0;
  if (step.layers_due) step.averages = NormRecord(averaged_);
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
  const std::vector<BatchNumbers> numbers = numbers_.take();
  size_t first = 0;
  for (PendingStep& step : pending_) {
    measure(step, std::span(numbers).subspan(first, step.batches));
    first += step.batches;
  }
  std::vector<PendingStep> steps = std::exchange(pending_, {});
  const double seconds = std::exchange(pending_seconds_, 0) + watch.seconds();
  const double wait = std::exchange(pending_wait_, 0);
  since_reading_ = Stopwatch();
  for (PendingStep& step : steps) {
    StepReport& now = step.report;
    if (const auto loss = non_finite_mean(now.sums.values, task_.facts().measures))
      non_finite(now.step, *loss, "unknown",
                 "it was read after step " + std::to_string(state.step) +
                     ", when the values that it came from were gone: --device cpu finds where it began",
                 step.samples);
    now.seconds = seconds / static_cast<double>(steps.size());
    now.data_wait = wait / seconds;
    state.sums.add(now.sums);
    state.images += now.sums.samples;
    state.seconds += now.seconds;
    if (step.grad_norm) now.grad_norm = step.grad_norm.to(Device{}).data<double>()[0];
    if (!step.records.empty()) state.average.add(std::span(now.layers).first(step.first_party));
    if (!step.layers_due) now.layers.clear();
    now.ema_norms = step.averages.norms();
    report(now);
  }
  half_way_ = false;
}

void Trainer::measure(PendingStep& step, std::span<const BatchNumbers> batches) {
  for (const BatchNumbers& batch : batches) step.report.sums.add(batch, task_.facts().measures);
  for (size_t i = 0; i < step.records.size(); ++i) {
    const std::string prefix = players_[i].party.prefix();
    for (LayerMeasure& layer : step.records[i].layers()) {
      layer.name = prefix + layer.name;
      step.report.layers.push_back(std::move(layer));
    }
    if (i == 0) step.first_party = step.report.layers.size();
  }
}

// The batches of the next step that has any. A step's batches are fixed by their numbers: where pictures are left out,
// there are fewer of them, and no step after it moves. Where training stands changes with the step alone: what was
// passed over is passed over again if an error comes before.
Trainer::StepBatches Trainer::next_batches() {
  StepBatches step;
  for (int64_t at = state.batch; step.all.empty() && at < batches(); at = step.end) {
    step.first = at / *options_.accumulate * *options_.accumulate;
    step.end = std::min(step.first + *options_.accumulate, batches());
    const Share own = share(group_.rank(), step);
    together(group_, [&] {
      while (auto batch = loader_.next(step.end)) {
        const int64_t number = batch->number - step.first;
        check(own.first <= number && number < own.end, ErrorKind::internal, "task: batch ", batch->number,
              " is another rank's; is its loader of train/loaders.h?");
        if (needs_two_rows_ && batch->samples.size() == 1)
          skipped_.add_lone(batch->samples.front());
        else
          step.own.push_back(std::move(*batch));
      }
    });
    step.all = known_to_all(step.own);
  }
  return step;
}

// Those of each rank, in the order of ranks, which is that of the batches.
std::vector<Trainer::StepBatches::Known> Trainer::known_to_all(const std::vector<Batch>& own) {
  std::vector<int64_t> told;  // of each batch: number, how many samples, which
  for (const Batch& batch : own) {
    told.insert(told.end(), {batch.number, std::ssize(batch.samples)});
    told.insert(told.end(), batch.samples.begin(), batch.samples.end());
  }
  std::vector<StepBatches::Known> all;
  const std::vector<int64_t> values = joined_ranks<int64_t>(group_, told);
  for (auto at = values.begin(); at != values.end();) {
    StepBatches::Known batch{*at++, {}};
    const int64_t samples = *at++;
    batch.samples.assign(at, at + samples);
    at += samples;
    all.push_back(std::move(batch));
  }
  return all;
}

// Of a step's batches, as the loader of that rank has it (train/loaders.cpp): counted from the step's first.
Share Trainer::share(int rank, const StepBatches& step) const {
  return clipped(share_of(rank, group_.size(), *options_.accumulate), step.end - step.first);
}

// Each batch's gradient is finished before it is added to others', and they are added in one tree over their numbers:
// so the sum does not depend on which process had which batch.
void Trainer::gradients(size_t party, const StepBatches& step, std::vector<Tensor>& numbers) {
  const Optimizer& optimizer = *players_[party].optimizer;
  int64_t samples = 0;
  for (const StepBatches::Known& batch : step.all) samples += std::ssize(batch.samples);
  std::vector<Share> shares;
  for (int rank = 0; rank < group_.size(); ++rank) shares.push_back(share(rank, step));
  TreeSum sum;
  std::string statistics;
  together(group_, [&] {
    auto batch = step.own.begin();
    size_t row = 0;
    const Share own = shares[static_cast<size_t>(group_.rank())];
    for (int64_t i = own.first; i < own.end; ++i) {
      if (batch == step.own.end() || batch->number != step.first + i) {
        sum.add(i, std::vector<Tensor>(optimizer.slots().size()));  // nothing of it was usable
        continue;
      }
      while (step.all[row].number != batch->number) ++row;
      const double share_of_step = static_cast<double>(batch->samples.size()) / static_cast<double>(samples);
      if (statistics_) statistics_->begin();
      gradient(*batch, {party, share_of_step}, numbers[row]);
      if (statistics_) statistics += statistics_->end();
      sum.add(i, take_gradients(optimizer));
      ++batch;
    }
  });
  if (statistics_)
    for (const std::string& of_rank : group_.gather(statistics)) statistics_->apply_all(of_rank);
  std::vector<Tensor> parameters;
  for (const Slot& slot : optimizer.slots()) parameters.push_back(slot.param.tensor);
  const std::vector<Tensor> sums = group_sum(cards_ ? *cards_ : group_, sum, shares, parameters);
  for (size_t i = 0; i < parameters.size(); ++i) parameters[i].node()->grad = sums[i];
}

void Trainer::gradient(const Batch& batch, const Turn& turn, Tensor& numbers) {
  gradients_.run(batch, turn, numbers);
  if (device_.type != DeviceType::cpu) return;
  const std::vector<Measure>& measures = task_.facts().measures;
  const auto loss = non_finite_mean(std::span(numbers.data<double>(), measures.size()), measures);
  if (!loss) return;
  const std::string where = first_non_finite(task_, batch, turn);
  non_finite(state.step + 1, *loss, where, "the first value that is not finite is in " + where, batch.samples);
}

// The rows of other ranks' batches.
void Trainer::gather_numbers(const StepBatches& step, std::vector<Tensor>& numbers) {
  if (group_.size() == 1) return;
  std::vector<double> own;
  for (size_t i = 0, k = 0; i < step.own.size(); ++i, ++k) {
    while (step.all[k].number != step.own[i].number) ++k;
    const std::vector<double> row = numbers[k].to_vector();
    own.insert(own.end(), row.begin(), row.end());
  }
  const std::vector<double> all = joined_ranks<double>(group_, own);
  for (size_t k = 0; k < numbers.size(); ++k) {
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(k) * numbers[k].numel();
    const std::vector<double> row(begin, begin + numbers[k].numel());
    numbers[k].copy_from(Tensor::from(row, numbers[k].shape()).to(device_));
  }
}

void Trainer::non_finite(int64_t step, double loss, const std::string& where, const std::string& what,
                         std::span<const int64_t> samples) const {
  std::vector<std::string> names;
  for (const int64_t sample : samples) names.push_back(loader_.samples().name(sample));
  std::string kind = task_.facts().sample + "s";
  kind[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(kind[0])));
  std::string message = "train: the loss is " + std::string(std::isnan(loss) ? "NaN" : "infinite") + " in step " +
                        std::to_string(step) + ", epoch " + std::to_string(state.epoch) + "; " + what + ". " + kind +
                        " of the batch:";
  constexpr size_t shown = 5;
  for (size_t i = 0; i < std::min(shown, names.size()); ++i) message += "\n  " + names[i];
  if (names.size() > shown) message += "\n  and " + std::to_string(names.size() - shown) + " more";
  throw NonFiniteLoss(message, where, names);
}

std::optional<Evaluation> Trainer::evaluate(EvaluationHooks hooks) {
  hooks.group = &group_;
  auto evaluation = task_.evaluate(hooks);
  if (!evaluation || !players_.front().average) return evaluation;
  const WithAverages averages(*players_.front().average);
  const auto with_averages = task_.evaluate(hooks);
  if (!with_averages) return std::nullopt;
  evaluation->ema = with_averages->values;
  return evaluation;
}

std::optional<Evaluation> Trainer::validate(int epoch, const EvaluationHooks& hooks) {
  const Stopwatch watch;
  auto evaluation = evaluate(hooks);
  state.seconds += watch.seconds();
  if (!evaluation) return std::nullopt;
  together(group_, [&] {
    check(evaluation->samples > 0, ErrorKind::dataset, "train: no ", task_.facts().sample,
          " for evaluation could be used (", task_.loaders().back()->samples().place(), ")");
    if (std::isfinite(evaluation->values.front())) return;
    const std::string where = place_of_non_finite(task_);
    throw NonFiniteLoss("train: the loss over val is not finite after epoch " + std::to_string(epoch) +
                            "; the first value that is not finite is in " + where,
                        where, {});
  });
  state.last = result_of(epoch, *evaluation);
  return evaluation;
}

EpochResult Trainer::result_of(int epoch, const Evaluation& evaluation) const {
  const TaskFacts& facts = task_.facts();
  EpochResult result{epoch, {}};
  for (size_t i = 0; i < facts.measures.size(); ++i)
    if (facts.measures[i].written)
      result.values.emplace_back(in_training(facts.measures[i].name), state.sums.of(i, facts.measures));
  for (size_t i = 0; i < facts.results.size(); ++i)
    result.values.emplace_back(in_validation(facts.results[i].name), evaluation.values[i]);
  for (size_t i = 0; i < evaluation.ema.size(); ++i)
    result.values.emplace_back(of_averages(facts.results[i].name), evaluation.ema[i]);
  return result;
}

void Trainer::end_epoch() {
  check_same_weights(group_, task_, "after epoch " + std::to_string(state.epoch));
  const std::string decides = in_validation(task_.facts().decides);
  if (state.best.epoch == 0 || state.last.of(decides) > state.best.of(decides)) state.best = state.last;
  state.finished_epochs = state.epoch++;
  state.batch = 0;
  state.sums = {};
  state.average = {};
}

}  // namespace radial
