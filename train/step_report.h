// What a training step came to.
#pragma once

#include <cstdint>
#include <vector>

#include "analysis/layer_recorder.h"
#include "train/numbers.h"

namespace radial {

struct StepReport {
  int64_t step = 0;  // from 1
  int epoch = 0;
  double lr = 0;
  Sums sums;                         // over the step's samples, before the weights changed
  double seconds = 0;                // from the end of the step before; the mean over steps that are read together
  double data_wait = 0;              // share of it, 0 to 1, spent waiting for pictures
  double grad_norm = 0;              // before --clip-grad, of the first party; 0 without it
  std::vector<LayerMeasure> layers;  // rows for layers.csv: empty at most steps
  std::vector<double> ema_norms;     // beside the first of them: ||average of w||, with --ema-decay
};

}  // namespace radial
