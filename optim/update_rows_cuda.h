// The formulas over a row of elements, taken by a team of threads: on a GPU what optim/update_loops.h is on the CPU. V
// elements, 4 or 1, are read and written at once.
#pragma once

#include "core/cuda/elementwise.h"
#include "core/cuda/row_teams.h"
#include "optim/update_loops.h"

namespace radial::cuda {

// Whether the direction of a row whose state went on follows from more than the state.
template <class Formula>
__device__ bool direction_takes_gradient(const Formula& formula) {
  if constexpr (Formula::states == 0)
    return true;
  else
    return formula.nesterov;
}

// V elements of a row with their state.
template <int V, class Formula>
struct Elements {
  Pack<float, V> w, g{}, s0{}, s1{};

  __device__ static Pack<float, V>& at(float* x, int64_t pack) { return reinterpret_cast<Pack<float, V>*>(x)[pack]; }

  __device__ Elements(const Run<float>& row, int64_t pack, bool with_gradient = true) : w(at(row.w, pack)) {
    if (with_gradient) g = reinterpret_cast<const Pack<float, V>*>(row.g)[pack];
    if constexpr (Formula::states > 0) s0 = at(row.s0, pack);
    if constexpr (Formula::states > 1) s1 = at(row.s1, pack);
  }
  __device__ void store_state(const Run<float>& row, int64_t pack) const {
    if constexpr (Formula::states > 0) at(row.s0, pack) = s0;
    if constexpr (Formula::states > 1) at(row.s1, pack) = s1;
  }
  __device__ void store_weights(const Run<float>& row, int64_t pack) const { at(row.w, pack) = w; }
};

// What the test for scale invariance looks at, for every thread of the team.
template <int V>
__device__ RowSums sums_of_row(const Run<float>& row, const RowTeam& team) {
  RowSums sums;
  for (int64_t p = team.thread; p < row.n / V; p += team.threads) {
    const Elements<V, PlainFormula<float>> x(row, p);
#pragma unroll
    for (int k = 0; k < V; ++k) {
      const double w = x.w.of[k], g = x.g.of[k];
      sums += {w * w, w * g, g * g};
    }
  }
  return {team.sum(sums.ww), team.sum(sums.wg), team.sum(sums.gg)};
}

// The whole step of a row that is not projected.
template <int V, class Formula>
__device__ void step_row(const Run<float>& row, const Formula& formula, const LastLine<float>& last,
                         const RowTeam& team) {
  for (int64_t p = team.thread; p < row.n / V; p += team.threads) {
    Elements<V, Formula> x(row, p);
#pragma unroll
    for (int k = 0; k < V; ++k) {
      const float gradient = coupled_gradient(x.g.of[k], x.w.of[k], formula.weight_decay);
      formula.advance(gradient, x.s0.of[k], x.s1.of[k]);
      x.w.of[k] = last.stepped(x.w.of[k], formula.direction(gradient, x.s0.of[k], x.s1.of[k]));
    }
    x.store_state(row, p);
    x.store_weights(row, p);
  }
}

// The state of a row that will be projected goes on; <w, d> for every thread of the team.
template <int V, class Formula>
__device__ double advance_row(const Run<float>& row, const Formula& formula, const RowTeam& team) {
  double wd = 0;
  for (int64_t p = team.thread; p < row.n / V; p += team.threads) {
    Elements<V, Formula> x(row, p);
#pragma unroll
    for (int k = 0; k < V; ++k) {
      formula.advance(x.g.of[k], x.s0.of[k], x.s1.of[k]);
      wd += double{x.w.of[k]} * double{formula.direction(x.g.of[k], x.s0.of[k], x.s1.of[k])};
    }
    x.store_state(row, p);
  }
  return team.sum(wd);
}

// The weights of a row whose state went on take the projected step. Each thread reads the state that it wrote itself.
template <int V, class Formula>
__device__ void apply_row(const Run<float>& row, const Formula& formula, const LastLine<float>& last, bool write_back,
                          const RowTeam& team) {
  const bool with_gradient = direction_takes_gradient(formula);
  for (int64_t p = team.thread; p < row.n / V; p += team.threads) {
    Elements<V, Formula> x(row, p, with_gradient);
#pragma unroll
    for (int k = 0; k < V; ++k) {
      const float d = last.projected(x.w.of[k], formula.direction(x.g.of[k], x.s0.of[k], x.s1.of[k]));
      x.w.of[k] = last.stepped(x.w.of[k], d);
      x.s0.of[k] = write_back ? d : x.s0.of[k];
    }
    x.store_weights(row, p);
    if (write_back) x.store_state(row, p);
  }
}

}  // namespace radial::cuda
