#include "train/skipped_samples.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <utility>

namespace radial {

// What the listing of the data left out: counted once a run, and said in one line.
void SkippedSamples::take_unusable(TrainingState& state, std::vector<BadSample::Entry>& fresh) {
  if (std::exchange(unusable_taken_, true)) return;
  const std::set<std::string> known(state.bad_images.begin(), state.bad_images.end());
  std::vector<BadSample::Entry> unusable;
  const auto& all = task_.facts().unusable;
  std::copy_if(all.begin(), all.end(), std::back_inserter(unusable),
               [&](const BadSample::Entry& bad) { return !known.contains(bad.path); });
  if (unusable.empty()) return;
  state.skipped += std::ssize(unusable);
  for (const BadSample::Entry& bad : unusable) state.bad_images.push_back(bad.path);
  fresh.push_back({unusable.front().path, summary(unusable)});
}

std::vector<SkippedSamples::Skipped> SkippedSamples::since_last() {
  std::vector<Skipped> found;
  const std::vector<Loader*> loaders = task_.loaders();
  for (size_t i = 0; i < loaders.size(); ++i)
    for (size_t& taken = taken_[i]; taken < loaders[i]->bad().size(); ++taken) {
      const BadSample::Entry& bad = loaders[i]->bad()[taken];
      found.push_back({i, bad.path, bad.message});
    }
  for (const int64_t lone : std::exchange(lone_, {})) {
    const std::string path = task_.batches().samples().name(lone);
    found.push_back({loaders.size(), path,
                     task_.facts().sample + " " + path + ": it was left alone in its batch, and batch norm needs two"});
  }
  return found;
}

// In the order in which one process finds them: loader by loader, each from its first batch to its last.
std::vector<BadSample::Entry> SkippedSamples::take(TrainingState& state, Group& group) {
  std::vector<BadSample::Entry> fresh;
  take_unusable(state, fresh);
  std::string own;
  for (const Skipped& skipped : since_last())
    for (const std::string& part : {std::to_string(skipped.place), skipped.path, skipped.message})
      own.append(part).append(1, '\0');
  std::vector<Skipped> all;
  for (const std::string& of_rank : group.gather(own)) {
    std::istringstream parts(of_rank);
    std::string place, path, message;
    while (std::getline(parts, place, '\0') && std::getline(parts, path, '\0') && std::getline(parts, message, '\0'))
      all.push_back({std::stoul(place), path, message});
  }
  std::stable_sort(all.begin(), all.end(), [](const Skipped& a, const Skipped& b) { return a.place < b.place; });
  auto& known = state.bad_images;
  for (const Skipped& skipped : all) {
    ++state.skipped;
    if (skipped.place < taken_.size()) {
      if (std::find(known.begin(), known.end(), skipped.path) != known.end()) continue;
      known.push_back(skipped.path);
    }
    fresh.push_back({skipped.path, skipped.message});
  }
  return fresh;
}

}  // namespace radial
