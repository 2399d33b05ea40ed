// Adam, AdamW and AdamP.
#pragma once

#include "optim/grouped.h"
#include "optim/options.h"

namespace radial {

class Adam : public GroupedOptimizer<AdamOptions> {  // AdamW with options.decoupled
 public:
  explicit Adam(const std::vector<Group<AdamOptions>>& groups);
  Adam(std::vector<NamedTensor> params, const AdamOptions& options) : Adam({{std::move(params), options}}) {}

 private:
  UpdateRule rule(size_t slot) const override;
};

class AdamP : public GroupedOptimizer<AdamPOptions> {
 public:
  explicit AdamP(const std::vector<Group<AdamPOptions>>& groups);
  AdamP(std::vector<NamedTensor> params, const AdamPOptions& options) : AdamP({{std::move(params), options}}) {}

 private:
  UpdateRule rule(size_t slot) const override;
};

}  // namespace radial
