// Lemmas 2.1 and 2.2 of the paper along a training with SGD: how |w|^2 grows, beside what the formulas say. With p_t
// the momentum and u_t the direction of step t (p_t, or g_t + beta p_t for Nesterov), w_{t+1} = w_t - lr_t u_t and
//
//   |w_{t+1}|^2 = |w_t|^2 - 2 lr_t w_t.u_t + lr_t^2 |u_t|^2
//   w_t.p_t     = s_t = beta (s_{t-1} - lr_{t-1} u_{t-1}.p_{t-1}) + (1 - dampening) w_t.g_t
//
// where g_t is the gradient with its decay, w.g = w.gradient + weight_decay |w|^2. The recursion takes w.gradient as it
// is measured, and is exact; the lemma takes 0, which scale invariance promises. Both begin at the first |w|^2 and are
// fed with |u|^2 and u.p alone from there on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "optim/optimizer.h"
#include "optim/options.h"

namespace radial {

// After a step, of a whole tensor.
struct GrowthPoint {
  int64_t step = 0;
  std::string name;
  double measured = 0;         // |w|^2
  double recursion = 0;        // |w|^2 that the recursion says
  double lemma = 0;            // |w|^2 that the lemma says
  double radial_gradient = 0;  // |w.gradient| / (|w| |gradient|) of the step
  double step_square = 0;      // lr^2 |u|^2
};

class NormGrowth : public StepObserver {
 public:
  // The options of all parameters of the optimizer that it observes, from its first step on. Of parameters of float64.
  explicit NormGrowth(const SGDOptions& options) : options_(options) {}

  void before_step(const Optimizer& optimizer) override;
  void after_step(const Optimizer& optimizer) override;

  // Of convolutions, step after step; step 0 is what they had before the first.
  const std::vector<GrowthPoint>& points() const { return points_; }

 private:
  // What one of the two formulas knows of a tensor.
  struct Prediction {
    double square = 0;      // |w|^2
    double s = 0;           // w.p of the last step
    double step_along = 0;  // lr u.p of the last step
    void advance(const SGDOptions& o, double lr, bool first, double radial_gradient, double uu, double up);
  };
  struct Followed {
    size_t slot;
    Tensor before;
    double ww = 0, wg = 0, gg = 0;
    Prediction recursion, lemma;
  };

  SGDOptions options_;
  std::vector<Followed> tensors_;
  std::vector<GrowthPoint> points_;
};

}  // namespace radial
