// Which classes a network takes for which, and what that comes to for each of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/tensor.h"

namespace radial {

class Confusion {
 public:
  explicit Confusion(size_t classes) : classes_(classes), counts_(classes * classes) {}

  // Of a batch: labels i32 [n], logits [n, classes], on any device. The answer is the class with the highest logit, of
  // equal ones the first; a row of NaN alone is answered with class 0.
  void add(const Tensor& labels, const Tensor& logits);
  void add(size_t label, size_t answer) { ++counts_[label * classes_ + answer]; }

  size_t classes() const { return classes_; }
  // Pictures of the class `label` that were taken for `answer`.
  int64_t count(size_t label, size_t answer) const { return counts_[label * classes_ + answer]; }

  // With r pictures of a class that are answered right, of `images` that it has, and of `answers` that name it:
  // top1 = 100 r / images, precision = r / answers, recall = r / images, f1 = 2 r / (images + answers); 0 where that is
  // 0 / 0, as with scikit-learn's zero_division=0.
  struct Scores {
    int64_t images = 0;
    double top1 = 0, precision = 0, recall = 0, f1 = 0;
  };
  std::vector<Scores> scores() const;

 private:
  size_t classes_;
  std::vector<int64_t> counts_;  // [label, answer]
};

// FOLDER/classes.csv: class,images,top1,precision,recall,f1; FOLDER/confusion.csv: a row a class, a column an answer.
// `names`: of the outputs; further ones are called by their numbers. Each is complete or as it was.
void write_confusion(const Confusion& confusion, const std::vector<std::string>& names, const std::string& folder);

}  // namespace radial
