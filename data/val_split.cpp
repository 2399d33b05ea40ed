#include "data/val_split.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/fnv.h"
#include "core/random.h"

namespace fs = std::filesystem;

namespace radial {
namespace {

constexpr const char* split_names[] = {"train", "val", "test"};

// With the zero behind the class: "ab" + "c" is not "a" + "bc".
uint64_t place_of(const std::string& class_name, const std::string& file, uint64_t seed) {
  const uint64_t name = fnv1a(file, fnv1a({class_name.c_str(), class_name.size() + 1}));
  return Random(seed, Stream::draw, 0, name).bits();
}

// Which of the pictures [begin, end), one class, are val: those with the lowest places.
void choose(const ImageFolder& all, size_t begin, size_t end, double share, uint64_t seed, std::vector<bool>& is_val) {
  std::vector<std::pair<uint64_t, size_t>> places;
  for (size_t i = begin; i < end; ++i) {
    const ImageFolder::Sample& sample = all.samples[i];
    places.emplace_back(place_of(all.classes[static_cast<size_t>(sample.label)], sample.file, seed), i);
  }
  std::sort(places.begin(), places.end());
  const auto wanted = static_cast<size_t>(std::llround(share * static_cast<double>(places.size())));
  places.resize(std::clamp<size_t>(wanted, 1, places.size() - 1));
  for (const auto& place : places) is_val[place.second] = true;
}

void check_pictures_of_each(const ImageFolder& all) {
  const std::vector<int64_t> counts = all.class_counts();
  const auto single = std::find(counts.begin(), counts.end(), 1);
  if (single == counts.end()) return;
  const int64_t others = std::count(counts.begin(), counts.end(), 1) - 1;
  fail(ErrorKind::dataset, "dataset: ", (all.root / all.classes[static_cast<size_t>(single - counts.begin())]).string(),
       others > 0 ? " and " + std::to_string(others) + " other classes have" : " has",
       " a single picture, but --val-split needs two of each class: one to train on and one to evaluate");
}

}  // namespace

bool is_split(const fs::path& data) {
  return std::any_of(std::begin(split_names), std::end(split_names),
                     [&](const char* name) { return folder_of_data(data, name).has_value(); });
}

Dataset split_dataset(const fs::path& data, double share, uint64_t seed, OnBadSample on_bad) {
  check(share > 0 && share < 1, "dataset: the share of val is ", share, " but must be above 0 and below 1");
  for (const char* name : split_names)
    check(!folder_of_data(data, name), "dataset: ", data.string(), " holds ", name,
          "/ and is split already, but --val-split ", share, " splits DATA/<class>/*");
  ImageFolder all = open_image_folder(data, on_bad);
  check_pictures_of_each(all);
  std::vector<bool> is_val(all.samples.size());
  for (size_t begin = 0, end = 0; begin < all.samples.size(); begin = end) {
    while (end < all.samples.size() && all.samples[end].label == all.samples[begin].label) ++end;
    choose(all, begin, end, share, seed, is_val);
  }
  Dataset dataset;
  dataset.train.root = dataset.val.root = all.root;
  dataset.train.classes = dataset.val.classes = all.classes;
  dataset.train.unusable = std::move(all.unusable);
  for (size_t i = 0; i < is_val.size(); ++i)
    (is_val[i] ? dataset.val : dataset.train).samples.push_back(std::move(all.samples[i]));
  return dataset;
}

}  // namespace radial
