#include "apps/evaluation.h"

#include "core/ops.h"

namespace radial::apps {
namespace {

// Whether fewer than k classes stand before `label`.
template <class T>
bool among_highest(const T* logits, int64_t classes, int32_t label, int k) {
  int before = 0;
  for (int64_t c = 0; c < classes; ++c) {
    if (c == label) continue;
    // written so that a comparison with NaN counts against the label
    const bool after = c < label ? logits[c] < logits[label] : logits[c] <= logits[label];
    before += after ? 0 : 1;
  }
  return before < k && logits[label] == logits[label];
}

double share(double part, int64_t images) { return images > 0 ? part / static_cast<double>(images) : 0; }

}  // namespace

int64_t count_correct(const Tensor& logits, const Tensor& labels, int k) {
  int64_t correct = 0;
  dispatch_float("count_correct", logits.dtype(), [&]<class T>() {
    const T* row = logits.data<T>();
    const int64_t classes = logits.channels();
    for (int64_t i = 0; i < logits.rows(); ++i, row += classes)
      correct += among_highest(row, classes, labels.data<int32_t>()[i], k) ? 1 : 0;
  });
  return correct;
}

void Score::add(const Tensor& logits, const Tensor& labels, double batch_loss) {
  const int64_t n = logits.rows();
  images += n;
  loss += batch_loss * static_cast<double>(n);
  top1 += count_correct(logits, labels, 1);
  top5 += count_correct(logits, labels, 5);
}

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

std::optional<Score> evaluate(Module& model, Loader& loader, const EvaluationHooks& hooks) {
  const NoGrad no_grad;
  const bool was_training = model.training();
  model.eval();
  Score score;
  bool stopped = false;
  loader.start(0);
  while (auto batch = loader.next()) {
    if (hooks.stop && (stopped = hooks.stop())) break;
    const Tensor logits = model(batch->images);
    score.add(logits, batch->labels, cross_entropy(logits, batch->labels).item());
    if (hooks.progress) hooks.progress(batch->number + 1, loader.batches());
  }
  model.train(was_training);
  if (stopped) return std::nullopt;
  return score;
}

}  // namespace radial::apps
