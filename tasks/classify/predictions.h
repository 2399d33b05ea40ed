// What a network answers to each picture.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/tensor.h"
#include "data/samples.h"

namespace radial {

class Predictions {
 public:
  // Of a batch: the numbers of its samples, labels i32 [n], logits [n, outputs], on any device. The answer is the
  // output with the highest logit, of equal ones the first; its probability is exp(logit) / sum of exp(logits), in
  // double.
  void add(std::span<const int64_t> samples, const Tensor& labels, const Tensor& logits);

  // CSV file,class,predicted,probability, a row a picture in the order of their numbers: complete, or `path` stays as
  // it was. `names`: of the outputs; further ones are called by their numbers.
  void write(const std::string& path, const Samples& samples, const std::vector<std::string>& names) const;

 private:
  struct Row {
    int64_t sample;
    size_t label, answer;
    double probability;
  };
  std::vector<Row> rows_;
};

// What output k is called: its name, or its number where there is none.
std::string output_name(const std::vector<std::string>& names, size_t k);

}  // namespace radial
