// A training in a terminal: progress on stderr, the figure of a finished run, advice where memory ran out.
#pragma once

#include <functional>

#include "train/begin_run.h"

namespace radial::apps {

// start() makes or goes on with the run.
RunOutcome run_in_terminal(const TrainOptions& options,
                           const std::function<RunOutcome(const Surroundings& terminal)>& start);

// f(); where memory runs out the error says which options need less of it.
void with_advice_on_memory(const TrainOptions& options, const std::function<void()>& f);

}  // namespace radial::apps
