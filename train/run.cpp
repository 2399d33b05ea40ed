#include "train/run.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/host_memory.h"
#include "core/parallel.h"
#include "core/simd/target.h"
#include "dist/cores.h"
#include "io/folder.h"
#include "train/checkpoint.h"
#include "train/non_finite.h"
#include "train/parties.h"
#include "train/together.h"

namespace radial {
namespace {

constexpr double flush_seconds = 2;  // how much of the CSV files a crash may cost

std::string counted(int n, const char* what) { return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s"); }

// A running mean that follows the last twenty steps or so, and the first ones at once.
void smooth(double& mean, double value, int64_t count) {
  mean += (value - mean) / static_cast<double>(std::min<int64_t>(count, 20));
}

bool same_place(const TrainingState& a, const TrainingState& b) {
  return a.step == b.step && a.epoch == b.epoch && a.batch == b.batch && a.finished_epochs == b.finished_epochs;
}

// 3 for epoch3.safetensors; 0 for other names.
int epoch_number(const std::filesystem::path& checkpoint) {
  const std::string name = checkpoint.stem().string();
  int epoch = 0;
  if (!name.starts_with("epoch") || checkpoint.extension() != ".safetensors") return 0;
  const auto [end, error] = std::from_chars(name.data() + 5, name.data() + name.size(), epoch);
  return error == std::errc() && end == name.data() + name.size() ? epoch : 0;
}

}  // namespace

void draw_run(const RunFolder& run, const Surroundings& surroundings) {
  if (!surroundings.draw) return;
  try {
    surroundings.draw(run);
  } catch (const std::exception& error) {
    surroundings.listener.line(std::string("no figure: ") + error.what());
  }
}

bool has_figure(const RunFolder& run) {
  return std::filesystem::exists(run.file("figures/training.svg")) &&
         std::filesystem::exists(run.file("figures/training.png"));
}

TrainingRun::TrainingRun(Trainer& trainer, Settings& settings, const RunFolder& run, std::optional<RunLog> log,
                         const Surroundings& surroundings)
    : trainer_(trainer),
      group_(trainer.group()),
      state_(trainer.state),
      settings_(settings),
      options_(settings.train),
      run_(run),
      log_(std::move(log)),
      surroundings_(surroundings),
      listener_(surroundings.listener),
      profile_(settings.train.profile),
      saved_(trainer.state),
      unsaved_(group_.gather(std::filesystem::exists(run.checkpoint("last")) ? "" : "unsaved").front() == "unsaved") {}

RunOutcome TrainingRun::run() {
  try {
    return train();
  } catch (const NonFiniteLoss& error) {
    if (group_.size() > 1 && !group_.ends_together()) throw;
    write_result_after_error("non-finite loss", error.kind(), &error);
    throw;
  } catch (const std::exception& error) {
    if (group_.size() > 1 && !group_.ends_together()) throw;  // the others do not know of it
    save_after_error();
    write_result_after_error(error.what(), kind_of(error));
    throw;
  }
}

RunOutcome TrainingRun::train() {
  announce();
  save();  // finds full disks, bad paths and missing rights before hours went by
  keep_epochs();
  if (options_.eval_first && state_.step == 0 && !validate(0)) return stopped();
  while (state_.finished_epochs < options_.epochs && !no_patience())
    if (!train_epoch() || !finish_epoch()) return stopped();
  return finished();
}

// What any process was asked, all know at once: they stop and save in the same step.
bool TrainingRun::must_stop() {
  const bool over = options_.max_hours > 0 && watch_.seconds() > 3600 * options_.max_hours;
  const std::array<int, 3> own = {signals_.stop(), over ? 1 : 0, signals_.take_save() || save_due() ? 1 : 0};
  bool stop = false;
  for (const std::string& of_rank : group_.gather(packed<int>(own))) {
    const std::vector<int> asked = unpacked<int>(of_rank);
    stop_signal_ = std::max(stop_signal_, asked[0]);
    stop = stop || asked[0] != 0 || asked[1] != 0;
    save_asked_ = save_asked_ || asked[2] != 0;
  }
  return stop;
}

bool TrainingRun::no_patience() const {
  return options_.patience > 0 && state_.finished_epochs - state_.best.epoch >= options_.patience;
}

// False if it was stopped.
bool TrainingRun::train_epoch() {
  trainer_.begin_epoch();
  while (true) {
    if (must_stop()) return false;
    if (std::exchange(save_asked_, false)) save();
    profile_.begin_step();
    const bool more = trainer_.step();
    profile_.end_step(trainer_.waited());
    report_bad();
    if (!more || trainer_.readings_due()) read_steps();
    if (!more) return true;
  }
}

bool TrainingRun::validate(int epoch) {
  const Stopwatch watch;
  const auto evaluation = trainer_.validate(
      epoch, {.stop = [this] { return must_stop(); },
              .progress = [this](int64_t batch, int64_t batches) { listener_.evaluating(batch, batches); }});
  if (!evaluation) return false;  // it is made again, and bad samples are counted then
  report_bad();
  if (log_) log_->validation(state_.step, epoch, *evaluation, watch.seconds());
  return true;
}

bool TrainingRun::finish_epoch() {
  save();  // whatever comes, the epoch is not trained again
  if (!validate(state_.epoch)) return false;
  if (log_) log_->epoch(state_);
  trainer_.end_epoch();
  save();
  const TaskFacts& facts = trainer_.task().facts();
  std::string text = fmt::format("epoch {}/{}  train", state_.last.epoch, options_.epochs);
  for (const Measure& measure : facts.measures)
    if (measure.written) text += fmt::format(" {} ", shown(measure, state_.last.of(in_training(measure.name))));
  text += "  val";
  for (const Column& result : facts.results)
    text += fmt::format(" {} ", shown(result, state_.last.of(in_validation(result.name))));
  if (options_.ema_decay) text += "  ema";
  for (size_t i = 0; options_.ema_decay && i < facts.results.size(); ++i)
    text += fmt::format(" {} ", shown(facts.results[i], state_.last.of(of_averages(facts.results[i].name))));
  listener_.line(text + fmt::format("  lr {:.3g}  {}", state_.lr, duration_text(watch_.seconds())));
  return true;
}

RunOutcome TrainingRun::stopped() {
  save();
  const int signal = stop_signal_, code = signal == 0 ? 0 : 128 + signal;
  const std::string reason = signal == 0 ? fmt::format("stopped after {:g} hours (--max-hours)", options_.max_hours)
                                         : fmt::format("stopped by {}", name_of_signal(signal));
  lead(group_, [&] { write_result(reason, code); });
  listener_.line(fmt::format("{}, after step {}, saved; go on with: radial train --resume {}", reason, state_.step,
                             run_.path().string()));
  return {code, ""};
}

RunOutcome TrainingRun::finished() {
  if (state_.step == 0) saved_.last = state_.last;  // of --eval-first alone
  const bool early = state_.finished_epochs < options_.epochs;
  const std::string reason =
      early ? fmt::format("no better epoch than {} in {} (--patience)", state_.best.epoch, options_.patience)
            : "finished";
  if (early)
    listener_.line(fmt::format("{}: ended after {} of {} epochs", reason, state_.finished_epochs, options_.epochs));
  lead(group_, [&] {
    log_->sync();
    if (profile_.on()) run_.write("trace.json", profile_.trace());
    write_result(reason, 0);
    if (options_.record_every > 0 && state_.finished_epochs > 0) draw_run(run_, surroundings_);
    run_.write("FINISHED", utc_time("%Y-%m-%dT%H:%M:%SZ\n"));
  });
  return {0, (profile_.on() ? profile_.table() : "") + reached()};
}

std::string TrainingRun::reached() const {
  const TaskFacts& facts = trainer_.task().facts();
  const auto decides = std::find_if(facts.results.begin(), facts.results.end(),
                                    [&](const Column& column) { return column.name == facts.decides; });
  const std::string name = in_validation(facts.decides), best = shown(*decides, state_.best.of(name));
  return fmt::format("{}: {} after {} epochs, best{} in epoch {}\n", run_.path().string(),
                     shown(*decides, state_.last.of(name)), state_.finished_epochs, best.substr(decides->label.size()),
                     state_.best.epoch);
}

void TrainingRun::announce() {
  const TaskFacts& facts = trainer_.task().facts();
  listener_.line(fmt::format("{}; {}, lr {:g}, batches of {}{}", facts.network, options_.optimizer.name,
                             options_.optimizer.lr, options_.batch_size,
                             *options_.accumulate > 1 ? fmt::format(" x {}", *options_.accumulate) : ""));
  for (const std::string& note : facts.notes) listener_.line(note);
  if (const size_t frozen = trainer_.frozen().size(); frozen > 0)
    listener_.line(fmt::format("{} parameters are not trained: {} to {}", frozen, trainer_.frozen().front(),
                               trainer_.frozen().back()));
  listener_.line(fmt::format("{}; SIMD {}, {}, {}", facts.data, simd::target(), counted(threads(), "thread"),
                             counted(*options_.workers, "worker")));
  announce_processes();
  listener_.line(state_.step == 0 ? run_.path().string()
                                  : fmt::format("{}, going on after step {} in epoch {}", run_.path().string(),
                                                state_.step, state_.epoch));
}

// Launchers often bind a process to a single core, which leaves OpenMP a single thread.
void TrainingRun::announce_processes() {
  if (group_.size() == 1) return;
  std::string own = fmt::format("{}: {} on {} of {} cores, SIMD {}", host_name(), counted(threads(), "thread"),
                                cores_of_process(), cores_of_machine(), simd::target());
  if (const std::string& exchange = trainer_.exchange(); !exchange.empty()) {
    std::ostringstream device;
    device << trainer_.device();
    own += fmt::format(", {}, {}", device.str(), exchange);
  }
  const bool bound = cores_of_process() == 1 && cores_of_machine() > group_.local_size();
  const std::vector<std::string> all = group_.gather((bound ? "!" : ".") + own);
  listener_.line(fmt::format("{} processes share out the {} batches of a step", group_.size(), *options_.accumulate));
  bool any = false;
  for (size_t rank = 0; rank < all.size(); ++rank) {
    listener_.line(fmt::format("rank {} on {}", rank, all[rank].substr(1)));
    any = any || all[rank].front() == '!';
  }
  if (any)
    listener_.line(
        "radial: warning: processes are bound to one core while others are free: mpirun --bind-to none, or srun "
        "--cpus-per-task, gives them more");
}

// Rows are written when the state knows of all steps that were read: a full disk then finds both together.
void TrainingRun::read_steps() {
  together(group_, [&] {
    trainer_.read_steps([this](const StepReport& report) { report_step(report); });
    if (!log_ || (!log_->full() && since_flush_.seconds() < flush_seconds)) return;
    log_->flush();
    since_flush_ = Stopwatch();
  });
}

void TrainingRun::report_step(const StepReport& report) {
  const double rate = static_cast<double>(report.sums.samples) / report.seconds;
  if (log_) log_->step(report);
  ++steps_here_;
  smooth(rate_, rate, steps_here_);
  smooth(wait_, report.data_wait, steps_here_);
  const int64_t left = trainer_.steps_per_epoch() * options_.epochs - state_.step;
  const double step_seconds = watch_.seconds() / static_cast<double>(steps_here_);
  listener_.step({.epoch = state_.epoch,
                  .epochs = options_.epochs,
                  .done = state_.batch,
                  .total = trainer_.batches(),
                  .numbers = numbers_so_far(),
                  .images_per_second = rate_,
                  .data_wait = wait_,
                  .eta_seconds = steps_here_ < 3 ? -1 : step_seconds * static_cast<double>(left)});
}

std::string TrainingRun::numbers_so_far() const {
  const std::vector<Measure>& measures = trainer_.task().facts().measures;
  std::string text;
  for (size_t i = 0; i < measures.size(); ++i)
    if (measures[i].written) text += (i > 0 ? "  " : "") + shown(measures[i], state_.sums.of(i, measures));
  return text;
}

void TrainingRun::report_bad() {
  for (const BadSample::Entry& bad : trainer_.take_bad()) listener_.line("skipped: " + bad.message);
}

bool TrainingRun::save_due() { return options_.save_every > 0 && since_save_.seconds() > 60 * options_.save_every; }

// Each file is complete before the next relies on it: rows of the CSV files, then the best weights and the checkpoint
// of the epoch, then `last`, which names them. docs/architecture.md, "Order of writes".
void TrainingRun::save() {
  read_steps();
  since_save_ = Stopwatch();
  if (!unsaved_ && same_place(state_, saved_)) return;
  together(group_, [&] {
    const std::string weight = first_non_finite_weight(trainer_.task());
    if (!weight.empty())
      throw NonFiniteLoss(
          fmt::format("train: after step {} the first value that is not finite is in {}", state_.step, weight), weight,
          {});
  });
  lead(group_, [&] { write_checkpoints(); });
  saved_ = state_;
  unsaved_ = false;
  since_save_ = Stopwatch();
}

void TrainingRun::write_checkpoints() {
  state_.files = log_->sync();
  Task& task = trainer_.task();
  const TensorFile file = checkpoint_file(task, trainer_.players(), settings_.text(), state_);
  const bool end_of_epoch = state_.finished_epochs > 0 && state_.batch == 0;
  const bool best = end_of_epoch && state_.best.epoch == state_.finished_epochs;
  if (best) write_safetensors(run_.checkpoint("best"), weights_alone(file, state_.best));
  if (end_of_epoch && options_.ema_decay) write_safetensors(run_.checkpoint("ema"), averages_alone(file, state_.last));
  const bool kept = end_of_epoch && options_.keep > 0;
  write_safetensors(run_.checkpoint("last"), file,
                    kept ? run_.checkpoint("epoch" + std::to_string(state_.finished_epochs)) : "");
  keep_epochs();
}

// The first error is the one that matters: if this fails, too, what was saved before counts.
void TrainingRun::save_after_error() {
  if (unsaved_) return;
  try {
    const std::vector<std::string> half_way = group_.gather(trainer_.consistent() ? "" : "half way");
    if (std::all_of(half_way.begin(), half_way.end(), [](const std::string& of_rank) { return of_rank.empty(); }))
      save();
  } catch (const std::exception&) {
  }
  listener_.line(
      fmt::format("saved after step {}; go on with: radial train --resume {}", saved_.step, run_.path().string()));
}

// The last --keep epochs; a process that was killed may have left more.
void TrainingRun::keep_epochs() {
  namespace fs = std::filesystem;
  if (options_.keep == 0 || !group_.leads()) return;
  std::vector<fs::path> old;
  for (const auto& entry : entries_of(run_.file("checkpoints")))
    if (const int epoch = epoch_number(entry.path()); epoch > 0 && epoch <= state_.finished_epochs - options_.keep)
      old.push_back(entry.path());
  for (const fs::path& path : old) fs::remove(path);
}

// Where even this cannot be written, the first error is the one that matters.
void TrainingRun::write_result_after_error(const std::string& reason, ErrorKind kind, const NonFiniteLoss* cause) {
  if (!group_.leads()) return;
  const auto try_to = [](auto&& action) {
    try {
      action();
    } catch (const std::exception&) {
    }
  };
  try_to([&] { std::filesystem::remove(run_.file("FINISHED")); });  // it may have its name, though writing it failed
  try_to([&] { log_->flush(); });
  try_to([&] { write_result(reason, static_cast<int>(kind), cause); });
}

// Epochs are those that checkpoints hold.
void TrainingRun::write_result(const std::string& reason, int code, const NonFiniteLoss* cause) {
  nlohmann::ordered_json result = {
      {"reason", reason},
      {"exit_code", code},
      {"epochs", saved_.finished_epochs},
      {"steps", state_.step},
      {"decides", in_validation(trainer_.task().facts().decides)},
      {"last", to_json(saved_.last)},
      {"best", to_json(saved_.best)},
      {"images", state_.images},
      {"seconds", state_.seconds},
      {"images_per_second", state_.seconds > 0 ? static_cast<double>(state_.images) / state_.seconds : 0},
      {"peak_memory_bytes", peak_memory_bytes(trainer_.device())},  // of the GPU, if it trains on one
      {"peak_host_memory_bytes", peak_memory_bytes()},
      {"skipped", state_.skipped},
      {"bad_images", state_.bad_images}};
  if (cause != nullptr) {
    result["first_non_finite"] = cause->where();
    result["pictures"] = cause->samples();
  }
  run_.write("result.json", result);
}

}  // namespace radial
