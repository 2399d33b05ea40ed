// Checks that ops share.
#pragma once

#include <initializer_list>
#include <optional>

#include "core/tensor.h"

namespace radial {

struct Argument {
  const char* name;  // as core/ops.h has it
  const Tensor& tensor;
};

// Throws Error(usage) if one of them is undefined: check_defined("add", {{"a", a}, {"b", b}}).
inline void check_defined(const char* op, std::initializer_list<Argument> arguments) {
  for (const auto& [name, tensor] : arguments) check(tensor.defined(), op, ": ", name, " is an undefined tensor");
}

// Throws Error(usage) if an integer dtype has no such value: "pad: uint8 has no -1".
void check_holds(const char* op, DType dtype, double value);

// Labels of logits [n, classes]: i32 [n]. Each must be in [0, classes), or `ignored`; on the CPU that is checked here,
// a GPU's kernels say what they make of others.
void check_labels(const char* op, const Tensor& labels, const Tensor& logits, std::optional<int32_t> ignored = {});

}  // namespace radial
