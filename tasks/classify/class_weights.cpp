#include "tasks/classify/class_weights.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

#include "core/error.h"
#include "io/csv.h"

namespace radial {
namespace {

// NaN where the text is no finite number.
double finite_number(const std::string& text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end && std::isfinite(value) ? value : std::nan("");
}

}  // namespace

std::vector<double> balanced_class_weights(std::span<const int64_t> counts) {
  const auto n = static_cast<double>(std::accumulate(counts.begin(), counts.end(), int64_t{0}));
  const auto classes = static_cast<double>(std::count_if(counts.begin(), counts.end(), [](auto c) { return c > 0; }));
  std::vector<double> weights;
  for (const int64_t count : counts) weights.push_back(count > 0 ? n / (classes * static_cast<double>(count)) : 1);
  return weights;
}

std::vector<double> read_class_weights(const std::string& path, std::span<const std::string> classes) {
  const CsvTable table = CsvTable::read(path);
  const std::vector<std::string>&names = table.texts("class"), &texts = table.texts("weight");
  const double missing = -1;
  std::vector<double> weights(classes.size(), missing);
  for (size_t row = 0; row < table.rows(); ++row) {
    const auto place = [&] { return "class weights: " + path + ":" + std::to_string(table.line(row)) + ": "; };
    const auto found = std::find(classes.begin(), classes.end(), names[row]);
    check(found != classes.end(), ErrorKind::dataset, place(), "there is no class \"", names[row],
          "\" among the training pictures");
    double& weight = weights[static_cast<size_t>(found - classes.begin())];
    check(weight == missing, ErrorKind::file_format, place(), "the class ", names[row], " comes twice");
    weight = finite_number(texts[row]);
    check(weight >= 0, ErrorKind::file_format, place(), "the weight of ", names[row], " is \"", texts[row],
          "\" but must be a number of at least 0");
  }
  const auto lacking = std::find(weights.begin(), weights.end(), missing);
  check(lacking == weights.end(), ErrorKind::dataset, "class weights: ", path, " has no row for the class ",
        lacking == weights.end() ? "" : classes[static_cast<size_t>(lacking - weights.begin())], ", and ", table.rows(),
        " for ", classes.size(), " classes");
  check(std::any_of(weights.begin(), weights.end(), [](double weight) { return weight > 0; }), ErrorKind::file_format,
        "class weights: ", path, ": all weights are 0");
  return weights;
}

}  // namespace radial
