// Normalisations. Each has weight (gamma, starts at 1) and bias (beta, starts at 0) over the last dimension of x. All
// constructors throw Error(usage) unless there are channels and eps is not negative.
#pragma once

#include <optional>
#include <vector>

#include "core/ops.h"
#include "nn/module.h"

namespace radial {

// Over all rows of a channel: x [n, h, w, c] or [n, c]. Buffers running_mean and running_var.
class BatchNorm : public Layer {
 public:
  struct Options {
    double momentum = 0.1;  // in [0, 1]
    double eps = 1e-5;
  };
  // What is done in the same pass: y = relu(normalised + residual).
  struct Epilogue {
    Tensor residual = {};  // undefined: none
    bool relu = false;
  };
  explicit BatchNorm(int64_t channels, const Options& options = {.momentum = 0.1, .eps = 1e-5});
  Tensor forward(const Tensor& x) override { return forward(x, Epilogue{}); }
  Tensor forward(const Tensor& x, const Epilogue& epilogue);
  void visit(Visitor& visitor) override;
  void initialise(const Initial& initial) override;  // running mean 0, variance 1

  void set_eps(double eps);  // Error(usage) if it is negative
  // Running statistics move as if each batch came so many times: for a network that is computed once where others
  // compute it again. At least 1.
  void count_batches(int times) { times_ = times; }

  // What training passes do to running statistics r: r -> keep r + (mean, var).
  struct Movement {
    double keep = 1;
    std::vector<double> mean, var;  // of each channel
  };
  // From here on running statistics stay as they are, and what passes would have done to them is kept: for batches that
  // are computed apart, and whose statistics are applied in the order of the batches afterwards.
  void defer_movement();
  Movement take_movement();  // since defer_movement(); the next pass moves them itself again
  void move(const Movement& movement);

  // Frozen, it stays in evaluation whatever train() says: running statistics normalise and do not move. Its weight and
  // bias are trained on, unless their gradients are left out. Thawed, it trains from the next train() on.
  void freeze(bool on = true);
  bool frozen() const { return frozen_; }
  void train(bool on = true) override { Module::train(on && !frozen_); }

 private:
  double momentum() const;

  Options options_;
  int times_ = 1;
  bool frozen_ = false;
  Tensor weight_, bias_;
  BatchNormState state_;
  std::optional<BatchNormState> deferred_;  // as state_ would be, had it been 0
  double keep_ = 1;
};

// Over the last dimension of each row: x [..., c].
class LayerNorm : public Layer {
 public:
  explicit LayerNorm(int64_t channels, double eps = 1e-5);
  Tensor forward(const Tensor& x) override;
  void visit(Visitor& visitor) override;

 private:
  double eps_;
  Tensor weight_, bias_;
};

// Over h, w and the channels of a group, for each picture: x [n, h, w, c].
class GroupNorm : public Layer {
 public:
  GroupNorm(int64_t groups, int64_t channels, double eps = 1e-5);
  Tensor forward(const Tensor& x) override;
  void visit(Visitor& visitor) override;

 private:
  int64_t groups_;
  double eps_;
  Tensor weight_, bias_;
};

// Over h and w for each picture and channel: x [n, h, w, c]. Without `affine` it has no parameters, as in PyTorch.
class InstanceNorm : public Layer {
 public:
  explicit InstanceNorm(int64_t channels, bool affine = false, double eps = 1e-5);
  Tensor forward(const Tensor& x) override;
  void visit(Visitor& visitor) override;

 private:
  double eps_;
  Tensor weight_, bias_;
};

}  // namespace radial
