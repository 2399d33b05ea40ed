// What a stream is asked for while it is captured: kept as calls, made at each launch of the graph.
#pragma once

#include <functional>

namespace cuda_emulation {

bool is_captured();
// The call, now, or at each launch of the graph that is being captured.
void now_or_in_graph(std::function<void()> call);

}  // namespace cuda_emulation
