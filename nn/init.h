// Initial values of parameters, as torchvision's ResNets have them. They depend on the seed, the network's number and
// the parameter's name alone: not on threads, not on the layers before.
#pragma once

#include <cstdint>
#include <string_view>

#include "nn/module.h"

namespace radial {

// Gives every parameter and buffer of the model, which lies on the CPU, its initial value:
//   conv weight    kaiming_normal (fan_out): N(0, 2 / fan_out)
//   linear weight  kaiming_uniform with a = sqrt(5): U(-1, 1) / sqrt(fan_in)
//   bias of both   U(-1, 1) / sqrt(fan_in)
//   norm           weight 1, bias 0
//   buffers        as their module says (Module::initialise_buffers()); those of others stay as they are
// Networks of one seed start equal where their numbers are: an ensemble, or a generator and its critic, take 0, 1, ...
void initialise(Module& model, uint64_t seed, uint32_t network = 0);

// Inputs that one output sees, and outputs that one input reaches (stride aside), of [out, kh, kw, in] or [out, in].
int64_t fan_in(const Shape& weight);
int64_t fan_out(const Shape& weight);

// Random values of one tensor: number i is a function of (seed, name, i).
void fill_normal(Tensor& tensor, double standard_deviation, uint64_t seed, std::string_view name);
void fill_uniform(Tensor& tensor, double bound, uint64_t seed, std::string_view name);  // in [-bound, bound)

void kaiming_normal(Tensor& weight, uint64_t seed, std::string_view name);   // N(0, 2 / fan_out)
void kaiming_uniform(Tensor& weight, uint64_t seed, std::string_view name);  // U(-1, 1) / sqrt(fan_in)

}  // namespace radial
