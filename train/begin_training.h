// A training begins: in a new run folder, or where a former one was stopped or killed.
#pragma once

#include "data/image_folder.h"
#include "train/train_options.h"

namespace radial::apps {

// Both return the exit code of the training. Options are resolved, classes included.
int start_training(const TrainOptions& options, const Dataset& dataset);

// Goes on in options.resume. A run that was killed before its first checkpoint begins anew. Throws Error(dataset) if
// the pictures are not those that the run began with, Error(file_format) if checkpoint or CSV files are damaged, or if
// rows are missing that the checkpoint relies on. A run that has all its epochs is left alone.
int resume_training(const TrainOptions& options, const Dataset& dataset);

}  // namespace radial::apps
