// SGD and SGDP.
#pragma once

#include "optim/grouped.h"
#include "optim/options.h"

namespace radial {

class SGD : public GroupedOptimizer<SGDOptions> {
 public:
  explicit SGD(const std::vector<Group<SGDOptions>>& groups);
  SGD(std::vector<NamedTensor> params, const SGDOptions& options) : SGD({{std::move(params), options}}) {}

 private:
  UpdateRule rule(size_t slot) const override;
};

class SGDP : public GroupedOptimizer<SGDPOptions> {
 public:
  explicit SGDP(const std::vector<Group<SGDPOptions>>& groups);
  SGDP(std::vector<NamedTensor> params, const SGDPOptions& options) : SGDP({{std::move(params), options}}) {}

 private:
  UpdateRule rule(size_t slot) const override;
};

}  // namespace radial
