// The hyperparameters of each optimizer, as plain structs with PyTorch's names, meanings and defaults. All double:
// options in float would break comparisons at 1e-10. Groups of parameters copy the struct and change a field.
#pragma once

namespace radial {

// torch.optim.SGD: g += weight_decay w (coupled); p = momentum p + (1 - dampening) g, p = g in the parameter's first
// step; w -= lr p, or lr (g + momentum p) for Nesterov. momentum 0 is the paper's vanilla SGD.
struct SGDOptions {
  double lr = 1e-3;
  double momentum = 0;
  double dampening = 0;
  double weight_decay = 0;
  bool nesterov = false;
};

// torch.optim.Adam (coupled decay) and AdamW (decoupled: w *= 1 - lr weight_decay).
struct AdamOptions {
  double lr = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;
  bool decoupled = false;
};

// When a tensor counts as scale invariant (paper, section 2). cosine: the released code's test, in each view
// max over rows |cos(g, w)| < delta / sqrt(row length). printed: the slides' bare w . g < delta. always: no test.
enum class ProjectionTest { cosine, printed, always };

struct ProjectionOptions {
  ProjectionTest test = ProjectionTest::cosine;
  double delta = 0.1;
  double wd_ratio = 0.1;  // weight decay of a projected tensor, relative
  double eps = 1e-8;      // in w_hat = w / (||w|| + eps) and under the norms of the cosine
};

// clovaai/AdamP's SGDP: p = momentum p + (1 - dampening) g from p = 0; decay decoupled,
// w *= 1 - lr weight_decay r / (1 - momentum), r = wd_ratio where w is projected, else 1.
struct SGDPOptions {
  double lr = 1e-3;
  double momentum = 0;
  double dampening = 0;
  double weight_decay = 0;
  bool nesterov = false;
  ProjectionOptions projection = {};
  // The released code, without Nesterov, writes the projected vector back into the momentum buffer. The paper's
  // Algorithm 1 does not; nor does this, unless asked.
  bool projected_buffer = false;
};

// clovaai/AdamP's AdamP: AdamW's direction, projected; w *= 1 - lr weight_decay r.
struct AdamPOptions {
  double lr = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;
  bool nesterov = false;
  ProjectionOptions projection = {};
};

}  // namespace radial
