#include "train/parties.h"

#include <algorithm>

#include "core/error.h"
#include "nn/freeze.h"
#include "train/non_finite.h"

namespace radial {

void check_parties(const Task& task) {
  const TaskFacts& facts = task.facts();
  std::vector<size_t> turns = facts.turns;
  std::sort(turns.begin(), turns.end());
  bool each_once = turns.size() == task.parties().size();
  for (size_t i = 0; i < turns.size(); ++i) each_once = each_once && turns[i] == i;
  check(each_once, ErrorKind::internal, "task: its turns must name each party once");
  const bool decided = std::any_of(facts.results.begin(), facts.results.end(),
                                   [&](const Column& result) { return result.name == facts.decides; });
  check(decided && !facts.measures.empty(), ErrorKind::internal, "task: it has no measures, or no result called ",
        facts.decides);
}

std::vector<std::string> freeze_parties(const Task& task, const std::vector<std::string>& patterns) {
  std::vector<std::string> frozen;
  size_t used = 0;
  for (const Party& party : task.parties()) {
    const std::string prefix = party.prefix();
    std::vector<std::string> own;
    for (const std::string& pattern : patterns)
      if (!prefix.empty() && pattern == party.name)
        own.push_back("*");
      else if (pattern.starts_with(prefix))
        own.push_back(pattern.substr(prefix.size()));
    used += own.size();
    for (const std::string& name : freeze(*party.network, own)) frozen.push_back(prefix + name);
    check(!trainable(*party.network).empty(), "train: --freeze leaves nothing to train",
          party.name.empty() ? "" : " of " + party.name);
  }
  check(used == patterns.size(),
        "freeze: patterns begin with the name of one of the networks: ", task.parties().front().prefix());
  return frozen;
}

std::string first_non_finite_weight(const Task& task) {
  for (const Party& party : task.parties())
    if (const std::string name = first_non_finite_weight(*party.network); !name.empty()) return party.prefix() + name;
  return "";
}

std::string place_of_non_finite(const Task& task) {
  const std::string weight = first_non_finite_weight(task);
  return weight.empty() ? "the activations" : weight;
}

}  // namespace radial
