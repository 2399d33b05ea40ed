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

// What each process evaluates for itself, each finds: that of one counts.
std::vector<SkippedSamples::Skipped> SkippedSamples::since_last(bool leads) {
  std::vector<Skipped> found;
  const std::vector<Loader*> loaders = task_.loaders();
  for (size_t i = 0; i < loaders.size(); ++i)
    for (size_t& taken = taken_[i]; taken < loaders[i]->bad().size(); ++taken) {
      const BadSample::Entry& bad = loaders[i]->bad()[taken];
      const bool own = i == 0 || task_.facts().shares_evaluation || leads;
      if (own) found.push_back({bad.path, bad.message});
    }
  for (const int64_t lone : std::exchange(lone_, {})) {
    const std::string path = task_.batches().samples().name(lone);
    found.push_back(
        {path, task_.facts().sample + " " + path + ": it was left alone in its batch, and batch norm needs two", true});
  }
  return found;
}

std::vector<BadSample::Entry> SkippedSamples::take(TrainingState& state, Group& group) {
  std::vector<BadSample::Entry> fresh;
  take_unusable(state, fresh);
  std::string own;
  for (const Skipped& skipped : since_last(group.leads()))
    for (const std::string& part : {skipped.path, skipped.message, std::string(skipped.lone ? "lone" : "bad")})
      own.append(part).append(1, '\0');
  auto& known = state.bad_images;
  for (const std::string& of_rank : group.gather(own)) {
    std::istringstream parts(of_rank);
    std::string path, message, kind;
    while (std::getline(parts, path, '\0') && std::getline(parts, message, '\0') && std::getline(parts, kind, '\0')) {
      ++state.skipped;
      if (kind == "bad") {
        if (std::find(known.begin(), known.end(), path) != known.end()) continue;
        known.push_back(path);
      }
      fresh.push_back({path, message});
    }
  }
  return fresh;
}

}  // namespace radial
