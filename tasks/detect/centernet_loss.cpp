#include "tasks/detect/centernet_loss.h"

#include <algorithm>

#include "core/ops.h"

namespace radial {

namespace {

constexpr double least_heat = 1e-4;

Tensor heat_loss(const Tensor& logits, const Tensor& target) {
  const Tensor p = clamp(sigmoid(logits), least_heat, 1 - least_heat);
  const Tensor is_center = cast(equal(target, 1), p.dtype());
  const Tensor found = is_center * square(1 - p) * log(p);
  const Tensor silent = square(square(1 - target)) * square(p) * log(1 - p);
  const Tensor centers = clamp(sum(is_center), 1);
  return neg(sum(found) + sum(silent)) / centers;
}

// map [n, h, w, 2]; target, cell [n, most, 2]; used [n, most, 1]
Tensor distance_at_centers(const Tensor& map, const Tensor& target, const Tensor& cell, const Tensor& used) {
  const Tensor found = gather(reshape(map, {map.dim(0), map.dim(1) * map.dim(2), 2}), 1, cell);
  return sum(abs(found - target) * used) / (2 * sum(used) + 1e-4);
}

}  // namespace

CenterLoss center_loss(const CenterNet::Maps& maps, const CenterTargetBatch& targets,
                       const CenterLossOptions& options) {
  const auto wide = [](const Tensor& x) { return cast(x, accumulator_of(x.dtype())); };
  CenterLoss loss;
  loss.heat = heat_loss(wide(maps.heat), targets.heat);
  loss.size = distance_at_centers(wide(maps.size), targets.size, targets.cell, targets.used);
  loss.offset = distance_at_centers(wide(maps.offset), targets.offset, targets.cell, targets.used);
  loss.total = options.heat * loss.heat + options.size * loss.size + options.offset * loss.offset;
  return loss;
}

std::vector<CenterFound> decode_centers(const Tensor& heat, const Tensor& size, const Tensor& offset, int most) {
  const int64_t rows = heat.dim(0), columns = heat.dim(1), classes = heat.dim(2);
  const std::vector<double> heats = heat.to_vector(), sizes = size.to_vector(), offsets = offset.to_vector();
  const auto at = [&](int64_t y, int64_t x, int64_t c) {
    return heats[static_cast<size_t>((y * columns + x) * classes + c)];
  };
  struct Peak {
    double score;
    int64_t label, y, x;
  };
  std::vector<Peak> peaks;
  for (int64_t c = 0; c < classes; ++c)
    for (int64_t y = 0; y < rows; ++y)
      for (int64_t x = 0; x < columns; ++x) {
        const double score = at(y, x, c);
        bool highest = true;
        for (int64_t ny = std::max<int64_t>(y - 1, 0); ny <= std::min(y + 1, rows - 1); ++ny)
          for (int64_t nx = std::max<int64_t>(x - 1, 0); nx <= std::min(x + 1, columns - 1); ++nx)
            highest = highest && at(ny, nx, c) <= score;
        if (highest) peaks.push_back({score, c, y, x});
      }
  std::stable_sort(peaks.begin(), peaks.end(), [](const Peak& a, const Peak& b) { return a.score > b.score; });
  peaks.resize(std::min(peaks.size(), static_cast<size_t>(most)));
  std::vector<CenterFound> found;
  for (const Peak& peak : peaks) {
    const auto cell = static_cast<size_t>(2 * (peak.y * columns + peak.x));
    const double x = static_cast<double>(peak.x) + offsets[cell], y = static_cast<double>(peak.y) + offsets[cell + 1];
    const double w = sizes[cell] / 2, h = sizes[cell + 1] / 2;
    found.push_back({static_cast<int32_t>(peak.label), peak.score, {x - w, y - h, x + w, y + h}});
  }
  return found;
}

}  // namespace radial
