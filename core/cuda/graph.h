// CUDA graphs.
#pragma once

#include "core/graph.h"

namespace radial::cuda {

std::unique_ptr<Graph> record_graph(int index, const std::function<void()>& work);

}  // namespace radial::cuda
