// Initial values of parameters, as torchvision's ResNets have them. They depend on the seed, the network's number and
// the parameter's name alone: not on threads, not on the layers before.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "nn/module.h"

namespace radial {

// Gives every parameter and buffer of the model, which lies on the CPU, its initial value:
//   conv weight    kaiming_normal (fan_out): N(0, 2 / fan_out)
//   linear weight  kaiming_uniform with a = sqrt(5): U(-1, 1) / sqrt(fan_in)
//   bias of both   U(-1, 1) / sqrt(fan_in)
//   norm           weight 1, bias 0
//   buffers        as they are
// and then lets every module, children first, give its own (Module::initialise()).
// Networks of one seed start equal if their numbers are equal: those of an ensemble take 0, 1, ...
void initialise(Module& model, uint64_t seed, uint32_t network = 0);

// What Module::initialise() is called with: other initial values for parameters of that module, or of its children, by
// the names that they have there ("weight", "conv1.weight"). They follow from the same three as the usual ones. All
// throw Error(usage) where there is no parameter of this name.
class Initial {
 public:
  // prefix: what comes before these names in the whole network
  Initial(Module& module, uint64_t seed, std::string prefix)
      : module_(module), seed_(seed), prefix_(std::move(prefix)) {}

  void fill(const std::string& name, double value) const;
  void normal(const std::string& name, double standard_deviation) const;
  void uniform(const std::string& name, double bound) const;  // in [-bound, bound)

 private:
  Tensor parameter(const std::string& name) const;

  Module& module_;
  uint64_t seed_;
  std::string prefix_;
};

// Inputs that one output sees, and outputs that one input reaches (stride aside), of [out, kh, kw, in] or [out, in].
int64_t fan_in(const Shape& weight);
int64_t fan_out(const Shape& weight);

// Random values of one tensor: number i is a function of (seed, name, i).
void fill_normal(Tensor& tensor, double standard_deviation, uint64_t seed, std::string_view name);
void fill_uniform(Tensor& tensor, double bound, uint64_t seed, std::string_view name);  // in [-bound, bound)

void kaiming_normal(Tensor& weight, uint64_t seed, std::string_view name);   // N(0, 2 / fan_out)
void kaiming_uniform(Tensor& weight, uint64_t seed, std::string_view name);  // U(-1, 1) / sqrt(fan_in)

}  // namespace radial
