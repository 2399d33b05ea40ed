#include "analysis/growth_law.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace radial {
namespace {

double mean(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

// Divided by the largest, so that no power overflows.
Line line_of_power(std::span<const double> t, std::span<const double> norm, double power, double largest) {
  std::vector<double> y(norm.size());
  for (size_t i = 0; i < y.size(); ++i) y[i] = std::pow(norm[i] / largest, power);
  return fit_line(t, y);
}

}  // namespace

Line fit_line(std::span<const double> x, std::span<const double> y) {
  const double mean_x = mean(x), mean_y = mean(y);
  double xx = 0, xy = 0, yy = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    xy += (x[i] - mean_x) * (y[i] - mean_y);
    yy += (y[i] - mean_y) * (y[i] - mean_y);
  }
  const double slope = xy / xx;
  return {mean_y - slope * mean_x, slope, xy * xy / (xx * yy)};
}

double GrowthLaw::start() const { return std::pow(fourth.intercept, 0.25); }

std::optional<GrowthLaw> growth_law(std::span<const double> t, std::span<const double> norm) {
  if (norm.size() < 5) return std::nullopt;
  if (!std::all_of(norm.begin(), norm.end(), [](double w) { return w > 0; })) return std::nullopt;  // NaN, too
  const auto [least, largest] = std::minmax_element(norm.begin(), norm.end());
  if (*largest < 1.2 * *least) return std::nullopt;
  GrowthLaw law;
  for (int hundredths = 1; hundredths <= 1200; ++hundredths) {
    const double power = hundredths / 100.0, r2 = line_of_power(t, norm, power, *largest).r2;
    if (r2 > law.r2) {
      law.power = power;
      law.r2 = r2;
    }
  }
  const double scale = std::pow(*largest, 4);
  law.fourth = line_of_power(t, norm, 4, *largest);
  law.fourth.intercept *= scale;
  law.fourth.slope *= scale;
  return law;
}

}  // namespace radial
