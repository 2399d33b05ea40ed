// radial train --dry-run: does everything once, writes nothing.
#pragma once

#include "data/image_folder.h"
#include "train/train_options.h"

namespace radial::apps {

// Trains one step and evaluates one batch; prints time, memory and disk that the whole training would take.
int dry_run(const TrainOptions& options, const Dataset& dataset);

}  // namespace radial::apps
