// The sums over a row of a parameter from which a step is measured.
#pragma once

#include <cstdint>
#include <vector>

#include "core/kernel.h"

namespace radial {

// w before the step, d = w' - w, g the gradient.
struct StepSums {
  double ww = 0, wd = 0, dd = 0, wg = 0, gg = 0;

  StepSums& operator+=(const StepSums& other);
};

// Of n elements; g may be null (a parameter without gradient).
StepSums sum_step(const float* w, const float* after, const float* g, int64_t n);
StepSums sum_step(const double* w, const double* after, const double* g, int64_t n);

// A parameter in a step; g is undefined where it has no gradient.
struct StepTensors {
  Tensor before, after, g;
};

// The same for each row of dimension 0 (one of a scalar) of all parameters, one behind the other: sums f64 [rows of
// all, 5], a row in the order of StepSums. Throws Error(usage) where a device does not measure a dtype: a GPU has
// float32 alone.
KERNEL(step_row_sums, Tensor& sums, const std::vector<StepTensors>& parameters, KernelMemory& memory)

double norm_before(const StepSums& s);  // ||w||
double norm_after(const StepSums& s);   // ||w'||
double radial(const StepSums& s);       // <w, d> / ||w||
double tangential(const StepSums& s);   // || d - (<w, d> / ||w||^2) w ||
double cosine(const StepSums& s);       // <w, g> / (||w|| ||g||)
// || w'/||w'|| - w/||w|| || = 2 sin(angle / 2), from the tangential part of d: no difference of nearly equal vectors.
double effective_step(const StepSums& s);  // all NaN where a norm in a denominator is 0, or where w or d has a NaN
bool has_direction(const StepSums& s);     // neither norm is 0

}  // namespace radial
