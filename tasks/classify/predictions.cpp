#include "tasks/classify/predictions.h"

#include <algorithm>
#include <cmath>

#include "io/atomic_file.h"
#include "io/csv.h"

namespace radial {

void Predictions::add(std::span<const int64_t> samples, const Tensor& labels, const Tensor& logits) {
  const std::vector<double> all = logits.to_vector(), label = labels.to_vector();
  const auto outputs = static_cast<std::ptrdiff_t>(logits.dim(1));
  for (size_t row = 0; row < samples.size(); ++row) {
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(row) * outputs, end = begin + outputs;
    const auto highest = std::max_element(begin, end);
    double sum = 0;
    for (auto logit = begin; logit != end; ++logit) sum += std::exp(*logit - *highest);
    rows_.push_back({samples[row], static_cast<size_t>(label[row]), static_cast<size_t>(highest - begin), 1 / sum});
  }
}

void Predictions::write(const std::string& path, const Samples& samples, const std::vector<std::string>& names) const {
  std::vector<Row> sorted = rows_;
  std::sort(sorted.begin(), sorted.end(), [](const Row& a, const Row& b) { return a.sample < b.sample; });
  std::string text = csv_line({"file", "class", "predicted", "probability"});
  for (const Row& row : sorted)
    text += csv_line(
        {samples.name(row.sample), output_name(names, row.label), output_name(names, row.answer), row.probability});
  write_atomically(path, text);
}

std::string output_name(const std::vector<std::string>& names, size_t k) {
  return k < names.size() ? names[k] : std::to_string(k);
}

}  // namespace radial
