// Groups: parameters with their own copy of the options, and state beside each parameter.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "optim/optimizer.h"

namespace radial {

template <class Options>
struct Group {
  std::vector<NamedTensor> params;
  Options options;
};

// An optimizer with one options struct a group. Throws Error(usage) if a parameter appears twice; the classes over it
// check their options.
template <class Options>
class GroupedOptimizer : public Optimizer {
 public:
  explicit GroupedOptimizer(const std::vector<Group<Options>>& groups) : Optimizer(all_params(groups)) {
    for (const Group<Options>& group : groups) options_.insert(options_.end(), group.params.size(), group.options);
  }
  GroupedOptimizer(std::vector<NamedTensor> params, const Options& options)
      : GroupedOptimizer(std::vector<Group<Options>>{{std::move(params), options}}) {}

  std::vector<NamedTensor> state() override {
    std::vector<NamedTensor> all;
    for (const Slot& slot : slots_) {
      for (size_t k = 0; k < slot.state.size(); ++k) {
        if (slot.state[k]) all.push_back({slot.param.name + "." + state_names_[k], slot.state[k], slot.param.kind});
      }
    }
    return all;
  }

 protected:
  // Makes state number `which` of parameter i, zeros, named for checkpoints.
  void add_state(size_t i, size_t which, const char* name) {
    slots_[i].state[which] = zeros_like(slots_[i].param.tensor);
    state_names_[which] = name;
  }

  std::vector<Options> options_;  // a parameter each

 private:
  static std::vector<NamedTensor> all_params(const std::vector<Group<Options>>& groups) {
    std::vector<NamedTensor> params;
    for (const Group<Options>& group : groups) params.insert(params.end(), group.params.begin(), group.params.end());
    return params;
  }

  std::array<const char*, 2> state_names_{};
};

}  // namespace radial
