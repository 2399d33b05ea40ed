// Which weights a network is scale-invariant in, found from its structure.
#pragma once

#include <set>
#include <span>
#include <string>
#include <vector>

#include "nn/trace.h"

namespace radial {

// The convolution and linear weights w (of `parameters`) with f(c w) = f(w) for all c > 0 in training, epsilons of
// norms aside. Follows each weight through the ops: a convolution's output is homogeneous in its weight (c w gives
// c y), relu, pooling and linear maps keep that, a norm turns it into invariance; at the end the output must not
// depend on c. (A bias before a batch norm does no harm: the norm subtracts it.) Ops that it does not know count as
// dependence, so that the answer errs on the safe side.
// The output is that of the last op, or there are several.
std::set<std::string> scale_invariant_weights(const std::vector<TracedOp>& ops,
                                              const std::vector<NamedTensor>& parameters);
std::set<std::string> scale_invariant_weights(const std::vector<TracedOp>& ops,
                                              const std::vector<NamedTensor>& parameters,
                                              std::span<const Tensor> outputs);

}  // namespace radial
