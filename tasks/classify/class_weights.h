// How much a picture counts in the loss of a training, by its class (--class-weights).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace radial {

// n / (classes c) for a class with c of the n pictures, as scikit-learn's "balanced": all pictures of a class together
// then count as much as those of any other, and the mean over pictures is 1. A class without a picture is none of the
// classes, and its weight 1.
std::vector<double> balanced_class_weights(std::span<const int64_t> counts);

// Of a CSV file with the columns `class` and `weight` and a row for each of `classes`, in any order: in the order of
// `classes`. Weights are finite and at least 0, one of them is positive. Throws Error(file_format) with path and line
// for what is no such weight and for a class that comes twice, Error(dataset) for a class that is not among `classes`
// (path and line) or that the file lacks.
std::vector<double> read_class_weights(const std::string& path, std::span<const std::string> classes);

}  // namespace radial
