#include "train/evaluation.h"

#include "core/ops.h"

namespace radial::apps {
namespace {

double share(double part, int64_t images) { return images > 0 ? part / static_cast<double>(images) : 0; }

}  // namespace

PendingScores::PendingScores(Device device)
    : numbers_(Tensor::empty({steps_between_readings(device), 3}, DType::f64, device)) {}

void PendingScores::add(const Tensor& logits, const Tensor& labels, const Tensor& loss) {
  const int64_t row = batches();
  if (row == numbers_.dim(0)) {
    Tensor larger = Tensor::empty({2 * row, 3}, DType::f64, numbers_.device());
    larger.slice(0, row).copy_from(numbers_);
    numbers_ = larger;
  }
  Tensor score = numbers_.slice(row, row + 1).view({3});
  score_batch(score, loss, logits, labels);
  pictures_.push_back(logits.dim(0));
}

std::vector<Score> PendingScores::take() {
  const std::vector<double> numbers = numbers_.slice(0, batches()).to_vector();
  std::vector<Score> scores;
  for (size_t i = 0; i < pictures_.size(); ++i)
    scores.push_back({pictures_[i], numbers[3 * i] * static_cast<double>(pictures_[i]),
                      static_cast<int64_t>(numbers[3 * i + 1]), static_cast<int64_t>(numbers[3 * i + 2])});
  pictures_.clear();
  return scores;
}

int64_t steps_between_readings(Device device) { return device.type == DeviceType::cpu ? 1 : 16; }

Score& Score::operator+=(const Score& other) {
  images += other.images;
  loss += other.loss;
  top1 += other.top1;
  top5 += other.top5;
  return *this;
}

double Score::mean_loss() const { return share(loss, images); }
double Score::top1_percent() const { return share(100 * static_cast<double>(top1), images); }
double Score::top5_percent() const { return share(100 * static_cast<double>(top5), images); }

std::optional<Score> evaluate(Layer& model, Loader& loader, const NetworkInput& input, const EvaluationHooks& hooks) {
  const NoGrad no_grad;
  const EvaluationMode evaluation(model);
  PendingScores pending(input.device);
  Score score;
  const auto read = [&] {
    for (const Score& batch : pending.take()) score += batch;
  };
  bool stopped = false;
  loader.start(0);
  while (auto batch = loader.next()) {
    if (hooks.stop && (stopped = hooks.stop())) break;
    const Tensor labels = batch->labels.to(input.device), logits = model(input(batch->images));
    pending.add(logits, labels, cross_entropy(logits, labels));
    if (pending.batches() >= steps_between_readings(input.device)) read();
    if (hooks.progress) hooks.progress(batch->number + 1, loader.batches());
  }
  read();
  if (stopped) return std::nullopt;
  return score;
}

}  // namespace radial::apps
