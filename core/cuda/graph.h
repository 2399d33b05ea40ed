// CUDA graphs.
#pragma once

#include "core/graph.h"

namespace radial::cuda {

std::unique_ptr<Graph> record_graph(int index, const std::function<void()>& work);

// Whether what is asked of the card is recorded now instead of done.
bool is_recording(int index);
void refuse_recording(int index, const char* op);  // core/graph.h

}  // namespace radial::cuda
