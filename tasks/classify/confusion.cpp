#include "tasks/classify/confusion.h"

#include <algorithm>

#include "io/atomic_file.h"
#include "io/csv.h"
#include "tasks/classify/predictions.h"

namespace radial {
namespace {

double ratio(int64_t above, int64_t below) {
  return below == 0 ? 0 : static_cast<double>(above) / static_cast<double>(below);
}

}  // namespace

void Confusion::add(const Tensor& labels, const Tensor& logits) {
  const std::vector<double> all = logits.to_vector(), label = labels.to_vector();
  for (size_t row = 0; row < label.size(); ++row) {
    const auto begin = all.begin() + static_cast<int64_t>(row * classes_);
    const auto highest = std::max_element(begin, begin + static_cast<int64_t>(classes_));
    add(static_cast<size_t>(label[row]), static_cast<size_t>(highest - begin));
  }
}

std::vector<Confusion::Scores> Confusion::scores() const {
  std::vector<int64_t> images(classes_), answers(classes_);
  for (size_t label = 0; label < classes_; ++label)
    for (size_t answer = 0; answer < classes_; ++answer) {
      images[label] += count(label, answer);
      answers[answer] += count(label, answer);
    }
  std::vector<Scores> scores;
  for (size_t k = 0; k < classes_; ++k) {
    const int64_t right = count(k, k);
    scores.push_back({images[k], ratio(100 * right, images[k]), ratio(right, answers[k]), ratio(right, images[k]),
                      ratio(2 * right, images[k] + answers[k])});
  }
  return scores;
}

void write_confusion(const Confusion& confusion, const std::vector<std::string>& names, const std::string& folder) {
  const auto name = [&](size_t k) { return output_name(names, k); };
  const std::vector<Confusion::Scores> scores = confusion.scores();
  std::string classes = csv_line({"class", "images", "top1", "precision", "recall", "f1"});
  std::vector<CsvField> header = {"class"};
  for (size_t k = 0; k < confusion.classes(); ++k) {
    const Confusion::Scores& of = scores[k];
    classes += csv_line({name(k), of.images, of.top1, of.precision, of.recall, of.f1});
    header.emplace_back(name(k));
  }
  std::string matrix = csv_line(header);
  for (size_t label = 0; label < confusion.classes(); ++label) {
    std::vector<CsvField> row = {name(label)};
    for (size_t answer = 0; answer < confusion.classes(); ++answer) row.emplace_back(confusion.count(label, answer));
    matrix += csv_line(row);
  }
  write_atomically(folder + "/classes.csv", classes);
  write_atomically(folder + "/confusion.csv", matrix);
}

}  // namespace radial
