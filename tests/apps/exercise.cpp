#include "tests/apps/exercise.h"

#include <cmath>
#include <cstring>

#include "core/autograd.h"
#include "core/error.h"
#include "core/ops.h"
#include "nn/init.h"
#include "nn/weights.h"

using namespace radial;

namespace {

class ExerciseReader : public Reader {
  void read(int64_t sample, Random random, std::span<std::byte* const> rows) override {
    std::array<float, 6> x{};
    for (size_t i = 0; i < x.size(); ++i)
      x[i] = static_cast<float>(std::sin(static_cast<double>(sample) * (1.0 + static_cast<double>(i))) +
                                0.1 * random.uniform());
    const auto count = static_cast<int32_t>(1 + sample % 4);
    std::array<int32_t, 4> targets{};
    for (int32_t i = 0; i < count; ++i) targets[static_cast<size_t>(i)] = static_cast<int32_t>((sample + i) % 3);
    std::memcpy(rows[ExerciseSamples::x], x.data(), sizeof x);
    std::memcpy(rows[ExerciseSamples::targets], targets.data(), sizeof targets);
    std::memcpy(rows[ExerciseSamples::count], &count, sizeof count);
  }
};

// Each third sample comes once more.
Order each_third_twice(uint64_t seed) {
  return {32, [of = shuffled(24, seed).of](int epoch) {
            std::vector<int64_t> order = of(epoch);
            for (int64_t sample = 0; sample < 24; sample += 3) order.push_back(sample);
            return order;
          }};
}

LoaderOptions loading(const TrainOptions& options) {
  return {.batch_size = options.batch_size, .seed = options.seed, .workers = options.workers.value_or(1)};
}

Tensor labels_of(const Batch& batch, bool last) {
  const auto n = static_cast<int64_t>(batch.samples.size());
  Tensor labels = Tensor::empty({n}, DType::i32);
  for (int64_t i = 0; i < n; ++i) {
    const int32_t count = batch[ExerciseSamples::count].data<int32_t>()[i];
    labels.data<int32_t>()[i] = batch[ExerciseSamples::targets].data<int32_t>()[4 * i + (last ? count - 1 : 0)];
  }
  return labels;
}

}  // namespace

std::unique_ptr<Reader> ExerciseSamples::reader() const { return std::make_unique<ExerciseReader>(); }

Exercise::Exercise(const TrainOptions& options, double agreement)
    : agreement_(agreement),
      train_(std::make_shared<ExerciseSamples>(), each_third_twice(options.seed), loading(options)),
      val_(std::make_shared<ExerciseSamples>(), limited(in_order(24), options.limit_val), loading(options)) {
  initialise(f_, options.seed);
  initialise(g_, options.seed, 1);
  parties_ = {{"f", &f_}, {"g", &g_}};
  facts_.measures = {{{"loss", "loss"}}, {{"loss_g", "loss of g"}}, {{"right", "right", true}, Measure::Kind::count}};
  facts_.results = {{"loss", "loss"}, {"right", "right", true}};
  facts_.decides = "right";
  facts_.turns = {1, 0};
  facts_.sample = "exercise";
  facts_.network = "two linear layers";
  facts_.data = "24 exercises";
}

void Exercise::gradients(const Batch& batch, const Turn& turn, Tensor& numbers) {
  const Tensor x = batch[ExerciseSamples::x];
  double* row = numbers.data<double>();
  Tensor loss;
  if (turn.party == 1) {
    loss = cross_entropy(g_(x), labels_of(batch, true));
    row[1] = loss.item();
    losses_.data<double>()[0] += loss.item();
  } else {
    const Tensor logits = f_(x), apart = sub(logits, g_(x).detach()), labels = labels_of(batch, false);
    const Tensor own = cross_entropy(logits, labels);
    loss = add(own, scale(mean(mul(apart, apart)), agreement_));
    Tensor score = Tensor::empty({3}, DType::f64);
    score_batch(score, own, logits, labels);
    row[0] = loss.item();
    row[2] = score.data<double>()[1];
  }
  add_gradients(loss, turn.share);
}

std::optional<Evaluation> Exercise::evaluate(const EvaluationHooks& hooks) {
  const NoGrad no_grad;
  double loss = 0, right = 0;
  int64_t samples = 0;
  const bool done = for_each_batch(val_, hooks, [&](const Batch& batch) {
    const Tensor logits = f_(batch[ExerciseSamples::x]), labels = labels_of(batch, false);
    Tensor score = Tensor::empty({3}, DType::f64);
    score_batch(score, cross_entropy(logits, labels), logits, labels);
    const std::vector<double> numbers = score.to_vector();
    loss += numbers[0] * static_cast<double>(batch.samples.size());
    right += numbers[1];
    samples += std::ssize(batch.samples);
  });
  if (!done) return std::nullopt;
  const auto n = static_cast<double>(samples);
  return Evaluation{samples, {loss / n, 100 * right / n}};
}

void ExerciseOptions::list_options(OptionList& list) {
  list.group("Exercise");
  list.add("agreement", agreement_, "How much f wants to agree with g", at_least(0)).in_evaluation = false;
}

std::unique_ptr<Task> ExerciseOptions::open(const TrainOptions& train) {
  return std::make_unique<Exercise>(train, agreement_);
}

std::unique_ptr<Task> ExerciseOptions::open_for_evaluation(const TrainOptions& train, const std::string&,
                                                           const Weights& weights) {
  auto task = std::make_unique<Exercise>(train, agreement_);
  load_weights(*task->parties()[0].network, weights.file, weights.path);
  return task;
}

std::unique_ptr<Predictor> ExerciseOptions::predictor(const TrainOptions&, const Weights&, int) {
  fail(ErrorKind::usage, "predict: --task exercise predicts nothing");
}
