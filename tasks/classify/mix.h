// Batches whose pictures are mixed in pairs: CutMix (Yun et al., ICCV 2019) and mixup (Zhang et al., ICLR 2018).
#pragma once

#include <cstdint>
#include <vector>

#include "core/ops/loss.h"
#include "core/random.h"
#include "core/tensor.h"
#include "io/options.h"

namespace radial {

// A batch is cut with probability `cutmix`; one that is not is blended, if mixup_alpha is not 0.
struct MixOptions {
  double cutmix = 0;
  double cutmix_alpha = 1;  // lambda ~ Beta(alpha, alpha)
  double mixup_alpha = 0;

  bool on() const { return cutmix > 0 || mixup_alpha > 0; }
};
void list_options(OptionList& list, MixOptions& options);
void check_options(const MixOptions& options);  // throws Error(usage) where one has no effect

// How the pictures of one batch are mixed: all of them with one lambda and one box, picture i with picture partner[i].
//   cutmix  the box of the partner in place of the picture's own; lambda is the share of pixels that are left
//   mixup   lambda picture + (1 - lambda) partner
// The targets are lambda label + (1 - lambda) label of the partner, in both.
struct Mix {
  enum class Kind { none, cutmix, mixup };
  struct Box {
    int64_t top = 0, bottom = 0, left = 0, right = 0;  // [top, bottom) x [left, right)
    bool operator==(const Box&) const = default;
  };

  Kind kind = Kind::none;
  double lambda = 1;
  Box box = {};
  std::vector<int64_t> partner = {};

  bool on() const { return kind != Kind::none; }
  Tensor pictures(const Tensor& x) const;  // [n, h, w, c], on any device; x itself with Kind::none
  // Cross entropy of logits [n, classes], on any device, with the targets of labels i32 [n]; not of Kind::none.
  Tensor loss(const Tensor& logits, const Tensor& labels, const CrossEntropyOptions& options = {}) const;
};

// For a batch of n pictures of h x w: a function of the options and of what `random` begins with.
Mix draw_mix(const MixOptions& options, int64_t n, int64_t h, int64_t w, Random random);

// Its parts.
Mix::Box cutmix_box(int64_t h, int64_t w, double lambda, int64_t center_y, int64_t center_x);
double draw_beta(double alpha, Random& random);  // Beta(alpha, alpha)

}  // namespace radial
