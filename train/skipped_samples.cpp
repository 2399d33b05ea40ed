#include "train/skipped_samples.h"

#include <algorithm>
#include <iterator>
#include <set>
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

std::vector<BadSample::Entry> SkippedSamples::take(TrainingState& state) {
  std::vector<BadSample::Entry> fresh;
  take_unusable(state, fresh);
  const std::vector<Loader*> loaders = task_.loaders();
  for (size_t i = 0; i < loaders.size(); ++i)
    for (size_t& taken = taken_[i]; taken < loaders[i]->bad().size(); ++taken) {
      const BadSample::Entry& bad = loaders[i]->bad()[taken];
      ++state.skipped;
      if (std::find(state.bad_images.begin(), state.bad_images.end(), bad.path) != state.bad_images.end()) continue;
      state.bad_images.push_back(bad.path);
      fresh.push_back(bad);
    }
  for (const int64_t lone : std::exchange(lone_, {})) {
    const std::string path = task_.batches().samples().name(lone);
    ++state.skipped;
    fresh.push_back(
        {path, task_.facts().sample + " " + path + ": it was left alone in its batch, and batch norm needs two"});
  }
  return fresh;
}

}  // namespace radial
