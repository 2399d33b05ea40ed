#include "tasks/detect/coco_ap.h"

#include <algorithm>
#include <bitset>
#include <limits>
#include <numeric>
#include <unordered_map>
#include <utility>

#include "core/parallel.h"

namespace radial {

namespace {

constexpr size_t overlaps = 10, areas = 4, recalls = 101, most = 100;
constexpr std::array<size_t, 3> per_picture = {1, 10, most};
constexpr std::array<std::pair<double, double>, areas> area_ranges = {
    {{0, 1e10}, {0, 32 * 32}, {32 * 32, 96 * 96}, {96 * 96, 1e10}}};

double overlap_at(size_t i) { return i + 1 == overlaps ? 0.95 : 0.5 + static_cast<double>(i) * ((0.95 - 0.5) / 9); }
double recall_at(size_t i) { return i + 1 == recalls ? 1 : static_cast<double>(i) * 0.01; }

// Of one picture and category, in the order of the files; detections by score.
struct CategoryPicture {
  std::vector<const CocoObject*> objects;
  std::vector<const CocoDetection*> detections;
};

double iou(const std::array<double, 4>& d, const CocoObject& object) {
  const std::array<double, 4>& g = object.box;
  const double w = std::min(d[0] + d[2], g[0] + g[2]) - std::max(d[0], g[0]);
  const double h = std::min(d[1] + d[3], g[1] + g[3]) - std::max(d[1], g[1]);
  if (w <= 0 || h <= 0) return 0;
  const double both = w * h, area = d[2] * d[3];
  return both / (object.crowd ? area : area + g[2] * g[3] - both);
}

// What became of a detection, a bit an overlap: it found an object, it does not count.
struct Fate {
  double score;
  size_t rank;  // in its picture
  std::bitset<overlaps> found, ignored;
};

struct Tally {
  std::vector<Fate> fates;
  int64_t to_find = 0;
};

bool outside(double area, size_t range) { return area < area_ranges[range].first || area > area_ranges[range].second; }

// Objects with those that count first, the order kept.
std::vector<std::pair<const CocoObject*, size_t>> counting_first(const CategoryPicture& pair, size_t range) {
  std::vector<std::pair<const CocoObject*, size_t>> order;
  for (const bool ignored : {false, true})
    for (size_t g = 0; g < pair.objects.size(); ++g) {
      const CocoObject& object = *pair.objects[g];
      if ((object.crowd || outside(object.area, range)) == ignored) order.emplace_back(&object, g);
    }
  return order;
}

void match(const CategoryPicture& pair, const std::vector<double>& ious, size_t range, Tally& tally) {
  const auto objects = counting_first(pair, range);
  const size_t n = pair.objects.size(), first = tally.fates.size();
  size_t counting = 0;
  while (counting < n && !objects[counting].first->crowd && !outside(objects[counting].first->area, range)) ++counting;
  tally.to_find += static_cast<int64_t>(counting);
  for (size_t d = 0; d < pair.detections.size(); ++d) tally.fates.push_back({pair.detections[d]->score, d, {}, {}});
  for (size_t t = 0; t < overlaps; ++t) {
    std::vector<bool> taken(n);
    for (size_t d = 0; d < pair.detections.size(); ++d) {
      double best = std::min(overlap_at(t), 1 - 1e-10);
      size_t mine = n;
      for (size_t g = 0; g < n; ++g) {
        if (taken[g] && !objects[g].first->crowd) continue;
        if (mine < counting && g >= counting) break;  // it has one that counts
        const double overlap = ious[d * n + objects[g].second];
        if (overlap < best) continue;
        best = overlap;
        mine = g;
      }
      Fate& fate = tally.fates[first + d];
      if (mine < n) {
        taken[mine] = true;
        fate.ignored[t] = mine >= counting;
        fate.found[t] = objects[mine].first->id != 0;
      }
      const std::array<double, 4>& box = pair.detections[d]->box;
      if (!fate.found[t] && outside(box[2] * box[3], range)) fate.ignored[t] = true;
    }
  }
}

// The sum of the highest precisions at 101 recalls, and the recall of all.
struct Curve {
  double precisions = 0, recall = 0;
};

Curve curve_of(const std::vector<const Fate*>& fates, size_t overlap, int64_t to_find) {
  std::vector<double> recall, precision;
  double right = 0, wrong = 0;
  for (const Fate* fate : fates) {
    if (!fate->ignored[overlap]) (fate->found[overlap] ? right : wrong) += 1;
    recall.push_back(right / static_cast<double>(to_find));
    precision.push_back(right / (wrong + right + std::numeric_limits<double>::epsilon()));
  }
  for (size_t i = precision.size(); i-- > 1;) precision[i - 1] = std::max(precision[i - 1], precision[i]);
  Curve curve{0, recall.empty() ? 0 : recall.back()};
  size_t at = 0;
  for (size_t i = 0; i < recalls; ++i) {
    while (at < recall.size() && recall[at] < recall_at(i)) ++at;
    if (at == recall.size()) break;
    curve.precisions += precision[at];
  }
  return curve;
}

// Means over categories that have something to find.
struct Mean {
  double sum = 0, count = 0;
  void add(double value, double times) { sum += value, count += times; }
  double value() const { return count == 0 ? -1 : sum / count; }
};

struct CategoryCurves {
  bool any = false;
  std::array<std::array<Curve, overlaps>, areas> all = {};  // of a hundred a picture
  std::array<std::array<Curve, overlaps>, 2> fewer = {};    // of one and ten, any area
  std::array<bool, areas> exists = {};
};

CategoryCurves curves_of(const std::vector<CategoryPicture>& pairs) {
  CategoryCurves curves;
  std::array<Tally, areas> tallies;
  std::vector<double> ious;
  for (const CategoryPicture& pair : pairs) {
    ious.clear();
    for (const CocoDetection* detection : pair.detections)
      for (const CocoObject* object : pair.objects) ious.push_back(iou(detection->box, *object));
    for (size_t range = 0; range < areas; ++range) match(pair, ious, range, tallies[range]);
  }
  const auto ranked = [](const Tally& tally, size_t limit) {
    std::vector<const Fate*> order;
    for (const Fate& fate : tally.fates)
      if (fate.rank < limit) order.push_back(&fate);
    std::stable_sort(order.begin(), order.end(), [](const Fate* a, const Fate* b) { return a->score > b->score; });
    return order;
  };
  for (size_t range = 0; range < areas; ++range) {
    const Tally& tally = tallies[range];
    curves.exists[range] = tally.to_find > 0;
    if (tally.to_find == 0) continue;
    for (size_t m = 0; m < per_picture.size(); ++m) {
      if (range > 0 && per_picture[m] < most) continue;
      const std::vector<const Fate*> order = ranked(tally, per_picture[m]);
      auto& result = per_picture[m] == most ? curves.all[range] : curves.fewer[m];
      for (size_t t = 0; t < overlaps; ++t) result[t] = curve_of(order, t, tally.to_find);
    }
  }
  return curves;
}

// Pairs of each category, pictures in the order of their ids.
std::vector<std::vector<CategoryPicture>> sorted_pairs(const CocoAnnotations& truth,
                                                       const std::vector<CocoDetection>& found) {
  std::vector<int64_t> pictures, categories;
  for (const CocoPicture& picture : truth.pictures) pictures.push_back(picture.id);
  for (const CocoCategory& category : truth.categories) categories.push_back(category.id);
  std::sort(pictures.begin(), pictures.end());
  std::sort(categories.begin(), categories.end());
  std::unordered_map<int64_t, size_t> picture_rank, category_rank;
  for (size_t i = 0; i < pictures.size(); ++i) picture_rank[pictures[i]] = i;
  for (size_t i = 0; i < categories.size(); ++i) category_rank[categories[i]] = i;
  std::vector<std::unordered_map<size_t, CategoryPicture>> sparse(categories.size());
  for (const CocoObject& object : truth.objects)
    sparse[category_rank.at(object.category)][picture_rank.at(object.picture)].objects.push_back(&object);
  for (const CocoDetection& detection : found)
    if (const auto category = category_rank.find(detection.category); category != category_rank.end())
      sparse[category->second][picture_rank.at(detection.picture)].detections.push_back(&detection);
  std::vector<std::vector<CategoryPicture>> all(categories.size());
  for (size_t c = 0; c < categories.size(); ++c) {
    std::vector<size_t> order;
    for (const auto& entry : sparse[c]) order.push_back(entry.first);
    std::sort(order.begin(), order.end());
    for (const size_t picture : order) {
      CategoryPicture& pair = all[c].emplace_back(std::move(sparse[c][picture]));
      std::stable_sort(pair.detections.begin(), pair.detections.end(),
                       [](const CocoDetection* a, const CocoDetection* b) { return a->score > b->score; });
      if (pair.detections.size() > most) pair.detections.resize(most);
    }
  }
  return all;
}

}  // namespace

CocoNumbers coco_ap(const CocoAnnotations& truth, const std::vector<CocoDetection>& detections) {
  const std::vector<std::vector<CategoryPicture>> pairs = sorted_pairs(truth, detections);
  std::vector<CategoryCurves> categories(pairs.size());
  parallel_for(std::ssize(pairs),
               [&](int64_t c) { categories[static_cast<size_t>(c)] = curves_of(pairs[static_cast<size_t>(c)]); });
  std::array<Mean, 12> means;
  for (const CategoryCurves& category : categories) {
    for (size_t range = 0; range < areas; ++range) {
      if (!category.exists[range]) continue;
      for (size_t t = 0; t < overlaps; ++t) {
        const Curve& curve = category.all[range][t];
        means[range == 0 ? 0 : 2 + range].add(curve.precisions, recalls);
        means[8 + range].add(curve.recall, 1);
        if (range == 0 && (t == 0 || t == 5)) means[t == 0 ? 1 : 2].add(curve.precisions, recalls);
        for (size_t m = 0; range == 0 && m < 2; ++m) means[6 + m].add(category.fewer[m][t].recall, 1);
      }
    }
  }
  CocoNumbers numbers;
  std::transform(means.begin(), means.end(), numbers.values.begin(), [](const Mean& mean) { return mean.value(); });
  return numbers;
}

}  // namespace radial
